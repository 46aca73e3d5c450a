-- What a superuser makes once in the event database's PostgreSQL: the roles and the database.
-- Run by psql; each role gets the password that stands in its URL among the secrets.

\set app `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_database_url"`
\set owner `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_database_owner_url"`
\set follower `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_database_follower_url"`
\set eraser `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_database_eraser_url"`
\set consumer `sed 's|.*//[^:]*:||; s|@.*||' "$LEDGER_SECRETS/ledger_database_consumer_url"`

CREATE ROLE ledger_owner LOGIN PASSWORD :'owner';
CREATE ROLE ledger_app LOGIN PASSWORD :'app';
CREATE ROLE ledger_follower LOGIN PASSWORD :'follower';
CREATE ROLE ledger_eraser LOGIN PASSWORD :'eraser';
CREATE ROLE ledger_consumer LOGIN PASSWORD :'consumer';

CREATE DATABASE ledger OWNER ledger_owner TEMPLATE template0
    ENCODING 'UTF8' LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C';
REVOKE ALL ON DATABASE ledger FROM PUBLIC;
GRANT CONNECT ON DATABASE ledger TO ledger_app, ledger_follower, ledger_eraser, ledger_consumer;
