-- name: begin
SELECT * FROM ledger.begin_append(
    %s, %s, %s, %s, %s, %s, %s
)

-- name: finish
SELECT ledger.finish_append(
    %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
)
