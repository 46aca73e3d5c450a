-- How far each consumer is, what it handled beyond that, and what it could not handle.

-- A consumer that was ever run: the name of its group. `retried` counts tries beyond the first.
CREATE TABLE consumers.groups (
    name text PRIMARY KEY CHECK (name ~ '^[a-z][a-z0-9-]{0,39}$'),
    feed text NOT NULL CHECK (feed IN ('store', 'kafka')),
    retried bigint NOT NULL DEFAULT 0,
    begun_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Every position of an epoch up to `upto` was handled or parked, and nothing of an epoch before the
-- group's first is. `reached_at`: an event recorded then, or later, was the last of them.
CREATE TABLE consumers.progress (
    consumer text NOT NULL REFERENCES consumers.groups (name),
    epoch integer NOT NULL CHECK (epoch >= 1),
    upto bigint NOT NULL CHECK (upto >= 0),
    reached_at timestamptz,
    PRIMARY KEY (consumer, epoch)
);

-- What was handled beyond that: a row is written in the transaction of the effect. Rows that follow
-- `upto` without a gap become part of it, so there are few.
CREATE TABLE consumers.inbox (
    consumer text NOT NULL,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (consumer, epoch, position)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 20000);

-- What stands still because its first message could not be handled: a stream by its id, or a
-- message that is no event by its origin. Whoever adds to it or works it off locks the row.
CREATE TABLE consumers.lanes (
    consumer text NOT NULL REFERENCES consumers.groups (name),
    lane text NOT NULL,
    due boolean NOT NULL DEFAULT false,
    PRIMARY KEY (consumer, lane)
);
CREATE INDEX lanes_due ON consumers.lanes (consumer, lane) WHERE due;

-- The messages of such lanes. Epoch, position and stream are null for one that is no event;
-- `headers` are pairs of name and base64, null for what came from the store.
CREATE TABLE consumers.parked (
    consumer text NOT NULL,
    origin text NOT NULL,
    lane text NOT NULL,
    epoch integer,
    position bigint,
    stream uuid,
    key bytea,
    envelope bytea NOT NULL,
    headers json,
    reason text NOT NULL,
    attempts integer NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (consumer, origin),
    FOREIGN KEY (consumer, lane) REFERENCES consumers.lanes (consumer, lane),
    UNIQUE (consumer, lane, epoch, position)
);
