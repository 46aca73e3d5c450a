-- name: requested
SELECT position, stream_id, recorded_at FROM ledger.events
WHERE type = 'IdentityChangeRequested' AND position > %(after)s
ORDER BY position
LIMIT %(limit)s;
