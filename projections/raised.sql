-- Newest first. What rests on connections is shown while their addresses are there: an erasure takes
-- it away at once, and a restore brings nothing back.
-- name: page
SELECT key, kind, contracts, staff, raised, since, counted, says, labels,
    events, positions, types, times
FROM consumers.signals AS kept
WHERE (staff IS NULL OR %(staff)s)
    AND (%(kind)s::text IS NULL OR kind = %(kind)s)
    AND (%(contract)s::text IS NULL OR contracts @> ARRAY[%(contract)s::text])
    AND (raised, key) < (%(raised)s, %(key)s)
    AND (
        kind <> ALL (%(connected)s::text[])
        OR NOT EXISTS (
            SELECT FROM unnest(events, types) AS ground (event, type)
            WHERE type <> %(request)s
                AND NOT EXISTS (
                    SELECT FROM views.addresses WHERE addresses.event = ground.event
                )
        )
    )
ORDER BY raised DESC, key DESC
LIMIT %(limit)s

-- name: upto
SELECT coalesce(max(upto), 0) FROM consumers.progress
WHERE consumer = 'signals' AND epoch = (SELECT epoch FROM ledger.identity)
