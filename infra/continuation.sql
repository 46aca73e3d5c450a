-- name: identity
SELECT ledger FROM ledger.identity

-- name: open_epoch
SELECT ledger.open_epoch(%s, %s)
