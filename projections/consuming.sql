-- The mark of the last epoch that a consumer began counts. What webhooks gave up sending, or have for
-- an endpoint that is gone, is parked as much as what they could not handle. So is a mail that waits by
-- a fault of its own, and not of a mail server.
-- name: consumed
SELECT groups.name, groups.feed, progress.epoch, progress.upto,
    greatest(0, coalesce((SELECT max(position) FROM ledger.events), 0) - progress.upto),
    (SELECT count(*) FROM consumers.parked WHERE parked.consumer = groups.name)
    + (
        SELECT count(*) FROM consumers.webhooks AS given_up
        WHERE groups.name = 'webhooks' AND given_up.sent_at IS NULL
            AND (
                given_up.due = 'infinity'
                OR given_up.endpoint IN (SELECT endpoint FROM consumers.webhooks_gone)
            )
    )
    + (
        SELECT count(*) FROM consumers.mail_outbox AS put_off
        WHERE groups.name = 'notifications' AND put_off.reason NOT LIKE 'smtp-%%'
    ),
    (SELECT count(*) FROM consumers.lanes WHERE lanes.consumer = groups.name),
    groups.retried
FROM consumers.groups AS groups
CROSS JOIN LATERAL (
    SELECT epoch, upto FROM consumers.progress
    WHERE progress.consumer = groups.name ORDER BY epoch DESC LIMIT 1
) AS progress
ORDER BY groups.name
