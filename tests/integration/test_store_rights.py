"""Attacks on the append-only tables: by the app's role, the others, and the owner."""

import itertools
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from support.databases import Database
from support.store import adding, positions, rows, ticket, waiting_log

TABLES = [
    "events",
    "sealed_fields",
    "commands",
    "attachments",
    "identity",
    "erased_subjects",
    "append_lock",
    "notification_tracking",
    "migrations",
]
CHANGES = [
    "INSERT INTO {table} SELECT * FROM {table}",
    "UPDATE {table} SET {column} = {column}",
    "DELETE FROM {table}",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "ALTER TABLE {table} ADD COLUMN more integer",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "DROP TABLE {table}",
    "DO $$ BEGIN LOCK TABLE {table} IN ROW EXCLUSIVE MODE; END $$",
    "CREATE TRIGGER mine BEFORE INSERT ON {table} EXECUTE FUNCTION ledger.refuse_change()",
    "CREATE RULE mine AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "COPY {table} FROM STDIN",
    "MERGE INTO {table} USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
]
STATEMENTS = [
    "SET ROLE ledger_owner",
    "SET SESSION AUTHORIZATION ledger_owner",
    "SET session_replication_role = replica",
    "CREATE TABLE ledger.mine ()",
    "CREATE FUNCTION ledger.mine() RETURNS void LANGUAGE sql AS $$ SELECT $$",
    "CREATE SCHEMA mine",
    "ALTER FUNCTION ledger.clock() OWNER TO ledger_app",
    "CREATE OR REPLACE FUNCTION ledger.clock() RETURNS timestamptz RETURN 'infinity'",
    "SELECT ledger.open_epoch(7, 0)",
    "SELECT nextval('ledger.ticket_number')",
    "SELECT setval('ledger.ticket_number', 1)",
    "ALTER SYSTEM SET fsync = off",
    "SET fsync = off",
    "SET full_page_writes = off",
    "DROP SCHEMA ledger CASCADE",
    "DROP OWNED BY ledger_owner",
    "SELECT pg_read_file('/etc/passwd')",
    "COPY (SELECT 1) TO PROGRAM 'cat'",
    "SELECT lo_import('/etc/passwd')",
    "ALTER ROLE ledger_app SUPERUSER",
]
EVENT_ATTACKS = [
    "UPDATE ledger.events SET type = type",
    "UPDATE ledger.events SET type = type WHERE false",
    "DELETE FROM ledger.events",
    "TRUNCATE ledger.events",
    "TRUNCATE ledger.events, ledger.sealed_fields CASCADE",
    "DELETE FROM ledger.stored_events",
    "UPDATE ledger.stored_events SET topic = 'x'",
    "INSERT INTO ledger.events TABLE ledger.events ON CONFLICT (position) DO UPDATE SET type = ''",
    "MERGE INTO ledger.events AS e USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
    "WITH gone AS (DELETE FROM ledger.events RETURNING *) SELECT count(*) FROM gone",
]


@pytest.fixture
def filled(database: Database, keys_dir: Path) -> Database:
    with waiting_log(database.dsn_app, keys_dir) as log:
        for _ in range(3):
            log.append_wait(adding(ticket(), 0))
    return database


def dump(database: Database) -> list[tuple[object, ...]]:
    return rows(database.dsn_superuser, "SELECT * FROM ledger.events ORDER BY position")


def column_of(database: Database, table: str) -> str:
    found = rows(
        database.dsn_superuser,
        "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
        [f"ledger.{table}"],
    )
    return found[0][0] if found else "none"


def attack(dsn: str, statement: str) -> psycopg.Error:
    with (
        psycopg.connect(dsn, autocommit=True) as connection,
        pytest.raises(psycopg.Error) as refusal,
    ):
        connection.execute(statement)
    return refusal.value


