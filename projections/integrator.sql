-- name: identity
SELECT ledger, epoch FROM ledger.identity
