-- What is read: every projection's tables live in schema views. The follower role writes them,
-- the app role reads them. views_next and views_old hold the two sides of a rebuild's swap.

CREATE SCHEMA views;
CREATE SCHEMA views_next;
CREATE SCHEMA views_old;

GRANT USAGE ON SCHEMA views TO ledger_app, ledger_follower, ledger_eraser;

ALTER DEFAULT PRIVILEGES IN SCHEMA views
    GRANT SELECT ON TABLES TO ledger_app, ledger_eraser;
ALTER DEFAULT PRIVILEGES IN SCHEMA views
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger_follower;

-- A table moves from views_next to views when a rebuild ends; its rights must be there already.
ALTER DEFAULT PRIVILEGES IN SCHEMA views_next
    GRANT SELECT ON TABLES TO ledger_app, ledger_eraser;
ALTER DEFAULT PRIVILEGES IN SCHEMA views_next
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger_follower;

-- How far each follower has read: the last event it applied, by position and hash (fork guard).
-- The row is locked while a batch is applied, so that two copies never both apply it.
CREATE TABLE views.followers (
    name text PRIMARY KEY,
    epoch integer NOT NULL DEFAULT 1,
    position bigint NOT NULL DEFAULT 0,
    leaf_hash bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    state text NOT NULL DEFAULT 'stopped'
        CHECK (state IN ('following', 'stopped', 'failed')),
    error text,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
