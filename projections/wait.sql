-- name: position
SELECT position FROM views.followers WHERE name = %s
