-- name: bound
SET statement_timeout = 2000

-- name: contract
SELECT i.epoch, e.position, e.envelope
FROM ledger.events AS e, ledger.identity AS i
WHERE e.contract = %s AND e.position <= %s
ORDER BY e.contract_count DESC LIMIT 1

-- name: stream
SELECT i.epoch, e.position, e.envelope
FROM ledger.events AS e, ledger.identity AS i
WHERE e.stream_id = %s AND e.stream_kind = %s::text::ledger.stream_kind AND e.position <= %s
ORDER BY e.stream_version DESC LIMIT 1

-- name: event
SELECT i.epoch, e.position, e.envelope
FROM ledger.events AS e, ledger.identity AS i
WHERE e.position = %s
