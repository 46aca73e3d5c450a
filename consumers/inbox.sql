-- name: progress
SELECT epoch, upto, reached_at FROM consumers.progress WHERE consumer = %s ORDER BY epoch

-- name: take
INSERT INTO consumers.inbox (consumer, epoch, position)
SELECT %(consumer)s, epoch, position
FROM unnest(%(epochs)s::integer[], %(positions)s::bigint[]) AS event (epoch, position)
ORDER BY epoch, position
ON CONFLICT DO NOTHING
RETURNING epoch, position

-- name: give_back
DELETE FROM consumers.inbox
WHERE consumer = %(consumer)s AND (epoch, position) IN (
    SELECT * FROM unnest(%(epochs)s::integer[], %(positions)s::bigint[])
)

-- name: knows
SELECT EXISTS (
    SELECT FROM consumers.inbox
    WHERE consumer = %(consumer)s AND epoch = %(epoch)s AND position = %(position)s
)

-- name: next_epoch
INSERT INTO consumers.progress (consumer, epoch, upto, reached_at)
VALUES (%(consumer)s, %(epoch)s, %(upto)s, %(reached_at)s)
ON CONFLICT DO NOTHING

-- name: unfolded
SELECT epoch FROM consumers.progress AS progress
WHERE consumer = %s AND EXISTS (
    SELECT FROM consumers.inbox AS inbox
    WHERE inbox.consumer = progress.consumer AND inbox.epoch = progress.epoch
        AND inbox.position = progress.upto + 1
)

-- What follows `upto` without a gap becomes part of it. Whoever else does that at the moment does
-- it well enough: nobody waits. `first` is the batch's own first position, recorded at `at`; both are
-- null without a batch.
-- name: fold
WITH held AS MATERIALIZED (
    SELECT upto FROM consumers.progress
    WHERE consumer = %(consumer)s AND epoch = %(epoch)s
    FOR UPDATE SKIP LOCKED
),
ahead AS (
    SELECT held.upto, inbox.position, row_number() OVER (ORDER BY inbox.position) AS nth
    FROM held
    CROSS JOIN LATERAL (
        SELECT position FROM consumers.inbox
        WHERE consumer = %(consumer)s AND epoch = %(epoch)s AND position > held.upto
        ORDER BY position LIMIT %(limit)s
    ) AS inbox
),
reached AS (
    SELECT max(position) AS upto, max(upto) AS past FROM ahead WHERE position = upto + nth
),
folded AS (
    DELETE FROM consumers.inbox AS inbox USING reached
    WHERE inbox.consumer = %(consumer)s AND inbox.epoch = %(epoch)s
        AND inbox.position > reached.past AND inbox.position <= reached.upto
)
UPDATE consumers.progress AS progress
SET upto = reached.upto,
    reached_at = CASE
        WHEN %(first)s::bigint <= reached.upto
            THEN greatest(progress.reached_at, %(at)s::timestamptz)
        ELSE progress.reached_at
    END
FROM reached
WHERE progress.consumer = %(consumer)s AND progress.epoch = %(epoch)s
    AND reached.upto IS NOT NULL
