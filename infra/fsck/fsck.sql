-- name: rows
COPY (
    SELECT
        envelope, position, recorded_at, occurred_at, event_id, stream_id, actor_id, stream_kind,
        stream_version, epoch, contract_count, type_version, contract, type, leaf_hash
    FROM ledger.events
    WHERE position > {after} AND position <= {upto}
    ORDER BY position
) TO STDOUT (FORMAT BINARY)

-- name: identity
SELECT ledger, epoch FROM ledger.identity

-- name: last_position
SELECT coalesce(max(position), 0) FROM ledger.events

-- name: leaf_at
SELECT leaf_hash FROM ledger.events WHERE position = %s

-- name: sealed
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY (%s)

-- name: erasures
SELECT envelope FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased') OR (stream_kind = 'ledger' AND stream_id = %s)
ORDER BY position
