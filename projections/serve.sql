-- name: ledger
SELECT ledger FROM ledger.identity
