-- name: identity
SELECT ledger, epoch FROM ledger.identity

-- name: head
SELECT i.epoch, e.position, e.leaf_hash, e.recorded_at
FROM ledger.identity AS i
LEFT JOIN LATERAL (
    SELECT position, leaf_hash, recorded_at FROM ledger.events ORDER BY position DESC LIMIT 1
) AS e ON true

-- name: stream
SELECT stream_version, envelope FROM ledger.events
WHERE stream_id = %s AND stream_kind = %s::text::ledger.stream_kind
    AND stream_version > %s AND position <= %s
ORDER BY stream_version LIMIT %s

-- name: version
SELECT coalesce(max(stream_version), 0) FROM ledger.events
WHERE stream_id = %s AND stream_kind = %s::text::ledger.stream_kind

-- name: version_as_of
SELECT coalesce(max(stream_version), 0) FROM ledger.events
WHERE stream_id = %s AND stream_kind = %s::text::ledger.stream_kind AND position <= %s

-- name: contract
SELECT contract_count, envelope FROM ledger.events
WHERE contract = %s AND contract_count > %s AND position <= %s
ORDER BY contract_count LIMIT %s

-- name: contract_stream
SELECT stream_id FROM ledger.events
WHERE contract = %s AND contract_count = 1 AND stream_kind = 'contract'

-- name: by_event
SELECT envelope FROM ledger.events WHERE event_id = %s

-- name: by_positions
SELECT position, envelope FROM ledger.events
WHERE position > %s AND position <= %s ORDER BY position LIMIT %s

-- name: position_at
SELECT ledger.position_at(%s)

-- name: holds
SELECT EXISTS (SELECT FROM ledger.events WHERE position = %s AND leaf_hash = %s)

-- name: sealed
SELECT event_id, field, key_id, nonce, ciphertext FROM ledger.sealed_fields
WHERE event_id = ANY (%s)

-- name: command
SELECT fingerprint, result FROM ledger.commands WHERE id = %s

-- name: ticket_numbers
SELECT ledger.next_ticket_numbers(%s)

-- name: store_chunk
SELECT ledger.store_chunk(%s, %s, %s, %s, %s)

-- name: chunk
SELECT key_id, nonce, ciphertext FROM ledger.attachments WHERE attachment = %s AND chunk = %s

-- name: chunk_count
SELECT count(*) FROM ledger.attachments WHERE attachment = %s

-- name: copy_events
COPY (
    SELECT position, envelope FROM ledger.events
    WHERE position > {after} AND position <= {upto} ORDER BY position
) TO STDOUT (FORMAT BINARY)
