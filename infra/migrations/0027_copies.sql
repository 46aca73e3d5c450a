-- Finds decided changes of identity data, whose copies of papers are erased after a while.

CREATE INDEX identity_decisions ON ledger.events (position) WHERE type IN (
    'IdentityChangeApplied', 'IdentityChangeRefused', 'IdentityChangeWithdrawn'
);
