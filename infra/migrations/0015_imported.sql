-- Finds what was imported among millions of events; live events cost it nothing.
CREATE INDEX happened_earlier ON ledger.events (type, stream_id) WHERE occurred_at IS NOT NULL;
