-- name: sealed_addresses
SELECT event_id, field, key_id, nonce, ciphertext
FROM ledger.sealed_fields
WHERE event_id = ANY (%s) AND field = 'address';

-- name: keep
INSERT INTO views.addresses (
    event, asserted, position, contract, type, recorded_at,
    actor, actor_kind, actor_role, on_behalf_of, address, network, label
)
SELECT * FROM unnest(
    %s::uuid[], %s::boolean[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[],
    %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::bytea[], %s::bytea[], %s::text[]
)
ON CONFLICT (event, asserted) DO UPDATE SET label = excluded.label;

-- name: erase_contract
DELETE FROM views.addresses WHERE contract = %(contract)s AND position <= %(position)s;

-- name: erase_event
DELETE FROM views.addresses WHERE event = %(event)s;

-- Whatever has the address has its network too.
-- name: uses
SELECT
    contract, address = %(address)s AS exact, asserted,
    actor, actor_kind, actor_role, on_behalf_of, label,
    count(*), min(recorded_at), max(recorded_at), min(position), max(position)
FROM views.addresses
WHERE network = %(network)s
GROUP BY contract, exact, asserted, actor, actor_kind, actor_role, on_behalf_of, label
ORDER BY exact DESC, contract, min(position), asserted, actor
LIMIT %(limit)s;
