-- What a bag holds, and who has a part in it: the events that say so.
-- name: of_contracts
SELECT envelope FROM ledger.events
WHERE contract = ANY (%(contracts)s::text[]) AND position <= %(position)s
    AND type = ANY (%(types)s::text[])
ORDER BY position

-- name: contracts
SELECT contract FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = 'ticket' AND position <= %(position)s
    AND contract IS NOT NULL
GROUP BY contract ORDER BY max(position) DESC

-- name: concerned
SELECT DISTINCT contract FROM ledger.events
WHERE stream_id = ANY (%(streams)s::uuid[]) AND contract IS NOT NULL

-- name: first
SELECT envelope FROM ledger.events
WHERE stream_id = ANY (%(streams)s::uuid[]) AND stream_version = 1
    AND type = %(type)s AND position <= %(position)s
ORDER BY position

-- name: dispute
SELECT envelope FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = 'dispute' AND position <= %(position)s
ORDER BY stream_version

-- name: at
SELECT envelope FROM ledger.events WHERE position = %(position)s

-- name: erasures
SELECT envelope FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased') AND position <= %(size)s
ORDER BY position

-- How many erasures up to one position were not carried out by another: each is, once.
-- name: unfinished
SELECT count(*) FILTER (WHERE type <> 'KeysDestroyed' AND position <= %s)
    - count(*) FILTER (WHERE type = 'KeysDestroyed' AND position <= %s)
FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased', 'KeysDestroyed')
