-- The last version of a stream's prefix as of a moment: up to a position, and, where `occurred`
-- is given, before the first event that occurred later than that.
-- name: prefix
SELECT coalesce(
    (
        SELECT min(stream_version) - 1 FROM ledger.events
        WHERE stream_id = %(stream)s AND stream_kind = 'ticket' AND position <= %(position)s
            AND coalesce(occurred_at, recorded_at) > %(occurred)s::timestamptz
    ),
    (
        SELECT stream_version FROM ledger.events
        WHERE stream_id = %(stream)s AND stream_kind = 'ticket' AND position <= %(position)s
        ORDER BY stream_version DESC LIMIT 1
    ),
    0
)

-- name: page
SELECT envelope FROM ledger.events
WHERE stream_id = %(stream)s AND stream_kind = 'ticket'
    AND stream_version > %(after)s AND stream_version <= %(upto)s
    AND (%(types)s::text[] IS NULL OR type = ANY (%(types)s::text[]))
ORDER BY stream_version
LIMIT %(limit)s
