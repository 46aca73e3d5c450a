-- name: forget_topics
TRUNCATE views.publishing

-- name: forget_publisher
DELETE FROM views.followers WHERE name = 'publisher'

-- name: published
SELECT position FROM views.followers WHERE name = 'publisher'
