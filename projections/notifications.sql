-- The next events of a ticket of which was told, each with what is recorded of that. An event is
-- told of in a stream of its own with the event's id; its prefix is cut as a ticket's is.
-- name: told
SELECT e.envelope, n.envelopes
FROM ledger.events AS e
CROSS JOIN LATERAL (
    SELECT array_agg(r.envelope ORDER BY r.stream_version) AS envelopes
    FROM ledger.events AS r
    WHERE r.stream_id = e.event_id AND r.stream_kind = 'notification'
        AND r.position <= %(position)s
        AND coalesce(r.occurred_at, r.recorded_at)
            <= coalesce(%(occurred)s::timestamptz, 'infinity')
) AS n
WHERE e.stream_id = %(ticket)s AND e.stream_kind = 'ticket'
    AND e.stream_version > %(after)s AND e.stream_version <= %(upto)s
    AND (%(types)s::text[] IS NULL OR e.type = ANY (%(types)s::text[]))
    AND n.envelopes IS NOT NULL
ORDER BY e.stream_version
LIMIT %(limit)s
