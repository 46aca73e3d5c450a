-- name: take_turn
SELECT pg_try_advisory_lock(hashtextextended('ticket-ledger/rebuild/queue', 0))

-- name: clear
SET client_min_messages = warning;
DROP TABLE IF EXISTS
    views_next.queue, views_next.queue_past, views_old.queue, views_old.queue_past

-- name: create_beside
CREATE TABLE views_next.queue (LIKE views.queue INCLUDING ALL EXCLUDING INDEXES)
    WITH (fillfactor = 80);
CREATE TABLE views_next.queue_past (LIKE views.queue_past INCLUDING ALL EXCLUDING INDEXES);
CREATE UNIQUE INDEX queue_ticket ON views_next.queue (ticket)

-- Envelopes hold no character that would have to be escaped, so that many of them make one
-- value: taking them one by one costs more than reading them. The sorted subquery gives their
-- order; the fold checks it by the versions.
-- name: read_range
SELECT coalesce(string_agg(envelope, ','), '')
FROM (
    SELECT envelope FROM ledger.events
    WHERE position > %s AND position <= %s AND stream_kind = 'ticket'
    ORDER BY position
) AS e

-- name: head
SELECT coalesce(max(position), 0) FROM ledger.events

-- name: faster
SET work_mem = '128MB';
SET maintenance_work_mem = '256MB';
SET synchronous_commit = off

-- The other indexes are made when the tables are full, which is faster than one entry at a time.
-- name: indexes
SELECT replace(indexdef, ' ON views.', ' ON views_next.')
FROM pg_indexes
WHERE schemaname = 'views' AND tablename IN ('queue', 'queue_past')
    AND indexname <> 'queue_ticket'
ORDER BY indexname

-- name: analyse
ANALYZE views_next.queue, views_next.queue_past

-- name: lock_timeout
SET LOCAL lock_timeout = '1s'

-- The follower waits between two batches while this is locked.
-- name: hold_follower
INSERT INTO views.followers AS f (name) VALUES ('queue')
ON CONFLICT (name) DO UPDATE SET name = excluded.name
RETURNING f.position

-- name: swap
ALTER TABLE views.queue SET SCHEMA views_old;
ALTER TABLE views.queue_past SET SCHEMA views_old;
ALTER TABLE views_next.queue SET SCHEMA views;
ALTER TABLE views_next.queue_past SET SCHEMA views

-- name: last_event
SELECT epoch, position, leaf_hash FROM ledger.events WHERE position = %s

-- name: follow_from
UPDATE views.followers
SET epoch = %s, position = %s, leaf_hash = %s,
    state = CASE state WHEN 'failed' THEN 'stopped' ELSE state END,
    error = NULL
WHERE name = 'queue'

-- Rows that only one side has, both as of the position at which the old side stood still.
-- name: difference
WITH rebuilt AS (
    SELECT {columns}, NULL::bigint AS to_position, NULL::timestamptz AS occurred_to
    FROM views.queue
    WHERE from_position <= %(position)s
    UNION ALL
    SELECT {columns},
        CASE WHEN to_position <= %(position)s THEN to_position END,
        CASE WHEN to_position <= %(position)s THEN occurred_to END
    FROM views.queue_past
    WHERE from_position <= %(position)s
),
old AS (
    SELECT {columns}, NULL::bigint AS to_position, NULL::timestamptz AS occurred_to
    FROM views_old.queue
    UNION ALL
    SELECT {columns}, to_position, occurred_to FROM views_old.queue_past
),
removed AS (SELECT * FROM old EXCEPT ALL SELECT * FROM rebuilt),
added AS (SELECT * FROM rebuilt EXCEPT ALL SELECT * FROM old)
SELECT
    (SELECT count(*) FROM rebuilt),
    (SELECT count(*) FROM removed),
    (SELECT count(*) FROM added),
    ARRAY(
        SELECT ticket FROM (SELECT ticket FROM removed UNION SELECT ticket FROM added) AS changed
        ORDER BY ticket
        LIMIT 10
    )
