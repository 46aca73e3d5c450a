-- Erasure: what is erased is refused from the moment in which that is recorded, in the same
-- transaction, so that nothing erased is ever recorded after its erasure.

-- Whose data append refuses: a subject's (null: everybody's, for addresses share their keys) under
-- a contract (null: under none) for a purpose. While its keys are not destroyed (`key` null) all of
-- it; afterwards what was sealed with one of those keys, by whoever still remembered it.
DROP TABLE ledger.erased_subjects;
CREATE TABLE ledger.erased_subjects (
    subject uuid,
    contract text,
    purpose text NOT NULL,
    key uuid,
    erasure uuid,
    UNIQUE NULLS NOT DISTINCT (erasure, purpose, key)
);
CREATE INDEX erased_subject ON ledger.erased_subjects (subject) WHERE subject IS NOT NULL;
CREATE INDEX erased_addresses ON ledger.erased_subjects (contract) WHERE subject IS NULL;

-- Finds erasures among millions of events; every other event costs it nothing.
CREATE INDEX erasures ON ledger.events (position)
    WHERE type IN ('SubjectErased', 'MessageErased', 'KeysDestroyed');

CREATE INDEX attachment_key ON ledger.attachments (key_id);

CREATE FUNCTION ledger.note_erasure() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    said jsonb := convert_from(NEW.envelope, 'UTF8')::jsonb -> 'data';
BEGIN
    IF NEW.type = 'SubjectErased' THEN
        INSERT INTO ledger.erased_subjects (subject, contract, purpose, erasure)
        SELECT
            CASE WHEN purpose <> 'address' THEN (said ->> 'subject')::uuid END,
            NEW.contract, purpose, (said ->> 'erasure')::uuid
        FROM jsonb_array_elements_text(said -> 'purposes') AS purpose;
    ELSE
        DELETE FROM ledger.erased_subjects
        WHERE erasure = (said ->> 'erasure')::uuid AND key IS NULL;
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER note_erasure
    AFTER INSERT ON ledger.events
    FOR EACH ROW WHEN (NEW.type IN ('SubjectErased', 'KeysDestroyed'))
    EXECUTE FUNCTION ledger.note_erasure();
ALTER TABLE ledger.events ENABLE ALWAYS TRIGGER note_erasure;

-- As before, with the keys of what was erased.
DROP FUNCTION ledger.begin_append;
CREATE FUNCTION ledger.begin_append(
    guard_position bigint,
    guard_hash bytea,
    kinds text[],
    streams uuid[],
    contracts text[],
    command_ids bytea[],
    subjects uuid[],
    OUT ledger uuid,
    OUT epoch integer,
    OUT head_position bigint,
    OUT head_hash bytea,
    OUT head_time timestamptz,
    OUT clock timestamptz,
    OUT stream_versions integer[],
    OUT stream_hashes bytea[],
    OUT contract_counts integer[],
    OUT contract_hashes bytea[],
    OUT contracts_open boolean[],
    OUT known_ids bytea[],
    OUT known_fingerprints bytea[],
    OUT known_results bytea[],
    OUT erased_ids uuid[],
    OUT erased_contracts text[],
    OUT erased_purposes text[],
    OUT erased_keys uuid[]
)
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '8s'
SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
SET enable_bitmapscan = off
SET jit = off
AS $$
BEGIN
    PERFORM ledger.require_durability();
    PERFORM ledger.bound_transaction();
    LOCK TABLE ledger.append_lock IN EXCLUSIVE MODE;
    PERFORM ledger.require_survival(guard_position, guard_hash);

    SELECT i.ledger, i.epoch INTO STRICT begin_append.ledger, begin_append.epoch
    FROM ledger.identity AS i;

    SELECT e.position, e.leaf_hash, e.recorded_at INTO head_position, head_hash, head_time
    FROM ledger.events AS e ORDER BY e.position DESC LIMIT 1;

    SELECT array_agg(head.stream_version ORDER BY asked.nth),
           array_agg(head.leaf_hash ORDER BY asked.nth)
    INTO stream_versions, stream_hashes
    FROM unnest(kinds, streams) WITH ORDINALITY AS asked (kind, id, nth)
    LEFT JOIN LATERAL (
        SELECT e.stream_version, e.leaf_hash
        FROM ledger.events AS e
        WHERE e.stream_id = asked.id AND e.stream_kind = asked.kind::ledger.stream_kind
        ORDER BY e.stream_version DESC LIMIT 1
    ) AS head ON true;

    SELECT array_agg(head.contract_count ORDER BY asked.nth),
           array_agg(head.leaf_hash ORDER BY asked.nth),
           array_agg(registered.yes AND closed.yes IS NULL ORDER BY asked.nth)
    INTO contract_counts, contract_hashes, contracts_open
    FROM unnest(contracts) WITH ORDINALITY AS asked (number, nth)
    LEFT JOIN LATERAL (
        SELECT e.contract_count, e.leaf_hash
        FROM ledger.events AS e
        WHERE e.contract = asked.number
        ORDER BY e.contract_count DESC LIMIT 1
    ) AS head ON true
    LEFT JOIN LATERAL (
        SELECT e.type = 'ContractRegistered' AS yes
        FROM ledger.events AS e
        WHERE e.contract = asked.number AND e.contract_count = 1
    ) AS registered ON true
    LEFT JOIN LATERAL (
        SELECT true AS yes
        FROM ledger.events AS e
        WHERE e.contract = asked.number AND e.type = 'ContractClosed'
        LIMIT 1
    ) AS closed ON true;

    SELECT array_agg(c.id), array_agg(c.fingerprint), array_agg(c.result)
    INTO known_ids, known_fingerprints, known_results
    FROM unnest(command_ids) AS asked (id)
    JOIN ledger.commands AS c ON c.id = asked.id;

    SELECT array_agg(s.subject), array_agg(s.contract), array_agg(s.purpose), array_agg(s.key)
    INTO erased_ids, erased_contracts, erased_purposes, erased_keys
    FROM (
        SELECT e.subject, e.contract, e.purpose, e.key
        FROM unnest(subjects) AS asked (id)
        JOIN ledger.erased_subjects AS e ON e.subject = asked.id
        UNION ALL
        SELECT e.subject, e.contract, e.purpose, e.key
        FROM unnest(contracts) AS asked (number)
        JOIN ledger.erased_subjects AS e ON e.subject IS NULL AND e.contract = asked.number
    ) AS s;

    clock := ledger.clock();
END
$$;

REVOKE ALL ON FUNCTION ledger.begin_append, ledger.note_erasure FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger.begin_append TO ledger_app;
REVOKE ALL ON ledger.erased_subjects FROM PUBLIC;
GRANT SELECT ON ledger.erased_subjects TO ledger_app, ledger_follower, ledger_eraser;
GRANT INSERT ON ledger.erased_subjects TO ledger_eraser;
