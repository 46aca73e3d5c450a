-- name: register
INSERT INTO consumers.groups (name, feed) VALUES (%(consumer)s, %(feed)s)
ON CONFLICT (name) DO UPDATE SET feed = excluded.feed WHERE groups.feed <> excluded.feed

-- name: begin
INSERT INTO consumers.progress (consumer, epoch, upto, reached_at)
SELECT %(consumer)s, %(epoch)s, %(upto)s, %(reached_at)s
WHERE NOT EXISTS (SELECT FROM consumers.progress WHERE consumer = %(consumer)s)
ON CONFLICT DO NOTHING

-- name: begun
SELECT EXISTS (SELECT FROM consumers.progress WHERE consumer = %s)

-- name: head
SELECT identity.ledger, identity.epoch, coalesce(head.position, 0), head.recorded_at
FROM ledger.identity AS identity
LEFT JOIN LATERAL (
    SELECT position, recorded_at FROM ledger.events ORDER BY position DESC LIMIT 1
) AS head ON true

-- name: at
SELECT epoch, position, recorded_at FROM ledger.events WHERE position = %s
