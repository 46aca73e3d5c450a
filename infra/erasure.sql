-- name: after
SELECT envelope FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased', 'KeysDestroyed') AND position > %s
ORDER BY position

-- name: envelope
SELECT envelope FROM ledger.events WHERE event_id = %s

-- name: marked
SELECT key FROM ledger.erased_subjects WHERE erasure = %s AND key IS NOT NULL

-- name: mark
INSERT INTO ledger.erased_subjects (subject, contract, purpose, key, erasure)
VALUES (%(subject)s, %(contract)s, %(purpose)s, %(key)s, %(erasure)s)
ON CONFLICT DO NOTHING

-- name: delete_chunks_sealed_with
DELETE FROM ledger.attachments WHERE key_id = ANY (%s)

-- name: delete_chunks
DELETE FROM ledger.attachments WHERE attachment = %s

-- name: delete_fields
DELETE FROM ledger.sealed_fields WHERE event_id = %s AND field = ANY (%s)
