-- Telling the customer: a stream for each event that is told of, and what waits to be told.

ALTER TYPE ledger.stream_kind ADD VALUE IF NOT EXISTS 'notification';

-- Finds the tickets by which identity changes, recoveries and disputes came or were told. An
-- envelope is printable ASCII without a backslash: escaped it is itself.
CREATE INDEX case_tickets
    ON ledger.events ((encode(envelope, 'escape')::jsonb -> 'data' ->> 'ticket'))
    WHERE type IN (
        'IdentityChangeRequested', 'ChangeNoticeGiven', 'IdentityChangeContested',
        'RecoveryReported', 'DisputeOpened', 'ClaimReceived', 'HolderTold'
    );

-- What waits to be told by mail: a row for each event, until it is told or cannot be. `lane` is the
-- ticket, whose mails keep their order, or the stream; `reason` why it was put off last.
CREATE TABLE consumers.mail_outbox (
    event uuid PRIMARY KEY,
    position bigint NOT NULL,
    lane uuid NOT NULL,
    queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    tries integer NOT NULL DEFAULT 0,
    reason text
);
CREATE INDEX mail_due ON consumers.mail_outbox (due_at, position);
CREATE INDEX mail_lane ON consumers.mail_outbox (lane, position);

-- The first and the last event of a ticket of which was told: their mails make a thread.
CREATE TABLE consumers.mail_threads (
    ticket uuid PRIMARY KEY,
    root uuid NOT NULL,
    last uuid NOT NULL
);

-- How many mails an address (its keyed hash) got in an hour; kept for two hours.
CREATE TABLE consumers.mail_counts (
    recipient bytea NOT NULL,
    hour timestamptz NOT NULL,
    mails integer NOT NULL,
    PRIMARY KEY (recipient, hour)
);
