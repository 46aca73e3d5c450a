-- name: head
SELECT e.position, clock_timestamp()
FROM (SELECT coalesce(max(position), 0) AS position FROM ledger.events) AS e

-- name: position_at
SELECT ledger.position_at(%s)

-- name: recorded_at
SELECT recorded_at FROM ledger.events WHERE position = %s
