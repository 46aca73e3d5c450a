-- The mark of the last epoch that a consumer began counts.
-- name: consumed
SELECT groups.name, groups.feed, progress.epoch, progress.upto,
    greatest(0, coalesce((SELECT max(position) FROM ledger.events), 0) - progress.upto),
    (SELECT count(*) FROM consumers.parked WHERE parked.consumer = groups.name),
    (SELECT count(*) FROM consumers.lanes WHERE lanes.consumer = groups.name),
    groups.retried
FROM consumers.groups AS groups
CROSS JOIN LATERAL (
    SELECT epoch, upto FROM consumers.progress
    WHERE progress.consumer = groups.name ORDER BY epoch DESC LIMIT 1
) AS progress
ORDER BY groups.name
