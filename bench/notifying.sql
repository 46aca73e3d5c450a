-- name: begun
SELECT EXISTS (SELECT FROM consumers.progress WHERE consumer = 'notifications')

-- name: recorded_at
SELECT event_id, extract(epoch FROM recorded_at) FROM ledger.events WHERE event_id = ANY (%s::uuid[])
