-- Times come back as they are kept, but for the one that is compared as text.
-- name: load
COPY (
    SELECT ticket, from_position,
        to_char(occurred_from AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        version, number, reference, contract, requester, channel, language, status, priority,
        specialist, holder, tags, subject_event, imported, opened_at, updated_at, status_since,
        acknowledged_at, customer_waiting_since, reaction_due, update_due, reply_due
    FROM {schema}.queue
    WHERE ticket = ANY (%s::uuid[])
) TO STDOUT

-- name: save
INSERT INTO {schema}.queue AS q ({columns})
SELECT {columns} FROM json_populate_recordset(NULL::views.queue, %s::json)
ON CONFLICT (ticket) DO UPDATE SET
    from_position = excluded.from_position,
    occurred_from = excluded.occurred_from,
    version = excluded.version,
    contract = excluded.contract,
    status = excluded.status,
    priority = excluded.priority,
    specialist = excluded.specialist,
    holder = excluded.holder,
    tags = excluded.tags,
    updated_at = excluded.updated_at,
    status_since = excluded.status_since,
    acknowledged_at = excluded.acknowledged_at,
    customer_waiting_since = excluded.customer_waiting_since,
    reaction_due = excluded.reaction_due,
    update_due = excluded.update_due,
    reply_due = excluded.reply_due

-- name: copy_live
COPY {schema}.queue ({columns}) FROM STDIN

-- name: copy_past
COPY {schema}.queue_past ({columns}, to_position, occurred_to) FROM STDIN
