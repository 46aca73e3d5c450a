-- name: dispute
SELECT envelope FROM ledger.events
WHERE stream_id = %(dispute)s AND stream_kind = 'dispute' AND position <= %(position)s
ORDER BY stream_version

-- Every event of the disputes that count under a contract, also from before they did.
-- name: disputes
SELECT envelope FROM ledger.events
WHERE stream_kind = 'dispute' AND position <= %(position)s AND stream_id IN (
    SELECT stream_id FROM ledger.events
    WHERE contract = %(contract)s AND stream_kind = 'dispute' AND position <= %(position)s
)
ORDER BY position

-- What the tickets of disputes have that does not count under the contract (null: everything).
-- name: tickets
SELECT envelope FROM ledger.events
WHERE stream_kind = 'ticket' AND stream_id = ANY (%(tickets)s) AND position <= %(position)s
    AND (%(contract)s::text IS NULL OR contract IS DISTINCT FROM %(contract)s)
ORDER BY position

-- The first event of each ticket that occurred later than the moment.
-- name: ticket_cuts
SELECT stream_kind::text, stream_id, min(stream_version) FROM ledger.events
WHERE stream_kind = 'ticket' AND stream_id = ANY (%(tickets)s) AND position <= %(position)s
    AND coalesce(occurred_at, recorded_at) > %(occurred)s
GROUP BY stream_kind, stream_id
