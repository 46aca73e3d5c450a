-- Finds the contracts that a member of the staff registered, among those of all others.
CREATE INDEX contract_registering ON ledger.events (actor_id) WHERE type = 'ContractRegistered';
