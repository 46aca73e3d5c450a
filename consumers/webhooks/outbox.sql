-- What waits of the stream gives the moment at which its next event is tried.
-- name: put
INSERT INTO consumers.webhooks (endpoint, epoch, position, stream, event, body, due)
SELECT told.endpoint, told.epoch, told.position, told.stream, told.event, told.body,
    coalesce((
        SELECT max(waiting.due) FROM consumers.webhooks AS waiting
        WHERE waiting.endpoint = told.endpoint AND waiting.stream = told.stream
            AND waiting.sent_at IS NULL
    ), clock_timestamp())
FROM unnest(
    %s::text[], %s::integer[], %s::bigint[], %s::uuid[], %s::uuid[], %s::bytea[]
) AS told (endpoint, epoch, position, stream, event, body)
ORDER BY told.epoch, told.position
ON CONFLICT DO NOTHING

-- The one that is due for longest, of those before which nothing of their stream waits. It is held
-- until the transaction ends, so that nobody else sends it meanwhile.
-- name: next
SELECT epoch, position, stream, event, body, tries, first_tried_at FROM consumers.webhooks AS one
WHERE endpoint = %s AND sent_at IS NULL AND due <= clock_timestamp()
    AND NOT EXISTS (
        SELECT FROM consumers.webhooks AS earlier
        WHERE earlier.endpoint = one.endpoint AND earlier.stream = one.stream
            AND earlier.sent_at IS NULL
            AND (earlier.epoch, earlier.position) < (one.epoch, one.position)
    )
ORDER BY due, epoch, position
LIMIT 1
FOR UPDATE SKIP LOCKED

-- name: sent
UPDATE consumers.webhooks
SET sent_at = clock_timestamp(), body = NULL, reason = NULL, tries = tries + 1,
    first_tried_at = coalesce(first_tried_at, clock_timestamp())
WHERE endpoint = %(endpoint)s AND epoch = %(epoch)s AND position = %(position)s

-- name: failed
UPDATE consumers.webhooks
SET reason = %(reason)s, tries = tries + 1,
    first_tried_at = coalesce(first_tried_at, clock_timestamp())
WHERE endpoint = %(endpoint)s AND epoch = %(epoch)s AND position = %(position)s

-- name: retried
UPDATE consumers.groups SET retried = retried + 1 WHERE name = 'webhooks'

-- name: postpone
UPDATE consumers.webhooks SET due = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE endpoint = %(endpoint)s AND stream = %(stream)s AND sent_at IS NULL

-- name: park
UPDATE consumers.webhooks SET due = 'infinity'
WHERE endpoint = %(endpoint)s AND stream = %(stream)s AND sent_at IS NULL

-- name: is_gone
SELECT EXISTS (SELECT FROM consumers.webhooks_gone WHERE endpoint = %s AND url = %s)

-- name: moved
DELETE FROM consumers.webhooks_gone WHERE endpoint = %s AND url <> %s

-- name: gone
INSERT INTO consumers.webhooks_gone (endpoint, url) VALUES (%s, %s)
ON CONFLICT (endpoint) DO UPDATE SET url = excluded.url, since = clock_timestamp()

-- name: come_back
DELETE FROM consumers.webhooks_gone

-- What is being sent just now is left to whoever sends it.
-- name: redrive
UPDATE consumers.webhooks
SET due = clock_timestamp(), tries = 0, first_tried_at = NULL
WHERE (endpoint, epoch, position) IN (
    SELECT endpoint, epoch, position FROM consumers.webhooks
    WHERE sent_at IS NULL
    FOR UPDATE SKIP LOCKED
)

-- name: standing
SELECT endpoint, count(*) AS waiting, count(*) FILTER (WHERE due = 'infinity') AS parked,
    min(first_tried_at), bool_or(EXISTS (
        SELECT FROM consumers.webhooks_gone AS gone WHERE gone.endpoint = told.endpoint
    ))
FROM consumers.webhooks AS told
WHERE sent_at IS NULL
GROUP BY endpoint
ORDER BY endpoint

-- name: unnamed
SELECT endpoint, sum(messages)::bigint FROM (
    SELECT endpoint, count(*) AS messages FROM consumers.webhooks
    WHERE sent_at IS NULL AND endpoint <> ALL (%(endpoints)s::text[])
    GROUP BY endpoint
    UNION ALL
    SELECT endpoint, 0 FROM consumers.webhooks_gone WHERE endpoint <> ALL (%(endpoints)s::text[])
) AS found
GROUP BY endpoint
ORDER BY endpoint

-- name: drop
DELETE FROM consumers.webhooks
WHERE sent_at IS NULL AND endpoint = ANY (%(endpoints)s::text[])
RETURNING endpoint

-- name: drop_gone
DELETE FROM consumers.webhooks_gone WHERE endpoint = ANY (%(endpoints)s::text[])

-- name: was_run
SELECT EXISTS (SELECT FROM consumers.groups WHERE name = 'webhooks')

-- name: prune
DELETE FROM consumers.webhooks
WHERE ctid = ANY (ARRAY (
    SELECT ctid FROM consumers.webhooks
    WHERE sent_at < clock_timestamp() - make_interval(days => %(days)s)
    LIMIT %(limit)s
))
