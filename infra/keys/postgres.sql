-- name: durable
SELECT current_setting('fsync') = 'on' AND NOT pg_is_in_recovery();

-- name: exists
SELECT to_regclass('ledger_keys.wrapping') IS NOT NULL;

-- name: lock_creation
SELECT pg_advisory_xact_lock(hashtextextended('ledger_keys', 0));

-- No statistics of `wrapped`: they would keep samples of keys that were destroyed.
-- wrapping: the key-encryption key that new keys must be wrapped by.
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
ALTER TABLE ledger_keys.keys ALTER COLUMN wrapped SET STATISTICS 0;
CREATE UNIQUE INDEX IF NOT EXISTS one_living_key
    ON ledger_keys.keys (scope COLLATE "C") WHERE destroyed_at IS NULL;
CREATE TABLE IF NOT EXISTS ledger_keys.wrapping (
    one   boolean PRIMARY KEY DEFAULT true CHECK (one),
    kek   text NOT NULL,
    since timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- name: find
SELECT id, scope, kek, wrapped
FROM ledger_keys.keys
WHERE scope = ANY (%s) AND destroyed_at IS NULL;

-- name: wait_for_disk
SET LOCAL synchronous_commit = on;

-- name: first_kek
INSERT INTO ledger_keys.wrapping (kek) VALUES (%s)
ON CONFLICT DO NOTHING;

-- Held until the transaction ends: no rotation begins between looking and inserting.
-- name: hold_wrapping
SELECT kek FROM ledger_keys.wrapping FOR SHARE;

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

-- name: wrapping
SELECT kek, since FROM ledger_keys.wrapping;

-- name: wrap_by
INSERT INTO ledger_keys.wrapping AS now (kek, since) VALUES (%s, %s)
ON CONFLICT (one) DO UPDATE SET kek = excluded.kek, since = excluded.since
WHERE now.kek <> excluded.kek;

-- name: keks
SELECT kek, count(*)
FROM ledger_keys.keys
WHERE destroyed_at IS NULL
GROUP BY kek;

-- name: wrapped_otherwise
SELECT id, scope, kek, wrapped
FROM ledger_keys.keys
WHERE kek <> %s AND id > %s AND destroyed_at IS NULL
ORDER BY id
LIMIT %s;

-- name: rewrap
UPDATE ledger_keys.keys
SET kek = %s, wrapped = %s
WHERE id = %s AND scope = %s AND destroyed_at IS NULL;

-- name: take_time
SET LOCAL statement_timeout = 0;

-- The table and its indexes go to new files, with the rows that live and nothing else. VACUUM
-- would keep dead rows that an old snapshot can still see.
-- name: rewrite
ALTER TABLE ledger_keys.keys ALTER COLUMN wrapped TYPE bytea USING wrapped || ''::bytea;
