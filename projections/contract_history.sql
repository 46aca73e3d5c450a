-- name: chain
SELECT contract_count, envelope FROM ledger.events
WHERE contract = %(contract)s AND contract_count > %(after)s AND position <= %(position)s
ORDER BY contract_count
LIMIT %(limit)s

-- The first event of each stream that occurred later than the moment: it and what follows in its
-- stream had not happened yet.
-- name: cuts
SELECT e.stream_kind::text, e.stream_id, min(e.stream_version)
FROM (
    SELECT DISTINCT stream_kind, stream_id FROM ledger.events
    WHERE contract = %(contract)s AND position <= %(position)s
) AS s
JOIN ledger.events AS e USING (stream_kind, stream_id)
WHERE e.position <= %(position)s AND coalesce(e.occurred_at, e.recorded_at) > %(occurred)s
GROUP BY e.stream_kind, e.stream_id
