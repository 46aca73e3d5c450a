-- Streams of their own for changes of identity data and for recoveries.

ALTER TYPE ledger.stream_kind ADD VALUE IF NOT EXISTS 'identity_change';
ALTER TYPE ledger.stream_kind ADD VALUE IF NOT EXISTS 'recovery';
