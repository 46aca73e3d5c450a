-- What is recorded under a contract and in the disputes about it, also before it was known that
-- they are about it; of these types alone.
-- name: history
WITH disputes AS MATERIALIZED (
    SELECT DISTINCT stream_id FROM ledger.events
    WHERE contract = %(contract)s AND stream_kind = 'dispute' AND position <= %(position)s
)
SELECT envelope FROM (
    SELECT position, type, occurred_at, recorded_at, envelope FROM ledger.events
    WHERE contract = %(contract)s
    UNION ALL
    SELECT e.position, e.type, e.occurred_at, e.recorded_at, e.envelope
    FROM disputes
    JOIN ledger.events AS e ON e.stream_id = disputes.stream_id AND e.stream_kind = 'dispute'
    WHERE e.contract IS DISTINCT FROM %(contract)s
) AS told
WHERE position <= %(position)s AND type = ANY (%(types)s::text[])
    AND coalesce(occurred_at, recorded_at) <= coalesce(%(occurred)s::timestamptz, 'infinity')
ORDER BY position

-- From where the contract's customers connected: what only a service says of them is one of them,
-- the service's own server and staff are not.
-- name: connections
SELECT a.event, a.position, a.type, a.recorded_at, a.contract, e.stream_id,
    a.address, a.network, a.label, a.asserted
FROM views.addresses AS a
JOIN ledger.events AS e ON e.position = a.position
WHERE a.contract = %(contract)s AND a.position <= %(position)s
    AND (a.actor_kind = 'customer' OR a.asserted)
    AND a.recorded_at <= coalesce(%(occurred)s::timestamptz, 'infinity')
ORDER BY a.position

-- Who else connected from these addresses: of each contract the first event of each day.
-- name: sharing
SELECT a.event, a.position, a.type, a.recorded_at, a.contract, e.stream_id,
    a.address, a.network, a.label, a.asserted
FROM (
    SELECT DISTINCT ON (address, contract, (recorded_at AT TIME ZONE 'UTC')::date) *
    FROM views.addresses
    WHERE address = ANY (%(addresses)s::bytea[]) AND position <= %(position)s
        AND (actor_kind = 'customer' OR asserted)
        AND recorded_at <= coalesce(%(occurred)s::timestamptz, 'infinity')
    ORDER BY address, contract, (recorded_at AT TIME ZONE 'UTC')::date, position
) AS a
JOIN ledger.events AS e ON e.position = a.position

-- How a member of the staff joined, and what they opened: read, exported or registered.
-- name: opened
SELECT envelope FROM (
    SELECT position, type, recorded_at, envelope FROM ledger.events
    WHERE stream_id = %(staff)s AND stream_kind = 'staff' AND stream_version = 1
    UNION ALL
    SELECT position, type, recorded_at, envelope FROM ledger.events
    WHERE stream_id = %(staff)s AND stream_kind = 'access'
    UNION ALL
    SELECT position, type, recorded_at, envelope FROM ledger.events
    WHERE actor_id = %(staff)s AND type = 'ContractRegistered'
) AS opened
WHERE position <= %(position)s AND type = ANY (%(types)s::text[])
    AND recorded_at <= coalesce(%(occurred)s::timestamptz, 'infinity')
ORDER BY position

-- How many seconds off the nearest event of a ticket or case under a contract is, for each of these
-- moments; null where there is none. Each contract is read once, however often it was opened.
-- name: nearest
WITH opened AS (
    SELECT contract, at, place
    FROM unnest(%(contracts)s::text[], %(times)s::timestamptz[])
        WITH ORDINALITY AS o (contract, at, place)
), told AS (
    SELECT contract, at, place FROM opened
    UNION ALL
    SELECT contract, recorded_at, NULL FROM ledger.events
    WHERE contract IN (SELECT contract FROM opened) AND position <= %(position)s
        AND stream_kind IN ('ticket', 'identity_change', 'recovery', 'dispute')
        AND recorded_at <= coalesce(%(occurred)s::timestamptz, 'infinity')
), beside AS (
    SELECT place, at,
        max(at) FILTER (WHERE place IS NULL) OVER (PARTITION BY contract ORDER BY at) AS before,
        min(at) FILTER (WHERE place IS NULL) OVER (PARTITION BY contract ORDER BY at DESC) AS after
    FROM told
)
SELECT extract(epoch FROM least(at - before, after - at)) FROM beside
WHERE place IS NOT NULL
ORDER BY place
