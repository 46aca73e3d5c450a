-- name: blocked
SELECT lane FROM consumers.lanes
WHERE consumer = %(consumer)s AND lane = ANY (%(lanes)s) ORDER BY lane FOR SHARE

-- name: known
SELECT origin FROM consumers.parked WHERE consumer = %(consumer)s AND origin = ANY (%(origins)s)

-- name: block
INSERT INTO consumers.lanes (consumer, lane)
SELECT %(consumer)s, lane FROM unnest(%(lanes)s::text[]) AS blocked (lane) ORDER BY lane
ON CONFLICT DO NOTHING

-- name: park
INSERT INTO consumers.parked (
    consumer, origin, lane, epoch, position, stream, key, envelope, headers, reason, attempts
) VALUES (
    %(consumer)s, %(origin)s, %(lane)s, %(epoch)s, %(position)s, %(stream)s, %(key)s,
    %(envelope)s, %(headers)s, %(reason)s, %(attempts)s
) ON CONFLICT DO NOTHING

-- name: count_retried
UPDATE consumers.groups SET retried = retried + %(retried)s WHERE name = %(consumer)s

-- Lanes are locked in the order in which members lock those of a batch.
-- name: redrive
WITH held AS MATERIALIZED (
    SELECT lane FROM consumers.lanes
    WHERE consumer = %(consumer)s ORDER BY lane FOR NO KEY UPDATE
),
due AS (
    UPDATE consumers.lanes AS lanes SET due = true FROM held
    WHERE lanes.consumer = %(consumer)s AND lanes.lane = held.lane
    RETURNING lanes.lane
)
SELECT (SELECT count(*) FROM due),
       (SELECT count(*) FROM consumers.parked WHERE consumer = %(consumer)s),
       EXISTS (SELECT FROM consumers.groups WHERE name = %(consumer)s)

-- name: due
SELECT lane FROM consumers.lanes
WHERE consumer = %s AND due ORDER BY lane LIMIT 1 FOR UPDATE SKIP LOCKED

-- name: held
SELECT envelope, origin, key, headers::text FROM consumers.parked
WHERE consumer = %(consumer)s AND lane = %(lane)s ORDER BY epoch, position LIMIT %(limit)s

-- name: release
DELETE FROM consumers.parked WHERE consumer = %(consumer)s AND origin = ANY (%(origins)s)

-- name: keep
UPDATE consumers.parked SET reason = %(reason)s, attempts = attempts + %(attempts)s
WHERE consumer = %(consumer)s AND origin = %(origin)s

-- name: rest
UPDATE consumers.lanes SET due = false WHERE consumer = %(consumer)s AND lane = %(lane)s

-- name: unblock
DELETE FROM consumers.lanes AS lanes
WHERE consumer = %(consumer)s AND lane = %(lane)s AND NOT EXISTS (
    SELECT FROM consumers.parked AS parked
    WHERE parked.consumer = lanes.consumer AND parked.lane = lanes.lane
)
