-- Who has a part in what is told: the events that name them.
-- name: parties
SELECT envelope FROM ledger.events
WHERE contract = ANY (%(contracts)s::text[]) AND position <= %(position)s
    AND type = ANY (%(types)s::text[])
ORDER BY position

-- name: contracts
SELECT DISTINCT contract FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = 'ticket' AND position <= %(position)s
    AND contract IS NOT NULL

-- name: opened
SELECT envelope FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = 'ticket' AND stream_version = 1

-- name: erasures
SELECT envelope FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased') AND position <= %(size)s
ORDER BY position