def test_the_app_role_can_change_no_table(filled: Database) -> None:
    before = dump(filled)
    for table, change in itertools.product(TABLES, CHANGES):
        statement = sql.SQL(change).format(
            table=sql.Identifier("ledger", table),
            column=sql.Identifier(column_of(filled, table)),
        )
        refusal = attack(filled.dsn_app, statement.as_string())
        assert refusal.sqlstate in {"42501", "42703"}, (table, change, refusal)
    assert dump(filled) == before


def test_the_app_role_can_do_nothing_else(filled: Database) -> None:
    before = dump(filled)
    for statement in STATEMENTS:
        refusal = attack(filled.dsn_app, statement)
        assert refusal.sqlstate in {"42501", "55P02"}, (statement, refusal)
    assert dump(filled) == before


def test_the_app_role_cannot_give_itself_rights(filled: Database) -> None:
    with psycopg.connect(filled.dsn_app, autocommit=True) as connection:
        connection.execute("GRANT ALL ON ledger.events TO ledger_app")
    refusal = attack(filled.dsn_app, "INSERT INTO ledger.events TABLE ledger.events")
    assert refusal.sqlstate == "42501"


@pytest.mark.parametrize("who", ["owner", "superuser", "follower", "eraser"])
def test_nobody_can_change_an_event(filled: Database, who: str) -> None:
    before = dump(filled)
    for statement in EVENT_ATTACKS:
        refusal = attack(getattr(filled, f"dsn_{who}"), statement)
        assert refusal.sqlstate in {"42501", "55000"}, (statement, refusal)
    assert dump(filled) == before


def test_not_even_while_replicating(filled: Database) -> None:
    with psycopg.connect(filled.dsn_superuser, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for statement in EVENT_ATTACKS[:4]:
            with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
                connection.execute(statement)


def test_the_eraser_may_delete_sealed_fields_and_nothing_else(filled: Database) -> None:
    with psycopg.connect(filled.dsn_eraser) as connection:
        connection.execute("DELETE FROM ledger.sealed_fields")
    for table in ("commands", "identity", "erased_subjects"):
        refusal = attack(filled.dsn_eraser, f"DELETE FROM ledger.{table}")
        assert refusal.sqlstate == "42501"


def test_an_object_put_in_the_way_is_not_used_by_the_append_functions(
    filled: Database,
) -> None:
    refusal = attack(filled.dsn_app, "CREATE TEMPORARY TABLE events (position bigint)")
    assert refusal.sqlstate == "42501"
    definers = rows(
        filled.dsn_superuser,
        "SELECT proname, proconfig FROM pg_proc "
        "WHERE prosecdef AND pronamespace = 'ledger'::regnamespace",
    )
    assert {name for name, _ in definers} == {
        "begin_append",
        "finish_append",
        "next_ticket_numbers",
        "store_chunk",
    }
    for name, settings in definers:
        assert "search_path=pg_catalog, pg_temp" in settings, name


def test_events_cannot_be_appended_off_the_head(filled: Database) -> None:
    call = "SELECT ledger.finish_append({})"
    types = [
        "1", "9", "now()", "false", "'{}'::uuid[]", "'{}'::text[]", "'{}'::uuid[]",
        "'{}'::integer[]", "'{}'::text[]", "'{}'::integer[]", "'{}'::text[]", "'{}'::integer[]",
        "'{}'::timestamptz[]", "'{}'::uuid[]", "'{}'::bytea[]", "'{}'::bytea[]", "'{}'::uuid[]",
        "'{}'::text[]", "'{}'::uuid[]", "'{}'::bytea[]", "'{}'::bytea[]", "'{}'::bytea[]",
        "'{}'::bytea[]", "'{}'::bytea[]",
    ]  # fmt: skip
    refusal = attack(filled.dsn_app, call.format(", ".join(types)))
    assert refusal.sqlstate == "LB001"
    assert positions(filled.dsn_app) == [1, 2, 3]
