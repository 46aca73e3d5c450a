-- name: pragmas
PRAGMA journal_mode = WAL;
PRAGMA synchronous = FULL;
PRAGMA secure_delete = ON;
PRAGMA busy_timeout = 10000;

-- name: create
CREATE TABLE IF NOT EXISTS keys (
    id           TEXT PRIMARY KEY,
    scope        TEXT NOT NULL,
    kek          TEXT NOT NULL,
    wrapped      BLOB,
    destroyed_at TEXT,
    CHECK ((wrapped IS NULL) = (destroyed_at IS NOT NULL))
) STRICT;

-- name: one_living_key
CREATE UNIQUE INDEX IF NOT EXISTS one_living_key ON keys (scope) WHERE destroyed_at IS NULL;

-- The key-encryption key that new keys must be wrapped by.
-- name: wrapping_table
CREATE TABLE IF NOT EXISTS wrapping (
    one   INTEGER PRIMARY KEY CHECK (one = 1),
    kek   TEXT NOT NULL,
    since TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f+00:00', 'now'))
) STRICT;

-- name: begin
BEGIN IMMEDIATE;

-- name: find
SELECT id, scope, kek, wrapped
FROM keys
WHERE scope IN (SELECT value FROM json_each(?1)) AND destroyed_at IS NULL;

-- name: first_kek
INSERT INTO wrapping (one, kek) VALUES (1, ?1)
ON CONFLICT DO NOTHING;

-- name: insert
INSERT INTO keys (id, scope, kek, wrapped)
SELECT ?1, ?2, ?3, ?4
WHERE EXISTS (SELECT 1 FROM wrapping WHERE kek = ?3)
ON CONFLICT DO NOTHING;

-- name: by_ids
SELECT id, scope, kek, wrapped
FROM keys
WHERE id IN (SELECT value FROM json_each(?1)) AND destroyed_at IS NULL;

-- name: scopes
SELECT scope
FROM keys
WHERE substr(scope, 1, length(?1)) = ?1 AND destroyed_at IS NULL
ORDER BY scope;

-- name: destroy
UPDATE keys
SET wrapped = NULL, destroyed_at = ?2
WHERE id IN (SELECT value FROM json_each(?1)) AND destroyed_at IS NULL;

-- name: forget_journal
PRAGMA wal_checkpoint(TRUNCATE);

-- name: wrapping
SELECT kek, since FROM wrapping;

-- name: wrap_by
INSERT INTO wrapping (one, kek, since) VALUES (1, ?1, ?2)
ON CONFLICT (one) DO UPDATE SET kek = excluded.kek, since = excluded.since
WHERE wrapping.kek <> excluded.kek;

-- name: keks
SELECT kek, count(*)
FROM keys
WHERE destroyed_at IS NULL
GROUP BY kek;

-- name: wrapped_otherwise
SELECT id, scope, kek, wrapped
FROM keys
WHERE kek <> ?1 AND id > ?2 AND destroyed_at IS NULL
ORDER BY id
LIMIT ?3;

-- name: rewrap
UPDATE keys
SET kek = ?3, wrapped = ?4
WHERE id = ?1 AND scope = ?2 AND destroyed_at IS NULL;

-- name: rewrite
VACUUM;
