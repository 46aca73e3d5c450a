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
