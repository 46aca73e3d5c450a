"""An import killed at random rows and run again ends as one that was never disturbed.

The database stops the import at a chosen position: a trigger waits there for a lock that the test
holds. So the kill hits exactly that row, either before its transaction commits, or after it, before
the import is told.
"""

import random
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from support import databases, imports
from support.databases import Database
from support.incidents import EXCERPT

from infra.keys.opening import open_keys
from infra.postgres import Cluster
from infra.settings import Settings

SEEDS = range(10)
_LOCK = 4711
_WITHIN = 60.0
_TRAP = """
CREATE FUNCTION public.trap() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock({lock});
    RETURN NEW;
END $$;
CREATE TRIGGER trap BEFORE INSERT ON ledger.events
    FOR EACH ROW WHEN (NEW.position = {position}) EXECUTE FUNCTION public.trap();
"""
_WAITING = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND NOT granted"

Content = list[tuple[object, ...]]


@pytest.fixture(name="virgin_keys", scope="module")
def _virgin_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of a ledger that has no events yet: with the same secrets, names get the same ids."""
    place = tmp_path_factory.mktemp("virgin") / "keys"
    place.mkdir(mode=0o700)
    keys = open_keys(Settings(data=place))
    keys.secret("imports")
    keys.close()
    return place


@pytest.fixture(name="undisturbed", scope="module")
def _undisturbed(
    cluster: Cluster, virgin_keys: Path, tmp_path_factory: pytest.TempPathFactory
) -> Content:
    """What an import records that nobody disturbs."""
    with databases.fresh(cluster) as database:
        settings = with_keys(database, virgin_keys, tmp_path_factory.mktemp("undisturbed"))
        finish(settings)
        return imports.content(settings)


def with_keys(database: Database, virgin_keys: Path, place: Path) -> Settings:
    shutil.copytree(virgin_keys, place / "data")
    return database.settings(place / "data")


def begin(settings: Settings) -> subprocess.Popen[str]:
    return imports.start(settings, "servicenow", EXCERPT, "--timezone", "UTC")


def finish(settings: Settings) -> None:
    process = begin(settings)
    _, errors = process.communicate(timeout=_WITHIN)
    assert process.returncode == 0, errors


def until(met: Callable[[], bool], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + _WITHIN
    while not met():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.002)


@contextmanager
def trap(database: Database, position: int) -> Iterator[psycopg.Connection[tuple[int]]]:
    """Let the append of `position` wait inside its transaction while the block runs."""
    with psycopg.connect(database.dsn_superuser, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        connection.execute(
            sql.SQL(_TRAP).format(lock=sql.Literal(_LOCK), position=sql.Literal(position))
        )
        yield connection
        connection.execute("SELECT pg_advisory_unlock_all()")
        connection.execute("DROP TRIGGER trap ON ledger.events")


@contextmanager
def stopped_at(
    position: int, database: Database, settings: Settings
) -> Iterator[tuple[subprocess.Popen[str], psycopg.Connection[tuple[int]]]]:
    """Yield an import that waits inside the append of `position`, and who lets it go on."""
    with trap(database, position) as connection:
        process = begin(settings)
        until(lambda: connection.execute(_WAITING, (_LOCK,)).fetchone() is not None, process)
        yield process, connection


def kill_before_commit(
    process: subprocess.Popen[str], connection: psycopg.Connection[tuple[int]]
) -> None:
    process.kill()
    process.communicate()
    for (backend,) in connection.execute(_WAITING, (_LOCK,)):
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))


def kill_before_the_answer(
    process: subprocess.Popen[str], connection: psycopg.Connection[tuple[int]]
) -> None:
    process.send_signal(signal.SIGSTOP)
    ((backend,),) = connection.execute(_WAITING, (_LOCK,))
    connection.execute("SELECT pg_advisory_unlock_all()")
    idle = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state LIKE 'idle%%'"
    until(lambda: connection.execute(idle, (backend,)).fetchone() is not None, process)
    process.kill()
    process.communicate()


@pytest.mark.parametrize("seed", SEEDS)
def test_an_import_killed_at_a_random_row_ends_like_an_undisturbed_one(
    seed: int, database: Database, virgin_keys: Path, tmp_path: Path, undisturbed: Content
) -> None:
    chance = random.Random(seed)
    position = chance.randint(1, len(undisturbed))
    kill = chance.choice([kill_before_commit, kill_before_the_answer])
    print(f"seed {seed}: {kill.__name__} at position {position} of {len(undisturbed)}")
    settings = with_keys(database, virgin_keys, tmp_path)
    with stopped_at(position, database, settings) as (process, connection):
        kill(process, connection)
    recorded = len(imports.recorded(settings))
    if kill is kill_before_commit:
        assert recorded < position
    finish(settings)
    assert imports.content(settings) == undisturbed


def test_an_import_that_is_interrupted_says_so_and_goes_on_when_run_again(
    database: Database, virgin_keys: Path, tmp_path: Path, undisturbed: Content
) -> None:
    settings = with_keys(database, virgin_keys, tmp_path)
    half = len(undisturbed) // 2
    with stopped_at(half, database, settings) as (process, connection):
        process.send_signal(signal.SIGINT)
        time.sleep(1)  # it hears the signal before what it waits for goes on
        connection.execute("SELECT pg_advisory_unlock_all()")
        _, errors = process.communicate(timeout=_WITHIN)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert 0 < len(imports.recorded(settings)) < len(undisturbed)
    finish(settings)
    assert imports.content(settings) == undisturbed


def test_an_import_outlives_the_loss_of_its_connection(
    database: Database, virgin_keys: Path, tmp_path: Path, undisturbed: Content
) -> None:
    settings = with_keys(database, virgin_keys, tmp_path)
    half = len(undisturbed) // 2
    with stopped_at(half, database, settings) as (process, connection):
        ((backend,),) = connection.execute(_WAITING, (_LOCK,))
        connection.execute("SELECT pg_terminate_backend(%s, 10000)", (backend,))
        connection.execute("SELECT pg_advisory_unlock_all()")
        _, errors = process.communicate(timeout=_WITHIN)
    assert process.returncode == 0, errors
    assert imports.content(settings) == undisturbed


def test_undisturbed_imports_of_the_same_file_record_the_same(
    database: Database, virgin_keys: Path, tmp_path: Path, undisturbed: Content
) -> None:
    settings = with_keys(database, virgin_keys, tmp_path)
    finish(settings)
    assert imports.content(settings) == undisturbed
    assert len(undisturbed) > 200
