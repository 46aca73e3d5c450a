-- name: settings
SELECT name, setting FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'synchronous_commit', 'server_version_num')

-- name: clock
SELECT clock_timestamp()

-- name: at_position
SELECT leaf_hash FROM ledger.events WHERE position = %s

-- name: wrong_roles
-- Roles that are missing, or that may more than they should.
SELECT wanted.name
FROM unnest(
    ARRAY['ledger_app', 'ledger_follower', 'ledger_eraser', 'ledger_consumer']
) AS wanted (name)
LEFT JOIN pg_roles AS roles ON roles.rolname = wanted.name
WHERE roles.rolname IS NULL
    OR roles.rolsuper
    OR roles.rolbypassrls
    OR roles.rolcreaterole
    OR has_table_privilege(roles.rolname, 'ledger.events', 'INSERT, UPDATE, DELETE, TRUNCATE')

-- name: missing_triggers
-- What refuses every change of the events must be on for everybody, in every session.
SELECT wanted.operation
FROM (VALUES ('UPDATE', 16), ('DELETE', 8), ('TRUNCATE', 32)) AS wanted (operation, bit)
WHERE NOT EXISTS (
    SELECT 1
    FROM pg_trigger
    WHERE tgrelid = 'ledger.events'::regclass
        AND tgenabled = 'A'
        AND tgtype & wanted.bit <> 0
)
