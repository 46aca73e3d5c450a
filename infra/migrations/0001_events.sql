-- The event table and what belongs to each event. Everything else can be computed from these.

CREATE SCHEMA IF NOT EXISTS ledger;

CREATE TYPE ledger.stream_kind AS ENUM (
    'ticket', 'contract', 'dispute', 'staff', 'access', 'ledger'
);

-- Which ledger this is, and in which of its lives.
CREATE TABLE ledger.identity (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    ledger uuid NOT NULL,
    epoch integer NOT NULL CHECK (epoch >= 1)
);
INSERT INTO ledger.identity (ledger, epoch) VALUES (gen_random_uuid(), 1);

-- Columns repeat the envelope for queries; the envelope is what counts.
-- clamped: the clock stood before the head's time, which was recorded instead.
CREATE TABLE ledger.events (
    position bigint PRIMARY KEY CHECK (position >= 1),
    recorded_at timestamptz NOT NULL,
    occurred_at timestamptz CHECK (occurred_at <= recorded_at),
    event_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    stream_kind ledger.stream_kind NOT NULL,
    stream_version integer NOT NULL CHECK (stream_version >= 1),
    epoch integer NOT NULL CHECK (epoch >= 1),
    contract_count integer CHECK (contract_count >= 1),
    type_version smallint NOT NULL CHECK (type_version >= 1),
    clamped boolean NOT NULL,
    contract text,
    type text NOT NULL,
    leaf_hash bytea NOT NULL,
    envelope bytea NOT NULL,
    CONSTRAINT event_once UNIQUE (event_id),
    CONSTRAINT stream_version_once UNIQUE (stream_id, stream_kind, stream_version),
    CONSTRAINT contract_count_once UNIQUE (contract, contract_count),
    CONSTRAINT contract_counted CHECK ((contract IS NULL) = (contract_count IS NULL)),
    CONSTRAINT leaf_of_envelope CHECK (leaf_hash = sha256('\x00'::bytea || envelope)),
    CONSTRAINT envelope_size CHECK (length(envelope) <= 65535)
);
-- Envelopes are small and ciphertexts do not compress: trying costs time at every append.
ALTER TABLE ledger.events ALTER COLUMN envelope SET STORAGE EXTERNAL;

CREATE INDEX contract_closing ON ledger.events (contract) WHERE type = 'ContractClosed';

CREATE TABLE ledger.sealed_fields (
    event_id uuid NOT NULL,
    key_id uuid NOT NULL,
    field text NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL,
    PRIMARY KEY (event_id, field)
);
ALTER TABLE ledger.sealed_fields ALTER COLUMN ciphertext SET STORAGE EXTERNAL;

-- Accepted commands, also those that changed nothing. result: the answer, as JSON.
CREATE TABLE ledger.commands (
    id bytea PRIMARY KEY,
    fingerprint bytea NOT NULL,
    result bytea NOT NULL
);

-- Attachments, sealed in chunks of 1 MiB.
CREATE TABLE ledger.attachments (
    attachment uuid NOT NULL,
    chunk integer NOT NULL CHECK (chunk >= 0),
    key_id uuid NOT NULL,
    nonce bytea NOT NULL,
    ciphertext bytea NOT NULL CHECK (length(ciphertext) <= 1048576 + 1024),
    PRIMARY KEY (attachment, chunk)
);
ALTER TABLE ledger.attachments ALTER COLUMN ciphertext SET STORAGE EXTERNAL;

-- Whose data was erased: contract and purpose are NULL where it was all of them.
CREATE TABLE ledger.erased_subjects (
    subject uuid NOT NULL,
    contract text,
    purpose text,
    UNIQUE NULLS NOT DISTINCT (subject, contract, purpose)
);

-- Nobody but the owner has a right on it: only the append functions can lock it.
CREATE TABLE ledger.append_lock ();

CREATE SEQUENCE ledger.ticket_number AS bigint START 1000;

-- How far each follower has read, per projection; the library's tracking recorder reads and
-- writes tables of this form.
CREATE TABLE ledger.notification_tracking (
    application_name text PRIMARY KEY,
    notification_id bigint NOT NULL
);
