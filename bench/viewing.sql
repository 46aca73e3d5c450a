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
