-- name: take_turns
SET lock_timeout = '30s';
SELECT pg_advisory_lock(hashtextextended('ticket-ledger/migrate', 0));

-- name: prepare
SET client_min_messages = warning;
CREATE SCHEMA IF NOT EXISTS ledger;
CREATE TABLE IF NOT EXISTS ledger.migrations (
    name text PRIMARY KEY,
    checksum text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: open
GRANT USAGE ON SCHEMA ledger TO ledger_app, ledger_follower, ledger_eraser, ledger_consumer;
GRANT SELECT ON ledger.migrations
TO ledger_app, ledger_follower, ledger_eraser, ledger_consumer;

-- name: is_prepared
SELECT to_regclass('ledger.migrations') IS NOT NULL

-- name: applied
SELECT name, checksum FROM ledger.migrations ORDER BY name

-- name: record
INSERT INTO ledger.migrations (name, checksum) VALUES (%s, %s)
