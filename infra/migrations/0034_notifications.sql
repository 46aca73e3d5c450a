-- Telling the customer: a stream for each event that is told of, and what waits to be told.

ALTER TYPE ledger.stream_kind ADD VALUE IF NOT EXISTS 'notification';
