-- Who is behind a credential. A login is kept as a keyed hash of issuer and subject; what somebody
-- may do is not here: their staff member's or contract's own events decide that.

CREATE TABLE views.logins (
    stream uuid NOT NULL,
    person uuid NOT NULL,
    login bytea NOT NULL,
    contract text,
    position bigint NOT NULL,
    PRIMARY KEY (stream, person)
);
CREATE INDEX logins_login ON views.logins (login, position);

CREATE TABLE views.api_keys (
    key uuid PRIMARY KEY,
    staff uuid NOT NULL
);

-- Staff in the order in which they joined. joined: the event whose sealed name is opened on read.
CREATE TABLE views.staff (
    staff uuid PRIMARY KEY,
    position bigint NOT NULL UNIQUE,
    joined uuid NOT NULL,
    joined_at timestamptz NOT NULL
);
