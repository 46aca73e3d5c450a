-- One copy of a consumer is fed from the store at a time; a second one waits.
-- name: take_turn
SELECT pg_try_advisory_lock(hashtextextended('ticket-ledger/consumer/' || %s, 0))

-- name: listen
LISTEN ledger_events

-- name: epoch
SELECT epoch FROM ledger.identity

-- Where the ledger's life after an epoch began: an event of its own stream.
-- name: continued
SELECT min(events.position)
FROM ledger.events AS events
JOIN ledger.identity AS identity ON events.stream_id = identity.ledger
WHERE events.stream_kind = 'ledger' AND events.epoch > %s
