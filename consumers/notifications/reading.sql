-- name: event
SELECT envelope FROM ledger.events WHERE event_id = %(event)s

-- name: commanded
SELECT envelope FROM ledger.events WHERE event_id = ANY (%(events)s) ORDER BY position

-- Of a ticket its first event and those of some types.
-- name: ticket
SELECT envelope FROM ledger.events
WHERE stream_id = %(ticket)s AND stream_kind = 'ticket'
    AND (stream_version = 1 OR type = ANY (%(types)s::text[]))
ORDER BY stream_version

-- name: case
SELECT envelope FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = %(kind)s::text::ledger.stream_kind
    AND position <= %(position)s
ORDER BY stream_version

-- name: contract
SELECT e.envelope FROM ledger.events AS first
JOIN ledger.events AS e ON e.stream_id = first.stream_id AND e.stream_kind = 'contract'
WHERE first.contract = %(contract)s AND first.contract_count = 1
    AND first.stream_kind = 'contract' AND e.position < %(before)s
ORDER BY e.stream_version

-- name: is_of_a_case
SELECT EXISTS (
    SELECT FROM ledger.events
    WHERE (encode(envelope, 'escape')::jsonb -> 'data' ->> 'ticket') = %(ticket)s::text
        AND type IN (
            'IdentityChangeRequested', 'ChangeNoticeGiven', 'IdentityChangeContested',
            'RecoveryReported', 'DisputeOpened', 'ClaimReceived', 'HolderTold'
        )
)

-- name: command
SELECT result FROM ledger.commands WHERE id = %(command)s
