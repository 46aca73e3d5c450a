-- What integrators are told: an event and an endpoint each. A row stays as the record of what was
-- sent; what was sent of it goes. Nothing here is personal: bodies are made of envelopes alone.
--
-- The waiting rows of a stream share their `due`, infinity when they are parked: so what follows an
-- event that cannot be sent costs nothing while it waits. What may be sent next is decided by order
-- alone: nothing of the stream before it waits.

CREATE TABLE consumers.webhooks (
    endpoint text NOT NULL,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    stream uuid NOT NULL,
    event uuid NOT NULL,
    body bytea,
    due timestamptz NOT NULL,
    tries integer NOT NULL DEFAULT 0,
    first_tried_at timestamptz,
    reason text,
    sent_at timestamptz,
    PRIMARY KEY (endpoint, epoch, position),
    CONSTRAINT body_until_sent CHECK ((body IS NULL) = (sent_at IS NOT NULL))
);
CREATE INDEX webhooks_due ON consumers.webhooks (endpoint, due) WHERE sent_at IS NULL;
CREATE INDEX webhooks_waiting ON consumers.webhooks (endpoint, stream, epoch, position)
    WHERE sent_at IS NULL;
CREATE INDEX webhooks_sent ON consumers.webhooks (endpoint, sent_at) WHERE sent_at IS NOT NULL;

-- Endpoints that said that they are gone for ever (410): nothing more is sent there, until a redrive
-- or another address of theirs.
CREATE TABLE consumers.webhooks_gone (
    endpoint text PRIMARY KEY,
    url text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);
