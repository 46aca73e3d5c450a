"""The database gets its form by numbered files, each once, and never from a changed file."""

import threading
from pathlib import Path

import psycopg
import pytest
from support.databases import Database

from domain.errors import Integrity, Unavailable
from infra.migrate import MIGRATIONS, migrate, pending


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "migrations"
    place.mkdir()
    (place / "0001_first.sql").write_text("CREATE TABLE ledger.first (n int);")
    (place / "0010_later.sql").write_text(
        "CREATE TABLE ledger.later (n int); INSERT INTO ledger.later VALUES (1), (2);"
    )
    return place


def count(database: Database, table: str) -> int:
    with psycopg.connect(database.dsn_owner) as connection:
        row = connection.execute(f"SELECT count(*) FROM ledger.{table}").fetchone()
    assert row is not None
    return int(row[0])


def test_applies_every_file_in_order_and_only_once(empty_database: Database, folder: Path) -> None:
    told: list[str] = []
    applied = migrate(empty_database.dsn_owner, folder=folder, progress=told.append)
    assert applied == told == ["0001_first", "0010_later"]
    assert migrate(empty_database.dsn_owner, folder=folder) == []
    assert count(empty_database, "later") == 2


def test_applies_a_file_that_came_later(empty_database: Database, folder: Path) -> None:
    migrate(empty_database.dsn_owner, folder=folder)
    (folder / "0002_between.sql").write_text("CREATE TABLE ledger.between_ (n int);")
    assert pending(empty_database.dsn_owner, folder=folder) == ["0002_between"]
    assert migrate(empty_database.dsn_owner, folder=folder) == ["0002_between"]


def test_refuses_a_file_that_changed_after_it_was_applied(
    empty_database: Database, folder: Path
) -> None:
    migrate(empty_database.dsn_owner, folder=folder)
    (folder / "0001_first.sql").write_text("CREATE TABLE ledger.first (n bigint);")
    (folder / "0011_more.sql").write_text("CREATE TABLE ledger.more (n int);")
    with pytest.raises(Integrity, match="0001_first"):
        migrate(empty_database.dsn_owner, folder=folder)
    with pytest.raises(psycopg.errors.UndefinedTable):
        count(empty_database, "more")


def test_refuses_a_database_that_is_ahead_of_this_version(
    empty_database: Database, folder: Path
) -> None:
    migrate(empty_database.dsn_owner, folder=folder)
    (folder / "0010_later.sql").unlink()
    with pytest.raises(Integrity, match="0010_later"):
        migrate(empty_database.dsn_owner, folder=folder)


def test_refuses_a_file_name_without_a_number(empty_database: Database, folder: Path) -> None:
    (folder / "fix.sql").write_text("SELECT 1")
    with pytest.raises(Integrity, match=r"fix\.sql"):
        migrate(empty_database.dsn_owner, folder=folder)


def test_a_file_that_fails_leaves_nothing_behind(empty_database: Database, folder: Path) -> None:
    (folder / "0011_half.sql").write_text(
        "CREATE TABLE ledger.half (n int); INSERT INTO ledger.half VALUES (1/0);"
    )
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty_database.dsn_owner, folder=folder)
    with pytest.raises(psycopg.errors.UndefinedTable):
        count(empty_database, "half")
    assert pending(empty_database.dsn_owner, folder=folder) == ["0011_half"]


def test_two_at_once_take_turns(empty_database: Database, folder: Path) -> None:
    answers: list[list[str]] = []
    together = threading.Barrier(4)

    def run() -> None:
        together.wait()
        answers.append(migrate(empty_database.dsn_owner, folder=folder))

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [[], [], [], ["0001_first", "0010_later"]]
    assert count(empty_database, "later") == 2


def test_an_unreachable_database_is_named_unavailable(folder: Path) -> None:
    with pytest.raises(Unavailable):
        migrate("postgresql://ledger_owner:wrong@127.0.0.1:1/ledger", folder=folder)


def test_every_role_may_ask_what_is_missing(database: Database) -> None:
    for dsn in (database.dsn_app, database.dsn_follower, database.dsn_eraser):
        assert pending(dsn) == []


def test_an_empty_database_lacks_every_migration(empty_database: Database) -> None:
    assert pending(empty_database.dsn_owner) == sorted(path.stem for path in MIGRATIONS.iterdir())
