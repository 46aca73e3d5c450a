-- Appending, in two steps of one transaction: begin_append locks and reads what a batch of
-- requests depends on; finish_append inserts the events completed with it.
-- The planner's choices are pinned: a plan made while the table was empty would scan it for ever.

-- The store's clock; read once for each batch, under the lock.
CREATE FUNCTION ledger.clock() RETURNS timestamptz
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$ SELECT clock_timestamp() $$;

-- Refuses when an acknowledged append could be lost or the lock would not order what is read.
CREATE FUNCTION ledger.require_durability() RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF current_setting('fsync') <> 'on'
        OR current_setting('full_page_writes') <> 'on'
        OR current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')
    THEN
        RAISE EXCEPTION
            'fsync and full_page_writes must be on, synchronous_commit on or remote_apply'
            USING ERRCODE = 'LD001';
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'appending needs the isolation level read committed'
            USING ERRCODE = 'LD002';
    END IF;
END
$$;

-- What one stuck process can do to the others ends with these.
CREATE FUNCTION ledger.bound_transaction() RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM set_config('idle_in_transaction_session_timeout', '5s', true),
            set_config('statement_timeout', '10s', true);
    IF current_setting('server_version_num')::integer >= 170000 THEN
        PERFORM set_config('transaction_timeout', '20s', true);
    END IF;
END
$$;

-- The last known durable event must still be there, or the store lost what it acknowledged.
CREATE FUNCTION ledger.require_survival(of_position bigint, of_leaf_hash bytea) RETURNS void
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF of_position > 0 AND NOT EXISTS (
        SELECT FROM ledger.events AS e
        WHERE e.position = of_position AND e.leaf_hash = of_leaf_hash
    ) THEN
        RAISE EXCEPTION 'position % is not what was acknowledged', of_position
            USING ERRCODE = 'LF001';
    END IF;
END
$$;

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
    OUT erased_purposes text[]
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

    SELECT array_agg(s.subject), array_agg(s.contract), array_agg(s.purpose)
    INTO erased_ids, erased_contracts, erased_purposes
    FROM unnest(subjects) AS asked (id)
    JOIN ledger.erased_subjects AS s ON s.subject = asked.id;

    clock := ledger.clock();
END
$$;

CREATE FUNCTION ledger.finish_append(
    in_epoch integer,
    first_position bigint,
    recorded timestamptz,
    is_clamped boolean,
    event_ids uuid[],
    kinds text[],
    streams uuid[],
    versions integer[],
    contracts text[],
    contract_counts integer[],
    types text[],
    type_versions integer[],
    occurred timestamptz[],
    actors uuid[],
    leaf_hashes bytea[],
    envelopes bytea[],
    sealed_events uuid[],
    sealed_names text[],
    sealed_keys uuid[],
    sealed_nonces bytea[],
    sealed_ciphertexts bytea[],
    command_ids bytea[],
    fingerprints bytea[],
    results bytea[]
) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = pg_catalog, pg_temp
SET lock_timeout = '8s'
SET plan_cache_mode = 'force_generic_plan'
SET enable_seqscan = off
SET jit = off
AS $$
DECLARE
    head_position bigint;
    head_time timestamptz;
BEGIN
    PERFORM ledger.require_durability();
    LOCK TABLE ledger.append_lock IN EXCLUSIVE MODE;

    SELECT e.position, e.recorded_at INTO head_position, head_time
    FROM ledger.events AS e ORDER BY e.position DESC LIMIT 1;
    IF first_position <> coalesce(head_position, 0) + 1
        OR recorded < head_time
        OR NOT EXISTS (SELECT FROM ledger.identity AS i WHERE i.epoch = in_epoch)
    THEN
        RAISE EXCEPTION 'the batch was not made on the head: begin_append first'
            USING ERRCODE = 'LB001';
    END IF;

    INSERT INTO ledger.events (
        position, recorded_at, occurred_at, event_id, stream_id, actor_id, stream_kind,
        stream_version, epoch, contract_count, type_version, clamped, contract, type,
        leaf_hash, envelope
    )
    SELECT first_position + nth - 1, recorded, new.occurred_at, new.event_id, new.stream_id,
        new.actor_id, new.stream_kind::ledger.stream_kind, new.stream_version, in_epoch,
        new.contract_count, new.type_version, is_clamped, new.contract, new.type,
        new.leaf_hash, new.envelope
    FROM unnest(
        event_ids, kinds, streams, versions, contracts, contract_counts, types, type_versions,
        occurred, actors, leaf_hashes, envelopes
    ) WITH ORDINALITY AS new (
        event_id, stream_kind, stream_id, stream_version, contract, contract_count, type,
        type_version, occurred_at, actor_id, leaf_hash, envelope, nth
    );

    INSERT INTO ledger.sealed_fields (event_id, field, key_id, nonce, ciphertext)
    SELECT new.event_id, new.field, new.key_id, new.nonce, new.ciphertext
    FROM unnest(
        sealed_events, sealed_names, sealed_keys, sealed_nonces, sealed_ciphertexts
    ) AS new (event_id, field, key_id, nonce, ciphertext);

    INSERT INTO ledger.commands (id, fingerprint, result)
    SELECT new.id, new.fingerprint, new.result
    FROM unnest(command_ids, fingerprints, results) AS new (id, fingerprint, result);

    PERFORM pg_notify(
        'ledger_events', (first_position - 1 + cardinality(event_ids))::text
    );
END
$$;
