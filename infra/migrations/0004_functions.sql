-- What else the app role may do, each through one function.

-- Numbers never given before, for tickets.
CREATE FUNCTION ledger.next_ticket_numbers(how_many integer) RETURNS SETOF bigint
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$ SELECT nextval('ledger.ticket_number') FROM generate_series(1, least(how_many, 1000)) $$;

-- One sealed chunk of an attachment; a chunk is written once.
CREATE FUNCTION ledger.store_chunk(
    of_attachment uuid, nth integer, of_key uuid, of_nonce bytea, sealed bytea
) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO ledger.attachments (attachment, chunk, key_id, nonce, ciphertext)
    VALUES (of_attachment, nth, of_key, of_nonce, sealed)
$$;

-- The last position recorded at or before a moment, 0 when there is none. Times never run
-- backwards along dense positions, so that bisecting needs no index.
CREATE FUNCTION ledger.position_at(moment timestamptz) RETURNS bigint
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
SET enable_seqscan = off
AS $$
DECLARE
    low bigint := 0;
    high bigint;
    middle bigint;
BEGIN
    SELECT coalesce(max(e.position), 0) INTO high FROM ledger.events AS e;
    WHILE low < high LOOP
        middle := (low + high + 1) / 2;
        IF (SELECT e.recorded_at <= moment FROM ledger.events AS e WHERE e.position = middle) THEN
            low := middle;
        ELSE
            high := middle - 1;
        END IF;
    END LOOP;
    RETURN low;
END
$$;

-- For the owner alone: the ledger's next life, after acknowledged events were lost. Ticket
-- numbers given in the lost past are jumped over.
CREATE FUNCTION ledger.open_epoch(next_epoch integer, numbers_to_skip bigint) RETURNS void
LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    LOCK TABLE ledger.append_lock IN EXCLUSIVE MODE;
    UPDATE ledger.identity SET epoch = next_epoch WHERE epoch < next_epoch;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'the ledger is in epoch % or a later one', next_epoch
            USING ERRCODE = 'LB002';
    END IF;
    PERFORM setval(
        'ledger.ticket_number', nextval('ledger.ticket_number') + numbers_to_skip
    );
END
$$;

-- The events as the library reads them. Access streams are left out: they share their ids with
-- the staff streams of their readers.
CREATE VIEW ledger.stored_events AS
SELECT
    stream_id AS originator_id,
    stream_version::bigint AS originator_version,
    type AS topic,
    envelope AS state,
    position AS notification_id
FROM ledger.events
WHERE stream_kind <> 'access';

-- Envelopes to query by hand. The bytes are what was hashed, never this.
CREATE VIEW ledger.envelopes AS
SELECT
    position,
    event_id,
    recorded_at,
    type,
    convert_from(envelope, 'UTF8')::jsonb AS envelope
FROM ledger.events;
