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

-- name: begin
BEGIN IMMEDIATE;

-- name: find
SELECT id, scope, kek, wrapped
FROM keys
WHERE scope IN (SELECT value FROM json_each(?1)) AND destroyed_at IS NULL;

-- name: insert
INSERT INTO keys (id, scope, kek, wrapped)
VALUES (?1, ?2, ?3, ?4)
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
