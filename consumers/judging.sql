-- name: recorded
SELECT epoch, position, leaf_hash FROM ledger.events WHERE position = ANY (%s::bigint[])
