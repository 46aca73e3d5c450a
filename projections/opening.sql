-- name: envelopes
SELECT event_id, envelope FROM ledger.events WHERE event_id = ANY(%s)

-- name: sealed
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY(%s)

-- name: sealed_field
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY(%s) AND field = %s
