-- name: due
SELECT decided.stream_id, decided.contract
FROM ledger.events AS decided
WHERE decided.type IN (
    'IdentityChangeApplied', 'IdentityChangeRefused', 'IdentityChangeWithdrawn'
)
    AND (
        convert_from(decided.envelope, 'UTF8')::jsonb -> 'data' ->> 'copies_until'
    )::timestamptz <= %s
    AND NOT EXISTS (
        SELECT FROM ledger.events AS erased
        WHERE erased.stream_id = decided.stream_id
            AND erased.stream_kind = 'identity_change' AND erased.type = 'CopiesErased'
    )
ORDER BY decided.position;
