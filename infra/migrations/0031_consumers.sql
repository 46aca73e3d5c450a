-- What happens elsewhere because of an event: every consumer's tables live in schema consumers. The
-- consumer role writes them, reads events and views, and appends what it did; nothing there is
-- personal in the clear.

CREATE SCHEMA consumers;

GRANT USAGE ON SCHEMA consumers TO ledger_consumer, ledger_app, ledger_follower, ledger_eraser;
ALTER DEFAULT PRIVILEGES IN SCHEMA consumers
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ledger_consumer;
ALTER DEFAULT PRIVILEGES IN SCHEMA consumers
    GRANT USAGE ON SEQUENCES TO ledger_consumer;
ALTER DEFAULT PRIVILEGES IN SCHEMA consumers
    GRANT SELECT ON TABLES TO ledger_app, ledger_follower;
ALTER DEFAULT PRIVILEGES IN SCHEMA consumers
    GRANT SELECT, DELETE ON TABLES TO ledger_eraser;

GRANT USAGE ON SCHEMA ledger, views TO ledger_consumer;
GRANT SELECT ON
    ledger.identity, ledger.events, ledger.sealed_fields, ledger.commands, ledger.attachments,
    ledger.erased_subjects, ledger.stored_events, ledger.envelopes
TO ledger_consumer;
GRANT EXECUTE ON FUNCTION
    ledger.begin_append, ledger.finish_append, ledger.position_at, ledger.require_survival,
    ledger.clock
TO ledger_consumer;

GRANT SELECT ON ALL TABLES IN SCHEMA views TO ledger_consumer;
ALTER DEFAULT PRIVILEGES IN SCHEMA views GRANT SELECT ON TABLES TO ledger_consumer;
ALTER DEFAULT PRIVILEGES IN SCHEMA views_next GRANT SELECT ON TABLES TO ledger_consumer;
