"""A new key-encryption key beside processes that go on; killed anywhere; nothing old is left."""

import random
import re
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from pydantic import SecretStr
from support.carving import IN_POSTGRES, IN_SQLITE, carved, files_in, keks_in
from support.databases import Database
from support.keymaking import forgetful, lines_of, making_keys
from support.rotating import rotated
from support.running import ledger
from support.store import fresh_seed

from domain.values import Purpose
from infra.keys import Keys, KeyScope
from infra.keys.opening import open_keys, open_store
from infra.keys.store import WrappedKey
from infra.settings import Settings, read_settings

LIVING = 60
DOOMED = 3
ROUNDS = 12
KILLS = 3
STEPS = 40


@dataclass(frozen=True, slots=True)
class Place:
    """A key store of either kind: where its files and its journal lie."""

    settings: Settings
    database: Database | None

    @property
    def variables(self) -> dict[str, str]:
        given = {"LEDGER_DATA": str(self.settings.data)}
        if self.settings.keys_url is not None:
            given["LEDGER_KEYS_URL"] = self.settings.keys_url.get_secret_value()
        return given

    @property
    def behind(self) -> re.Pattern[bytes]:
        return IN_SQLITE if self.database is None else IN_POSTGRES

    def files(self) -> list[Path]:
        if self.database is None:
            return [self.settings.data / "keys.sqlite"]
        with psycopg.connect(self.database.dsn_superuser) as db:
            (oid,) = db.execute(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        return files_in(self.database.cluster.pgdata / "base" / str(oid))

    def journal(self) -> list[Path]:
        if self.database is None:
            return [self.settings.data / "keys.sqlite-wal"]
        return files_in(self.database.cluster.pgdata / "pg_wal")

    def own(self) -> list[Path]:
        """Return what the key store itself can write anew: a server's WAL expires by itself."""
        if self.database is None:
            return self.files() + self.journal()
        self.write_out()
        return self.files()

    def write_out(self) -> None:
        """Have everything written to files, as happens by itself from time to time."""
        if self.database is None:
            with closing(sqlite3.connect(self.settings.data / "keys.sqlite")) as db:
                db.execute("PRAGMA wal_checkpoint(PASSIVE)")
            return
        with psycopg.connect(self.database.dsn_superuser, autocommit=True) as db:
            db.execute("ANALYZE ledger_keys.keys")
            db.execute("CHECKPOINT")

    @contextmanager
    def old_snapshot(self) -> Iterator[None]:
        """Have somebody look at the past meanwhile: PostgreSQL then keeps dead rows."""
        if self.database is None:
            yield
            return
        with psycopg.connect(self.database.dsn_superuser) as db:
            db.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
            db.execute("SELECT 1")
            yield

    def back_up(self, to: Path) -> list[Path]:
        to.mkdir()
        for number, file in enumerate([*self.files(), *self.journal()]):
            shutil.copy(file, to / f"{number}-{file.name}")
        return files_in(to)


@pytest.fixture(name="place", params=["sqlite", "postgres"])
def _place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    data = tmp_path / "data"
    data.mkdir(mode=0o700)
    if request.param == "sqlite":
        return Place(read_settings(data=data), None)
    database: Database = request.getfixturevalue("empty_database")
    return Place(read_settings(data=data, keys_url=SecretStr(database.dsn_superuser)), database)


@pytest.fixture(name="keys")
def _keys(place: Place) -> Iterator[Keys]:
    keys = open_keys(place.settings)
    yield keys
    keys.close()


def made(place: Place, keys: Keys, name: str, how_many: int) -> list[WrappedKey]:
    scopes = [KeyScope(None, f"{name}-{n}", Purpose.ADDRESS, 2026) for n in range(how_many)]
    found = keys.sealing_keys(scopes)
    with closing(open_store(place.settings)) as store:
        return list(store.by_ids([key.id for key in found.values()]).values())


def rotate(place: Place, *more: str) -> None:
    done = ledger("keys", "rotate-kek", *more, **place.variables)
    assert done.returncode == 0, done.stderr


def eventually(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 30
    while not done():
        assert time.monotonic() < deadline, f"not within 30 s: {what}"
        time.sleep(0.02)


def goes_on(said: Path) -> None:
    """Wait until the process that makes keys has made more."""
    before = len(lines_of(said))
    eventually(lambda: len(lines_of(said)) > before + 3, "more keys are made")


def nothing_lost(place: Place, said: Path) -> None:
    """Every key that was told to somebody opens to the same secret."""
    keys = open_keys(place.settings)
    for contract, key_id, secret in lines_of(said):
        key = keys.sealing_key(KeyScope(None, contract, Purpose.ADDRESS, 2026))
        assert (str(key.id), key.secret.hex()) == (key_id, secret)
    keys.close()


def test_nothing_that_is_held_opens_what_was_destroyed_before(
    place: Place, keys: Keys, tmp_path: Path
) -> None:
    doomed = made(place, keys, "doomed", DOOMED)
    living = made(place, keys, "living", LIVING)[:DOOMED]
    ids = {key.id for key in doomed}
    old = keks_in(files_in(place.settings.data))
    assert len(old) == 1
    in_journal = carved(place.journal(), old, doomed, place.behind)
    place.write_out()
    with making_keys(place.settings, "busy", tmp_path / "said"):
        goes_on(tmp_path / "said")
        backup = place.back_up(tmp_path / "backup")
        in_files, in_backup = (
            carved(files, old, doomed, place.behind) for files in (place.files(), backup)
        )
        assert in_journal == in_files == in_backup == ids, "the control finds them"
        with place.old_snapshot():
            keys.destroy(ids, datetime.now(UTC))
            rotate(place, "--destroy-old")
        own = carved(place.own(), old, [*doomed, *living], place.behind)
        assert own == set(), "nothing stays in its files as the old one wrapped it"
        held = keks_in(files_in(place.settings.data))
        assert len(held) == 1
        assert held[0].id != old[0].id
        goes_on(tmp_path / "said")
        place.write_out()
        everything = [*files_in(place.settings.data), *place.files(), *place.journal(), *backup]
        found = carved(everything, held, [*doomed, *living], place.behind)
        assert found == {key.id for key in living}
    nothing_lost(place, tmp_path / "said")


def test_processes_go_on_through_one_rotation_after_the_other(
    place: Place, keys: Keys, tmp_path: Path
) -> None:
    made(place, keys, "living", LIVING)
    with (
        making_keys(place.settings, "one", tmp_path / "one"),
        making_keys(place.settings, "two", tmp_path / "two"),
    ):
        for more in ((), ("--destroy-old",)):
            goes_on(tmp_path / "one")
            rotate(place, *more)
            goes_on(tmp_path / "two")
    assert len(keks_in(files_in(place.settings.data))) == 1
    for said in ("one", "two"):
        nothing_lost(place, tmp_path / said)


def test_killed_anywhere_it_is_said_again_and_loses_nothing(place: Place, keys: Keys) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    living = {key.id: keys.by_id(key.id).secret for key in made(place, keys, "living", LIVING)}
    killed = 0
    for number in range(ROUNDS):
        (doomed,) = made(place, keys, f"doomed-{number}", 1)
        keys.destroy([doomed.id], datetime.now(UTC))
        before = keks_in(files_in(place.settings.data))
        assert len(before) == 1
        kills = [chance.randint(1, STEPS) for _ in range(KILLS)]
        statuses = rotated(place.variables, kills)
        assert set(statuses) <= {0, signal.SIGKILL}
        killed += statuses.count(signal.SIGKILL)
        (held,) = keks_in(files_in(place.settings.data))
        assert held.id != before[0].id, kills
        again = forgetful(place.settings)
        assert {one: key.secret for one, key in again.by_ids(living).items()} == living, kills
        assert again.by_id(doomed.id) is None
        again.close()
        with closing(open_store(place.settings)) as store:
            assert list(store.keks()) == [store.wrapping()] == [held.id]
    assert killed > ROUNDS, "the kills come too late to do anything"
