-- From which addresses was acted under a contract. An address and its network (/24 of IPv4, /64 of
-- IPv6) are kept as keyed hashes alone, computed again from the sealed events whenever they are lost,
-- and go when the addresses under the contract, or the event, are erased.

CREATE TABLE views.addresses (
    event uuid NOT NULL,
    asserted boolean NOT NULL,
    position bigint NOT NULL,
    contract text NOT NULL,
    type text NOT NULL,
    recorded_at timestamptz NOT NULL,
    actor uuid NOT NULL,
    actor_kind text NOT NULL,
    actor_role text,
    on_behalf_of uuid,
    address bytea NOT NULL,
    network bytea NOT NULL,
    label text,
    PRIMARY KEY (event, asserted)
);
CREATE INDEX addresses_contract ON views.addresses (contract, position);
CREATE INDEX addresses_address ON views.addresses (address, contract);
CREATE INDEX addresses_network ON views.addresses (network, contract);

-- A restored backup brings back what was erased since. Whoever applies the erasure list takes keyed
-- hashes away too, before anybody reads.
GRANT DELETE ON views.addresses, views.documents, views.logins TO ledger_eraser;
