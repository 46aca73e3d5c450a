-- name: identity
SELECT ledger FROM ledger.identity

-- name: known
-- The newest topic, and how much of it was acknowledged.
SELECT p.generation, p.topic_id, p.cluster, f.epoch, f.position
FROM views.publishing AS p, views.followers AS f
WHERE f.name = %s
ORDER BY p.generation DESC LIMIT 1

-- name: begin_topic
-- What is published next depends on it: it must not be lost in a crash.
SET LOCAL synchronous_commit = on

-- name: topic
INSERT INTO views.publishing (generation, topic, topic_id, cluster, reason)
VALUES (%(generation)s, %(topic)s, %(topic_id)s, %(cluster)s, %(reason)s)
ON CONFLICT (generation) DO NOTHING

-- name: later
-- The first position of a later epoch.
SELECT min(position) FROM ledger.events WHERE epoch > %s

-- name: hash
SELECT leaf_hash FROM ledger.events WHERE position = %s

-- name: next
-- At least one event, and no more of them than come to so many bytes.
SELECT position, envelope FROM (
    SELECT position, envelope, sum(octet_length(envelope)) OVER (ORDER BY position) AS bytes
    FROM (
        SELECT position, envelope FROM ledger.events
        WHERE position > %(after)s AND position <= %(upto)s ORDER BY position
    ) AS following
) AS counted
WHERE bytes <= %(bytes)s OR position = %(after)s + 1
ORDER BY position
