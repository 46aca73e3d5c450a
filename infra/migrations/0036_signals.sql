-- Risk signals as the consumer `signals` keeps them: those that there are now, and by which event
-- each was raised. Ids, positions, types and times of events, and the names of known networks: no
-- address, and no hash of one.

-- `contracts`: those that a signal is about; of a member of the staff's, those that they opened.
CREATE TABLE consumers.signals (
    key text PRIMARY KEY,
    kind text NOT NULL,
    contracts text[] NOT NULL,
    staff uuid,
    raised bigint NOT NULL,
    since timestamptz NOT NULL,
    counted integer NOT NULL,
    says text NOT NULL,
    labels text[] NOT NULL,
    events uuid[] NOT NULL,
    positions bigint[] NOT NULL,
    types text[] NOT NULL,
    times timestamptz[] NOT NULL
);
CREATE INDEX signals_newest ON consumers.signals (raised, key);
CREATE INDEX signals_contracts ON consumers.signals USING gin (contracts);
CREATE INDEX signals_events ON consumers.signals USING gin (events);
CREATE INDEX signals_staff ON consumers.signals (staff) WHERE staff IS NOT NULL;

-- At which position an event first was ground of a signal: so the position that raised a signal does
-- not depend on the order in which events of different streams arrive. `about` is a contract, a
-- member of the staff, or empty for what is about several contracts.
CREATE TABLE consumers.signal_grounds (
    kind text NOT NULL,
    about text NOT NULL,
    event uuid NOT NULL,
    raised bigint NOT NULL,
    PRIMARY KEY (kind, about, event)
);
