-- name: delete_fields
DELETE FROM ledger.sealed_fields AS stored
USING ledger.envelopes AS said
WHERE stored.event_id = ANY (%(events)s)
    AND said.event_id = stored.event_id
    AND (
        cardinality(%(purposes)s::text[]) = 0
        OR said.envelope -> 'sealed' -> stored.field ->> 'purpose' = ANY (%(purposes)s)
    );

-- name: delete_chunks
DELETE FROM ledger.attachments
WHERE attachment IN (
    SELECT (said.envelope -> 'data' ->> 'attachment')::uuid
    FROM ledger.envelopes AS said
    WHERE said.event_id = ANY (%(events)s) AND said.type = 'AttachmentAdded'
);

-- name: forbid
INSERT INTO ledger.erased_subjects (subject, contract, purpose, key)
VALUES (%s, %s, %s, %s)
ON CONFLICT DO NOTHING;

-- A backup may be older than the tables.
-- name: has_hashes
SELECT to_regclass('views.addresses') IS NOT NULL;

-- What was recorded after the restore is sealed with other keys, and its hashes stay.
-- name: forget_addresses
DELETE FROM views.addresses AS kept
USING ledger.sealed_fields AS stored
WHERE kept.contract = ANY (%(contracts)s)
    AND stored.event_id = kept.event
    AND stored.field = 'address'
    AND stored.key_id = ANY (%(keys)s);

-- name: forget_events
DELETE FROM views.addresses WHERE event = ANY (%(events)s);

-- name: forget_documents
DELETE FROM views.documents AS kept
USING ledger.sealed_fields AS stored
WHERE kept.subject = ANY (%(subjects)s)
    AND stored.event_id = kept.event
    AND starts_with(stored.field, kept.field || '.')
    AND stored.key_id = ANY (%(keys)s);

-- name: forget_logins
DELETE FROM views.logins AS kept
USING ledger.events AS said, ledger.sealed_fields AS stored
WHERE kept.person = ANY (%(subjects)s)
    AND said.position = kept.position
    AND stored.event_id = said.event_id
    AND stored.field = 'login'
    AND stored.key_id = ANY (%(keys)s);
