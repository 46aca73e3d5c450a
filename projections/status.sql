-- name: head
-- Where the ledger is, and how many of each event type it holds.
SELECT
    coalesce((SELECT max(position) FROM ledger.events), 0) AS position,
    (SELECT epoch FROM ledger.identity) AS epoch

-- name: types
SELECT type, count(*) FROM ledger.events GROUP BY type ORDER BY type

-- name: streams
-- A stream begins with its first version.
SELECT
    count(*) FILTER (WHERE stream_kind = 'ticket') AS tickets,
    count(*) FILTER (WHERE stream_kind = 'contract') AS contracts
FROM ledger.events
WHERE stream_version = 1

-- name: followers
SELECT name, position, state FROM views.followers WHERE name <> 'publisher' ORDER BY name

-- name: publisher
-- The topic that is written to now, and what of it Kafka has confirmed.
SELECT
    publishing.topic,
    followers.position,
    greatest(0, coalesce((SELECT max(position) FROM ledger.events), 0) - followers.position) AS lag,
    followers.state
FROM views.publishing AS publishing, views.followers AS followers
WHERE followers.name = 'publisher'
ORDER BY publishing.generation DESC
LIMIT 1
