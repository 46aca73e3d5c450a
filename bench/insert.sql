INSERT INTO reference (
    position, recorded_at, event_id, stream_id, actor_id, stream_kind, stream_version, epoch,
    contract_count, type_version, clamped, contract, type, leaf_hash, envelope
)
SELECT n, clock_timestamp(), uuidv7(), uuidv7(), :actor::uuid, 'ticket', 1, 1,
    n, 1, false, 'C' || n % 1000, 'MessagePosted', :leaf::bytea, :envelope::bytea
FROM nextval('reference_position') AS n;
