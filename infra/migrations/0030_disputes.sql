-- Finds the disputes among millions of events, and those that are over.

CREATE INDEX disputes_opened ON ledger.events (position) WHERE type = 'DisputeOpened';
CREATE INDEX disputes_closed ON ledger.events (stream_id) WHERE type = 'DisputeClosed';
