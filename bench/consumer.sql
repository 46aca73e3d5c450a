-- name: make
CREATE TABLE consumers.bench_told (
    consumer text NOT NULL,
    ticket uuid NOT NULL,
    version bigint NOT NULL,
    type text NOT NULL,
    recorded_at timestamptz NOT NULL,
    PRIMARY KEY (consumer, ticket, version)
);
GRANT SELECT, INSERT ON consumers.bench_told TO ledger_consumer

-- name: tell
INSERT INTO consumers.bench_told (consumer, ticket, version, type, recorded_at)
SELECT %(consumer)s, told.*
FROM unnest(%(tickets)s::uuid[], %(versions)s::bigint[], %(types)s::text[], %(times)s::timestamptz[])
    AS told

-- name: told
SELECT count(*) FROM consumers.bench_told WHERE consumer = %s
