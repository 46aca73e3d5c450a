-- name: listen
LISTEN ledger_events
