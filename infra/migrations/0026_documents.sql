-- Under which contracts a document's number is known. It is kept as a keyed hash alone, computed again
-- from the sealed events whenever it is lost, and goes with the identity of its subject.

CREATE TABLE views.documents (
    event uuid NOT NULL,
    field text NOT NULL,
    contract text NOT NULL,
    subject uuid NOT NULL,
    digest bytea NOT NULL,
    position bigint NOT NULL,
    PRIMARY KEY (event, field)
);
CREATE INDEX documents_digest ON views.documents (digest);
CREATE INDEX documents_contract ON views.documents (contract);
CREATE INDEX documents_subject ON views.documents (subject);

-- Finds the changes of identity data among millions of events, the last one first.
CREATE INDEX identity_changes ON ledger.events (position) WHERE type = 'IdentityChangeRequested';
