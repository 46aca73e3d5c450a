-- name: rows
COPY (
    SELECT
        envelope, position, recorded_at, occurred_at, event_id, stream_id, actor_id, stream_kind,
        stream_version, epoch, contract_count, type_version, contract, type, leaf_hash
    FROM ledger.events
    WHERE position > {after} AND position <= {upto}
    ORDER BY position
) TO STDOUT (FORMAT BINARY)

-- name: identity
SELECT ledger, epoch FROM ledger.identity

-- name: ends
SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM ledger.events

-- name: leaf_at
SELECT leaf_hash FROM ledger.events WHERE position = %s

-- name: sealed
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY (%s)

-- name: erasures
SELECT envelope FROM ledger.events
WHERE type IN ('SubjectErased', 'MessageErased') OR (stream_kind = 'ledger' AND stream_id = %s)
ORDER BY position

-- name: batch
-- A row of aggregates for many events: the client handles a few long values instead of many short
-- ones. `texts` is what an envelope must say wherever columns repeat it: seven lines an event,
-- with the hashes that no column has left out.
SELECT
    string_agg(substr(envelope, 1, 65536), '\x0a'::bytea),
    string_agg(leaf_hash, ''::bytea),
    string_agg(
        int8send(position) || timestamptz_send(recorded_at)
        || timestamptz_send(coalesce(occurred_at, '-infinity'))
        || int4send(stream_version) || int4send(epoch) || int4send(coalesce(contract_count, 0)),
        ''::bytea
    ),
    convert_to(string_agg(
        epoch || '},"id":"' || event_id || '","position":' || position
        || ',"stream":{"kind":"' || stream_kind || '","id":"' || stream_id
        || '","version":' || stream_version || '},"previous":' || stream_opens || E'\n'
        || stream_kind || stream_id || E'\n'
        || stream_closes || ',"contract":' || coalesce(
            '{"number":"' || contract || '","count":' || contract_count || ',"previous":'
            || contract_opens, 'null'
        ) || E'\n'
        || coalesce(contract, '') || E'\n'
        || CASE WHEN contract IS NULL THEN '' ELSE contract_closes || '}' END
        || ',"type":"' || type || '","type_version":' || type_version
        || ',"recorded_at":"' || to_char(recorded_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
        || CASE WHEN occurred_at IS NULL THEN '' ELSE
            '","occurred_at":"' || to_char(occurred_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') END
        || '","origin":' || E'\n'
        || actor_id || E'\n'
        || type || ' ' || type_version,
        E'\n'
    ), 'UTF8')
FROM (
    SELECT
        *,
        CASE WHEN stream_version = 1 THEN 'null' ELSE '"' END AS stream_opens,
        CASE WHEN stream_version = 1 THEN '' ELSE '"' END AS stream_closes,
        CASE WHEN contract_count = 1 THEN 'null' ELSE '"' END AS contract_opens,
        CASE WHEN contract_count = 1 THEN '' ELSE '"' END AS contract_closes
    FROM ledger.events
    WHERE position > %(after)s AND position <= %(upto)s
    ORDER BY position
) AS e

-- name: sealed_batch
-- The sealed fields of many events: two lines of text each, the lengths of
-- nonce and ciphertext, and both.
SELECT
    convert_to(string_agg(event_id || field || E'\n' || key_id, E'\n'), 'UTF8'),
    string_agg(int4send(length(nonce)) || int4send(length(ciphertext)), ''::bytea),
    string_agg(nonce || substr(ciphertext, 1, 65536), ''::bytea)
FROM (
    SELECT s.*
    FROM ledger.events AS e
    JOIN ledger.sealed_fields AS s ON s.event_id = e.event_id
    WHERE e.position > %(after)s AND e.position <= %(upto)s
) AS s
