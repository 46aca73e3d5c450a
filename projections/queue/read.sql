-- name: followed
SELECT position, clock_timestamp() FROM views.followers WHERE name = 'queue'

-- The rows that held at a moment: those that still hold, and those that ended since. Each arm
-- walks or gathers no more than the tickets of that moment, and gives no more than a page.
-- name: page
SELECT * FROM (
    (
        SELECT {columns} FROM views.queue
        WHERE {live} ORDER BY {order} LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT {columns} FROM views.queue_past
        WHERE {past} ORDER BY {order} LIMIT %(limit)s
    )
) AS found
ORDER BY {order}
LIMIT %(limit)s

-- name: columns
ticket, from_position, version, number, reference, contract, requester, channel, language, status,
priority, specialist, holder, tags, subject_event, imported, opened_at, updated_at, status_since,
acknowledged_at, customer_waiting_since, reaction_due, update_due, reply_due, due

-- name: live_recorded
from_position <= %(position)s

-- name: past_recorded
to_position > %(position)s AND from_position <= %(position)s

-- name: live_occurred
from_position <= %(position)s AND occurred_from <= %(occurred)s

-- name: past_occurred
from_position <= %(position)s AND occurred_from <= %(occurred)s
AND (to_position > %(position)s OR occurred_to > %(occurred)s)

-- name: order_promised
due, ticket

-- name: order_ranked
priority, opened_at, ticket

-- name: order_opened
opened_at, ticket

-- name: promised
due <= %(horizon)s

-- name: ranked
(due > %(horizon)s OR due IS NULL)

-- name: after_promised
(due, ticket) > (%(after_due)s::timestamptz, %(after_ticket)s::uuid)

-- name: after_ranked
(priority, opened_at, ticket)
    > (%(after_priority)s::views.priority, %(after_opened)s::timestamptz, %(after_ticket)s::uuid)

-- name: after_opened
(opened_at, ticket) > (%(after_opened)s::timestamptz, %(after_ticket)s::uuid)

-- name: by_open
open

-- name: by_status
status = ANY(%(status)s)

-- name: by_language
language = %(language)s

-- name: by_specialist
specialist = %(specialist)s

-- name: by_holder
holder = %(holder)s

-- name: by_tag
tags @> ARRAY[%(tag)s]

-- name: by_contract
contract = ANY(%(contract)s)

-- name: by_reference
reference = %(reference)s

-- name: by_number
number = %(number)s

-- name: by_ticket
ticket = %(ticket)s
