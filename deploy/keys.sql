-- What a superuser makes once in the key store's PostgreSQL: its one role and its database.
-- Run by psql; the role gets the password that stands in its URL among the secrets.

\set password `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_keys_url"`

CREATE ROLE ledger_keys LOGIN PASSWORD :'password';
CREATE DATABASE ledger_keys OWNER ledger_keys;
REVOKE ALL ON DATABASE ledger_keys FROM PUBLIC;
