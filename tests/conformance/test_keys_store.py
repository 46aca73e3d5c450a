"""Both key stores keep the same promises."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from uuid import UUID

import psycopg
import pytest
from support.databases import Database
from support.envelopes import AT, KEK, fixed_id

from domain.errors import Unavailable
from infra.ids import new_id
from infra.keys import Kek
from infra.keys.postgres import PostgresKeyStore
from infra.keys.sqlite import SqliteKeyStore
from infra.keys.store import RotatingStore, WrappedKey

OpenStore = Callable[[], RotatingStore]


@pytest.fixture(name="open_store", params=["sqlite", "postgres"])
def _open_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OpenStore]:
    """Open the same store again and again; all are closed at the end."""
    opened: list[RotatingStore] = []
    database: Database | None = None
    if request.param == "postgres":
        database = request.getfixturevalue("empty_database")

    def open_store() -> RotatingStore:
        if database is None:
            opened.append(SqliteKeyStore(tmp_path / "keys.sqlite"))
        else:
            opened.append(PostgresKeyStore(database.dsn_superuser))
        return opened[-1]

    yield open_store
    for store in opened:
        store.close()


def wrapped(scope: str, key_id: UUID | None = None) -> WrappedKey:
    return KEK.wrap(key_id or new_id(), scope, bytes(32))


def test_a_key_is_found_by_scope_and_id(open_store: OpenStore) -> None:
    key = wrapped("claim/x/CN-1/")
    store = open_store()
    assert store.insert([key]) == {key.scope: key}
    for again in (store, open_store()):
        assert again.find([key.scope, "claim/x/CN-2/"]) == {key.scope: key}
        assert again.by_ids([key.id, new_id()]) == {key.id: key}


def test_the_first_key_of_a_scope_stays(open_store: OpenStore) -> None:
    first, second, other = wrapped("a"), wrapped("a"), wrapped("b")
    open_store().insert([first])
    assert open_store().insert([second, other]) == {"a": first, "b": other}
    assert open_store().by_ids([second.id]) == {}


def test_scopes_are_listed_by_prefix(open_store: OpenStore) -> None:
    store = open_store()
    store.insert([wrapped(scope) for scope in ("secret/b", "secret/a", "secret", "Secret/c", "x%")])
    assert list(store.scopes("secret/")) == ["secret/a", "secret/b"]
    assert list(store.scopes("x%")) == ["x%"]
    assert list(store.scopes("%")) == []


def test_a_destroyed_key_is_gone_and_its_scope_gets_a_new_one(open_store: OpenStore) -> None:
    store = open_store()
    old, kept, new = wrapped("a"), wrapped("b"), wrapped("a")
    store.insert([old, kept])
    store.destroy([old.id], AT)
    store.destroy([old.id, new_id()], AT)
    assert store.find(["a", "b"]) == {"b": kept}
    assert store.by_ids([old.id]) == {}
    assert open_store().insert([new]) == {"a": new}
    assert open_store().find(["a"]) == {"a": new}


def test_nothing_wanted_is_nothing_found(open_store: OpenStore) -> None:
    store = open_store()
    assert (store.find([]), store.by_ids([]), store.insert([])) == ({}, {}, {})
    store.destroy([], AT)


def test_the_first_key_decides_by_which_others_are_wrapped(open_store: OpenStore) -> None:
    store, other = open_store(), Kek(bytes(31) + b"x")
    mine, foreign = wrapped("a"), other.wrap(new_id(), "b", bytes(32))
    assert store.wrapping() is None
    assert store.insert([mine]) == {"a": mine}
    assert open_store().insert([foreign]) == {}
    assert open_store().wrapping() == KEK.id
    assert store.find(["a", "b"]) == {"a": mine}


def test_a_rotation_wraps_every_living_key_anew_in_order_of_id(open_store: OpenStore) -> None:
    store, new = open_store(), Kek(bytes(31) + b"x")
    keys = sorted((wrapped(f"claim/{n}") for n in range(7)), key=lambda key: key.id)
    store.insert(keys)
    store.destroy([keys[2].id], AT)
    assert store.keks() == {KEK.id: 6}
    assert store.wrap_by(new.id, AT) == AT
    assert store.wrap_by(new.id, AT + timedelta(hours=1)) == AT, "it goes on since then"
    first = store.wrapped_otherwise(new.id, UUID(int=0), 4)
    assert list(first) == [keys[0], keys[1], keys[3], keys[4]]
    rest = store.wrapped_otherwise(new.id, first[-1].id, 4)
    assert list(rest) == keys[5:]
    store.destroy([keys[0].id], AT)
    store.rewrap([new.wrap(key.id, key.scope, bytes(32)) for key in (*first, *rest, keys[2])])
    assert store.keks() == {new.id: 5}
    assert list(store.wrapped_otherwise(new.id, UUID(int=0), 4)) == []
    assert open_store().by_ids([keys[0].id, keys[2].id]) == {}
    store.rewrite()
    assert {key.kek for key in open_store().by_ids([key.id for key in keys]).values()} == {new.id}


def test_threads_that_race_for_scopes_get_the_same_keys(open_store: OpenStore) -> None:
    scopes = [f"claim/{n}" for n in range(20)]
    stores = [open_store() for _ in range(4)]
    start = Barrier(8)
    answers: list[dict[str, UUID]] = []

    def race(number: int) -> None:
        mine = [wrapped(scope) for scope in sorted(scopes, reverse=False)]
        start.wait()
        found = stores[number % 4].insert(mine)
        answers.append({scope: key.id for scope, key in found.items()})

    threads = [Thread(target=race, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert all(answer == answers[0] for answer in answers)
    assert answers[0].keys() == set(scopes)


def test_what_another_process_keeps_is_seen(open_store: OpenStore) -> None:
    early, late = open_store(), open_store()
    key = wrapped("a", fixed_id("a"))
    assert early.find(["a"]) == {}
    late.insert([key])
    assert early.find(["a"]) == {"a": key}


def test_a_sqlite_store_is_private_to_its_owner(tmp_path: Path) -> None:
    with closing(SqliteKeyStore(tmp_path / "keys.sqlite")) as store:
        store.insert([wrapped("a")])
        modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    assert modes == {f"keys.sqlite{end}": 0o600 for end in ("", "-wal", "-shm")}


def test_a_destroyed_sqlite_key_is_in_no_file_any_more(tmp_path: Path) -> None:
    key = wrapped("a")
    with closing(SqliteKeyStore(tmp_path / "keys.sqlite")) as store:
        store.insert([key])
        assert any(key.wrapped in file.read_bytes() for file in tmp_path.iterdir())
        store.destroy([key.id], AT)
        assert not any(key.wrapped in file.read_bytes() for file in tmp_path.iterdir())


def test_a_reader_who_keeps_the_journal_is_said(tmp_path: Path) -> None:
    key = wrapped("a")
    with (
        closing(SqliteKeyStore(tmp_path / "keys.sqlite")) as store,
        closing(sqlite3.connect(tmp_path / "keys.sqlite")) as reader,
    ):
        store.insert([key])
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM keys").fetchone()
        store._db.execute("PRAGMA busy_timeout = 50")  # noqa: SLF001 - no test waits ten seconds
        with pytest.raises(Unavailable, match="journal"):
            store.destroy([key.id], AT)
        with pytest.raises(Unavailable, match="journal"):
            store.rewrite()
        reader.rollback()
        store.destroy([key.id], AT)


def test_a_file_that_is_no_key_store_is_said(tmp_path: Path) -> None:
    (tmp_path / "keys.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(Unavailable, match="cannot be opened"):
        SqliteKeyStore(tmp_path / "keys.sqlite")


def test_a_database_that_is_not_there_is_said_without_its_password() -> None:
    with pytest.raises(Unavailable) as said:
        PostgresKeyStore("postgresql://keys:swordfish@127.0.0.1:9/keys")
    assert "swordfish" not in str(said.value)


def test_a_lost_connection_is_opened_again(empty_database: Database) -> None:
    store = PostgresKeyStore(empty_database.dsn_superuser)
    store.insert([wrapped("a")])
    with psycopg.connect(empty_database.dsn_superuser, autocommit=True) as db:
        db.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert list(store.scopes("")) == ["a"]
    store.close()
