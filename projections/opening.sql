-- name: with_field
SELECT e.envelope, s.event_id, s.field, s.key_id, s.nonce, s.ciphertext
FROM ledger.events AS e
LEFT JOIN ledger.sealed_fields AS s ON s.event_id = e.event_id AND s.field = %s
WHERE e.event_id = ANY (%s)

-- name: sealed
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY(%s)

-- name: sealed_field
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY(%s) AND field = %s

-- name: sealed_like
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY(%s) AND field ~ %s
