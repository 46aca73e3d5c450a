"""`ledger doctor` sees each thing that endangers a ledger, and nothing else."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from support.databases import Database

from infra.checks import run_checks
from infra.headfile import Durable, HeadFile
from infra.keys import create_kek_file
from infra.keys.opening import open_keys
from infra.settings import Settings


@pytest.fixture(autouse=True)
def _keys(settings: Settings) -> None:
    keys = open_keys(settings)
    keys.secret("commands")
    keys.close()


def wrong(settings: Settings) -> set[str]:
    return {check.name for check in run_checks(settings) if not check.ok}


def execute(database: Database, statement: str) -> None:
    with psycopg.connect(database.dsn_superuser, autocommit=True) as connection:
        connection.execute(statement)


def weaken_durability(database: Database, _settings: Settings) -> None:
    execute(database, f'ALTER DATABASE "{database.name}" SET synchronous_commit = off')


def drop_a_trigger(database: Database, _settings: Settings) -> None:
    with psycopg.connect(database.dsn_superuser) as connection:
        row = connection.execute(
            "SELECT tgname FROM pg_trigger WHERE tgrelid = 'ledger.events'::regclass"
            " AND NOT tgisinternal AND tgtype & 16 <> 0"
        ).fetchone()
    assert row is not None
    execute(database, f"DROP TRIGGER {row[0]} ON ledger.events")


def let_a_replica_session_pass(database: Database, _settings: Settings) -> None:
    execute(database, "ALTER TABLE ledger.events ENABLE TRIGGER USER")


def let_the_app_delete(database: Database, _settings: Settings) -> None:
    execute(database, "GRANT DELETE ON ledger.events TO ledger_app")


def forget_a_migration(database: Database, _settings: Settings) -> None:
    execute(
        database,
        "DELETE FROM ledger.migrations WHERE name = (SELECT max(name) FROM ledger.migrations)",
    )


def lose_acknowledged_events(_database: Database, settings: Settings) -> None:
    lost = hashlib.sha256(b"lost").digest()
    HeadFile(settings.data).write(Durable(uuid4(), 1, 7, lost))


def open_the_kek_to_others(_database: Database, settings: Settings) -> None:
    (settings.data / "kek").chmod(0o644)


def exchange_the_kek(_database: Database, settings: Settings) -> None:
    (settings.data / "kek").unlink()
    create_kek_file(settings.data / "kek")


DANGERS: dict[Callable[[Database, Settings], None], set[str]] = {
    weaken_durability: {"durability"},
    drop_a_trigger: {"append-only"},
    let_a_replica_session_pass: {"append-only"},
    let_the_app_delete: {"roles"},
    forget_a_migration: {"migrations"},
    lose_acknowledged_events: {"head"},
    open_the_kek_to_others: {"secret-files", "keys"},
    exchange_the_kek: {"keys"},
}


def test_a_fresh_ledger_is_well(settings: Settings) -> None:
    assert wrong(settings) == set()


@pytest.mark.parametrize("endanger", list(DANGERS), ids=lambda danger: danger.__name__)
def test_each_danger_is_seen_and_nothing_else(
    database: Database, settings: Settings, endanger: Callable[[Database, Settings], None]
) -> None:
    endanger(database, settings)
    seen = wrong(settings)
    assert seen
    assert seen <= DANGERS[endanger]


def test_a_database_that_is_gone_is_one_finding(settings: Settings, tmp_path: Path) -> None:
    gone = settings.model_copy(
        update={"database_url": type(settings.database_url)("postgresql://a:b@127.0.0.1:1/c")}
    )
    assert wrong(gone) == {"database"}
