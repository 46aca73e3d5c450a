-- The queue: one row per ticket as it stands, and every earlier version of that row.
--
-- A version holds for positions [from_position, to_position), and by what had happened (basis
-- `occurred`) for times [occurred_from, occurred_to); the row in views.queue holds on from there.
-- So a page as of any position or time is a query. No personal data: the subject line is opened
-- on read from the event `subject_event`. reaction_due and update_due are promises to the customer;
-- reply_due is set while a reply that reopened the ticket waits: that is due at once.

CREATE TYPE views.priority AS ENUM ('critical', 'high', 'normal', 'low');

CREATE TABLE views.queue (
    ticket uuid NOT NULL,
    from_position bigint NOT NULL,
    occurred_from timestamptz NOT NULL,
    version integer NOT NULL,
    number text NOT NULL,
    reference text,
    contract text,
    requester uuid NOT NULL,
    channel text,
    language text NOT NULL,
    status text NOT NULL,
    priority views.priority NOT NULL,
    specialist uuid,
    holder uuid,
    tags text[] NOT NULL,
    subject_event uuid,
    imported boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    status_since timestamptz NOT NULL,
    acknowledged_at timestamptz,
    customer_waiting_since timestamptz,
    reaction_due timestamptz,
    update_due timestamptz,
    reply_due timestamptz,
    due timestamptz GENERATED ALWAYS AS (least(reaction_due, update_due, reply_due)) STORED,
    open boolean NOT NULL GENERATED ALWAYS AS (status NOT IN ('resolved', 'closed')) STORED
) WITH (fillfactor = 80);

CREATE TABLE views.queue_past (
    LIKE views.queue INCLUDING GENERATED,
    to_position bigint NOT NULL,
    occurred_to timestamptz NOT NULL
);

CREATE UNIQUE INDEX queue_ticket ON views.queue (ticket);
CREATE INDEX queue_due ON views.queue (open, due, ticket);
CREATE INDEX queue_rank ON views.queue (open, priority, opened_at, ticket);
CREATE INDEX queue_number ON views.queue (number);
CREATE INDEX queue_reference ON views.queue (reference) WHERE reference IS NOT NULL;
CREATE INDEX queue_contract ON views.queue (contract, opened_at);
CREATE INDEX queue_holder ON views.queue (holder) WHERE holder IS NOT NULL;
CREATE INDEX queue_specialist ON views.queue (specialist) WHERE specialist IS NOT NULL;

-- A position ends at most one version. What ended after a position is the end of this index, and
-- lies together on disk; an index over both ends of the range costs four times as much to keep.
CREATE UNIQUE INDEX queue_past_end ON views.queue_past (to_position);
CREATE INDEX queue_past_ticket ON views.queue_past (ticket, to_position);
