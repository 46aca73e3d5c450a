-- One at a time: what one writes, the next one has to see.
-- name: take_turn
SELECT pg_advisory_xact_lock(hashtextextended('ticket-ledger/signals', 0))

-- name: reached
SELECT position FROM views.followers WHERE name = %s

-- name: disputed
SELECT DISTINCT stream_id, contract FROM ledger.events
WHERE stream_id = ANY (%s) AND stream_kind = 'dispute' AND contract IS NOT NULL

-- name: under
SELECT DISTINCT contract FROM ledger.events WHERE event_id = ANY (%s) AND contract IS NOT NULL

-- With these events a contract comes to those that use an address, of which there are many lately.
-- Of each contract the first event of a day counts, so one that came on the same day, or a day less
-- than the period ago, is there already.
-- name: newcomers
WITH come AS MATERIALIZED (
    SELECT a.position, a.recorded_at, a.contract, a.address FROM views.addresses AS a
    WHERE a.event = ANY (%(events)s) AND (a.actor_kind = 'customer' OR a.asserted)
        AND NOT EXISTS (
            SELECT FROM views.addresses AS before
            WHERE before.address = a.address AND before.contract = a.contract
                AND before.position < a.position
                AND (before.actor_kind = 'customer' OR before.asserted)
                AND (
                    (before.recorded_at AT TIME ZONE 'UTC')::date
                        = (a.recorded_at AT TIME ZONE 'UTC')::date
                    OR before.recorded_at >= a.recorded_at - %(within)s + interval '1 day'
                )
        )
)
SELECT position, recorded_at, contract FROM come
WHERE %(least)s <= (
    SELECT count(DISTINCT used.contract) FROM views.addresses AS used
    WHERE used.address = come.address AND used.position <= come.position
        AND (used.actor_kind = 'customer' OR used.asserted)
        AND used.recorded_at >= come.recorded_at - %(within)s
)
ORDER BY position

-- name: staff_of
SELECT DISTINCT staff FROM consumers.signals WHERE staff IS NOT NULL AND contracts && %s::text[]

-- name: ground
INSERT INTO consumers.signal_grounds AS known (kind, about, event, raised)
SELECT %(kind)s, %(about)s, event, %(position)s FROM unnest(%(events)s::uuid[]) AS told (event)
ON CONFLICT (kind, about, event) DO UPDATE SET raised = excluded.raised
WHERE excluded.raised < known.raised

-- What is shared is about all of its contracts: it goes, too, where it had not this one yet.
-- name: forget_contract
DELETE FROM consumers.signals
WHERE staff IS NULL
    AND (contracts @> ARRAY[%(subject)s::text] OR (kind = %(shared)s AND events && %(events)s::uuid[]))
RETURNING contracts

-- name: forget_staff
DELETE FROM consumers.signals WHERE staff = %(subject)s RETURNING contracts

-- What was not raised yet by an event that was handled is not kept yet.
-- name: keep
INSERT INTO consumers.signals (
    key, kind, contracts, staff, raised, since, counted, says, labels,
    events, positions, types, times
)
SELECT %(key)s, %(kind)s, (
        SELECT array_agg(DISTINCT named ORDER BY named) FROM (
            SELECT %(contract)s::text AS named WHERE %(contract)s::text IS NOT NULL
            UNION ALL
            SELECT coalesce(
                said.envelope #>> '{contract,number}', said.envelope #>> '{data,contract}'
            )
            FROM ledger.envelopes AS said
            WHERE said.event_id = ANY (%(events)s::uuid[]) AND %(contract)s::text IS NULL
        ) AS those
    ), %(staff)s, first.raised, %(since)s, %(counted)s, %(says)s, %(labels)s,
    %(events)s, %(positions)s, %(types)s, %(times)s
FROM (
    SELECT min(raised) AS raised FROM consumers.signal_grounds
    WHERE kind = %(kind)s AND about = %(about)s AND event = ANY (%(grounds)s::uuid[])
) AS first
WHERE first.raised IS NOT NULL
RETURNING contracts
