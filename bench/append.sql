-- The reference table of the append bars: the columns, storage and unique keys of the event table.

-- name: make_reference
CREATE TABLE reference (LIKE ledger.events INCLUDING STORAGE INCLUDING INDEXES);
CREATE SEQUENCE reference_position;

-- name: fill_reference
INSERT INTO reference (
    position, recorded_at, event_id, stream_id, actor_id, stream_kind, stream_version, epoch,
    contract_count, type_version, clamped, contract, type, leaf_hash, envelope
)
SELECT nextval('reference_position'), clock_timestamp(), uuidv7(), uuidv7(),
    e.actor_id, e.stream_kind, 1, 1, n, 1, false, 'C' || mod(n, 1000), e.type, e.leaf_hash, e.envelope
FROM generate_series(1, %(rows)s) AS n
CROSS JOIN (SELECT * FROM ledger.events ORDER BY position DESC LIMIT 1) AS e;

-- name: settle
VACUUM (ANALYZE) reference;

-- name: settle_events
VACUUM (ANALYZE) ledger.events;

-- name: sample
SELECT encode(envelope, 'hex'), encode(leaf_hash, 'hex'), actor_id::text
FROM ledger.events ORDER BY position DESC LIMIT 1;
