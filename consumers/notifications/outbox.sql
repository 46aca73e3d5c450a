-- name: put
INSERT INTO consumers.mail_outbox (event, position, lane)
SELECT * FROM unnest(%s::uuid[], %s::bigint[], %s::uuid[])
ON CONFLICT (event, turn) DO NOTHING

-- name: wake
SELECT pg_notify('ledger_mail', '')

-- name: listen
LISTEN ledger_mail

-- The next row that is due, the first of its lane and of its event; whoever takes it keeps it locked.
-- The statement's time, not the clock's: what is not due yet is then left out by the index.
-- name: take
SELECT event, turn, tries, extract(epoch FROM clock_timestamp() - queued_at)::float8, owed
FROM consumers.mail_outbox AS waiting
WHERE due_at <= statement_timestamp() AND NOT EXISTS (
    SELECT FROM consumers.mail_outbox AS before
    WHERE before.lane = waiting.lane AND before.position < waiting.position
) AND NOT EXISTS (
    SELECT FROM consumers.mail_outbox AS before
    WHERE before.event = waiting.event AND before.turn < waiting.turn
)
ORDER BY due_at, position
LIMIT 1
FOR UPDATE SKIP LOCKED

-- name: done
DELETE FROM consumers.mail_outbox WHERE event = %s AND turn = %s

-- Who was put off while others were answered for: in a lane of their own, they hold nobody up. Noted
-- before it is recorded who was told, and untouched until the turn before is done with.
-- name: owe
INSERT INTO consumers.mail_outbox
    (event, turn, owed, position, lane, queued_at, due_at, tries, reason)
SELECT event, turn + 1, %s, position, event, queued_at,
    clock_timestamp() + %s * interval '1 second', tries + 1, %s
FROM consumers.mail_outbox WHERE event = %s AND turn = %s
ON CONFLICT (event, turn) DO UPDATE SET owed = excluded.owed

-- name: owe_nobody
DELETE FROM consumers.mail_outbox WHERE event = %s AND turn > %s

-- name: put_off
UPDATE consumers.mail_outbox
SET tries = tries + 1, due_at = clock_timestamp() + %s * interval '1 second', reason = %s
WHERE event = %s AND turn = %s

-- name: waits
UPDATE consumers.mail_outbox SET reason = %s WHERE event = %s AND turn = %s

-- What was put off is due at once, but for what somebody has in hand.
-- name: redrive
UPDATE consumers.mail_outbox SET due_at = clock_timestamp()
WHERE (event, turn) IN (
    SELECT event, turn FROM consumers.mail_outbox WHERE tries > 0
    ORDER BY event, turn FOR UPDATE SKIP LOCKED
)

-- name: retried
UPDATE consumers.groups SET retried = retried + 1 WHERE name = 'notifications'

-- name: thread
SELECT root, last FROM consumers.mail_threads WHERE ticket = %s

-- name: follow
INSERT INTO consumers.mail_threads AS known (ticket, root, last) VALUES (%s, %s, %s)
ON CONFLICT (ticket) DO UPDATE SET last = excluded.last

-- In the hour until now: of the clock's hour before this one as large a share as still belongs to it.
-- name: counted
SELECT coalesce(max(mails), 0) FROM (
    SELECT ceil(sum(
        CASE WHEN hour = date_trunc('hour', now()) THEN mails
        ELSE mails * (1 - extract(epoch FROM now() - date_trunc('hour', now())) / 3600) END
    )) AS mails
    FROM consumers.mail_counts
    WHERE recipient = ANY (%s) AND hour >= date_trunc('hour', now()) - interval '1 hour'
    GROUP BY recipient
) AS recent

-- name: count
INSERT INTO consumers.mail_counts AS known (recipient, hour, mails)
SELECT recipient, date_trunc('hour', now()), 1
FROM unnest(%s::bytea[]) AS recipient ORDER BY recipient
ON CONFLICT (recipient, hour) DO UPDATE SET mails = known.mails + 1

-- name: forget
DELETE FROM consumers.mail_counts WHERE hour < now() - interval '2 hours'

-- name: standing
SELECT count(*), count(*) FILTER (WHERE tries > 0),
    coalesce(extract(epoch FROM clock_timestamp() - min(queued_at)), 0)::float8,
    (SELECT array_agg(DISTINCT reason) FROM consumers.mail_outbox WHERE reason IS NOT NULL)
FROM consumers.mail_outbox
