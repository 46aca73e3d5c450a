-- Of several recipients of a mail a server may put off some, and take it for the others.

-- `turn` is 0 for everybody who is told of an event; who was put off in a turn while others were
-- answered for waits for the next one, alone: `owed` are keyed hashes of their addresses.
ALTER TABLE consumers.mail_outbox
    ADD COLUMN turn integer NOT NULL DEFAULT 0,
    ADD COLUMN owed bytea[],
    DROP CONSTRAINT mail_outbox_pkey,
    ADD PRIMARY KEY (event, turn),
    ADD CONSTRAINT owed_after_first_turn CHECK ((turn = 0) = (owed IS NULL));
