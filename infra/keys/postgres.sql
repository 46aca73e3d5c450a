-- name: durable
SELECT current_setting('fsync') = 'on' AND NOT pg_is_in_recovery();

-- name: lock_creation
SELECT pg_advisory_xact_lock(hashtextextended('ledger_keys', 0));

-- name: create
CREATE SCHEMA IF NOT EXISTS ledger_keys;
CREATE TABLE IF NOT EXISTS ledger_keys.keys (
    id           uuid PRIMARY KEY,
    scope        text NOT NULL,
    kek          text NOT NULL,
    wrapped      bytea,
    destroyed_at timestamptz,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
);
CREATE UNIQUE INDEX IF NOT EXISTS one_living_key
    ON ledger_keys.keys (scope COLLATE "C") WHERE destroyed_at IS NULL;

-- name: find
SELECT id, scope, kek, wrapped
FROM ledger_keys.keys
WHERE scope = ANY (%s) AND destroyed_at IS NULL;

-- name: wait_for_disk
SET LOCAL synchronous_commit = on;

-- name: insert
INSERT INTO ledger_keys.keys (id, scope, kek, wrapped)
VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING;

-- name: by_ids
SELECT id, scope, kek, wrapped
FROM ledger_keys.keys
WHERE id = ANY (%s) AND destroyed_at IS NULL;

-- name: scopes
SELECT scope
FROM ledger_keys.keys
WHERE starts_with(scope, %s) AND destroyed_at IS NULL
ORDER BY scope COLLATE "C";

-- name: destroy
UPDATE ledger_keys.keys
SET wrapped = NULL, destroyed_at = %s
WHERE id = ANY (%s) AND destroyed_at IS NULL;
