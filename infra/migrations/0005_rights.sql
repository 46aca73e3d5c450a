-- Who may do what to the tables. Nobody inserts, changes or deletes events by hand.

REVOKE ALL ON SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL TABLES IN SCHEMA ledger FROM PUBLIC;
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA ledger FROM PUBLIC;

GRANT USAGE ON SCHEMA ledger TO ledger_app, ledger_follower, ledger_eraser;

GRANT SELECT ON
    ledger.identity, ledger.events, ledger.sealed_fields, ledger.commands, ledger.attachments,
    ledger.erased_subjects, ledger.stored_events, ledger.envelopes, ledger.notification_tracking
TO ledger_app, ledger_follower, ledger_eraser;

GRANT EXECUTE ON FUNCTION
    ledger.begin_append, ledger.finish_append, ledger.next_ticket_numbers, ledger.store_chunk
TO ledger_app;
GRANT EXECUTE ON FUNCTION ledger.position_at, ledger.require_survival, ledger.clock
TO ledger_app, ledger_follower, ledger_eraser;

GRANT INSERT, UPDATE, DELETE ON ledger.notification_tracking TO ledger_follower;

GRANT DELETE ON ledger.sealed_fields, ledger.attachments TO ledger_eraser;
GRANT INSERT ON ledger.erased_subjects TO ledger_eraser;
