-- name: ledger
SELECT ledger FROM ledger.identity

-- name: head
SELECT coalesce(max(position), 0) FROM ledger.events

-- name: settle
VACUUM ANALYZE

-- name: forget_queue
TRUNCATE views.queue, views.queue_past, views.followers

-- name: raw_copy
COPY (SELECT position, envelope FROM ledger.events ORDER BY position) TO STDOUT (FORMAT BINARY)

-- name: followed
SELECT position FROM views.followers WHERE name = 'queue'

-- name: stored_bytes
SELECT e.envelope || e.leaf_hash || uuid_send(e.event_id) || uuid_send(e.stream_id)
    || uuid_send(e.actor_id) || coalesce(string_agg(s.nonce || s.ciphertext, ''::bytea), '')
FROM ledger.events AS e
LEFT JOIN ledger.sealed_fields AS s ON s.event_id = e.event_id
GROUP BY e.position
ORDER BY e.position

-- name: envelopes
SELECT envelope FROM ledger.events ORDER BY position
