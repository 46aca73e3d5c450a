-- name: figures
-- What was taken over from other systems' logs, told by its events alone. Only events that
-- happened before they were recorded can be imported ones: an index holds no others.
WITH history AS MATERIALIZED (
    SELECT
        events.stream_id,
        events.stream_version,
        events.type,
        events.occurred_at,
        said.envelope -> 'data' AS data
    FROM ledger.events AS events
    CROSS JOIN LATERAL (SELECT convert_from(events.envelope, 'UTF8')::jsonb) AS said (envelope)
    WHERE events.occurred_at IS NOT NULL
        AND events.type IN (
            'TicketOpened', 'StatusChanged', 'ContractRegistered',
            'ImportedAssignmentRecorded', 'ImportedUpdateRecorded'
        )
        AND said.envelope -> 'origin' ->> 'kind' = 'imported'
),
standing AS (
    SELECT DISTINCT ON (stream_id) data ->> 'status' AS status
    FROM history
    WHERE type = 'StatusChanged'
    ORDER BY stream_id, stream_version DESC
),
assigned AS (
    SELECT DISTINCT ON (stream_id) (data ->> 'times')::bigint AS times
    FROM history
    WHERE type = 'ImportedAssignmentRecorded'
    ORDER BY stream_id, stream_version DESC
),
reopened AS (
    SELECT stream_id, count(*) AS times
    FROM history
    WHERE type = 'StatusChanged' AND data ->> 'status' = 'reopened'
    GROUP BY stream_id
)
SELECT
    (SELECT count(*) FROM history WHERE type = 'TicketOpened') AS incidents,
    (SELECT count(*) FROM history WHERE type = 'ImportedUpdateRecorded') AS updates,
    (SELECT count(*) FROM standing WHERE status = 'closed') AS closed,
    (SELECT count(*) FROM assigned WHERE times > 0) AS reassigned_tickets,
    (SELECT coalesce(sum(times), 0)::bigint FROM assigned) AS reassigned_times,
    (SELECT count(*) FROM reopened) AS reopened_tickets,
    (SELECT coalesce(sum(times), 0)::bigint FROM reopened) AS reopened_times,
    (SELECT count(*) FROM history WHERE type = 'ContractRegistered') AS contracts;

-- name: opened_by_month
-- In UTC, by when the tickets were opened in the other system.
SELECT to_char(events.occurred_at AT TIME ZONE 'UTC', 'YYYY-MM') AS month, count(*) AS tickets
FROM ledger.events AS events
WHERE events.occurred_at IS NOT NULL
    AND events.type = 'TicketOpened'
    AND convert_from(events.envelope, 'UTF8')::jsonb -> 'origin' ->> 'kind' = 'imported'
GROUP BY month
ORDER BY month;
