-- name: begin
INSERT INTO views.followers (name) VALUES (%s) ON CONFLICT (name) DO NOTHING

-- One copy of a follower at a time; a second one waits until the first one's session ends.
-- name: take_turn
SELECT pg_try_advisory_lock(hashtextextended('ticket-ledger/follower/' || %s, 0))

-- name: listen
LISTEN ledger_events

-- name: tracked
SELECT position, leaf_hash FROM views.followers WHERE name = %s FOR UPDATE

-- name: advance
UPDATE views.followers
SET epoch = %(epoch)s, position = %(position)s, leaf_hash = %(leaf_hash)s
WHERE name = %(name)s

-- name: state
SELECT state FROM views.followers WHERE name = %s

-- name: mark
UPDATE views.followers
SET state = %(state)s, error = %(error)s, changed_at = clock_timestamp()
WHERE name = %(name)s
