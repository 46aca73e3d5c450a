"""The embedded PostgreSQL comes up from anything that a crash can leave, and lets nobody in."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from domain.errors import Unavailable
from infra.files import hold
from infra.postgres import Cluster, Role
from infra.settings import read_settings

LONG = 150


@contextmanager
def started(data: Path, state: Path) -> Iterator[Cluster]:
    with hold(data) as held:
        cluster = Cluster(held, read_settings(data=data, state=state))
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


def scalar(dsn: str, query: str) -> object:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query).fetchone()
    assert row is not None
    return row[0]


def remember(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn(Role.OWNER)) as connection:
        connection.execute("CREATE TABLE remembered AS SELECT 42 AS answer")


def remembered(cluster: Cluster) -> object:
    return scalar(cluster.dsn(Role.OWNER), "SELECT answer FROM remembered")


def test_what_was_written_is_there_after_a_restart(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "data", state) as cluster:
        remember(cluster)
    with started(tmp_path / "data", state) as cluster:
        assert remembered(cluster) == 42


def test_every_role_enters_with_its_password_over_both_ways(cluster: Cluster) -> None:
    for role in Role:
        for tcp in (True, False):
            assert scalar(cluster.dsn(role, tcp=tcp), "SELECT current_user") == role


@pytest.mark.parametrize("tcp", [True, False])
def test_nobody_enters_without_the_password(cluster: Cluster, *, tcp: bool) -> None:
    user, _, place = cluster.dsn(Role.SUPERUSER, tcp=tcp).rpartition("@")
    name = user.rpartition(":")[0]
    for attempt in (f"{name}@{place}", f"{name}:wrong@{place}"):
        with pytest.raises(psycopg.OperationalError, match="password"):
            psycopg.connect(attempt)


def test_roles_can_make_neither_databases_nor_roles(cluster: Cluster) -> None:
    for role in set(Role) - {Role.SUPERUSER}:
        with psycopg.connect(cluster.dsn(role), autocommit=True) as connection:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE DATABASE other")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("CREATE ROLE other")


def test_text_is_utf8_and_compared_the_same_on_every_machine(cluster: Cluster) -> None:
    query = """SELECT concat_ws(' ', pg_encoding_to_char(encoding), datlocprovider, datlocale)
               FROM pg_database WHERE datname = 'ledger'"""
    assert scalar(cluster.dsn(Role.APP), query) == "UTF8 b C.UTF-8"


def test_similarity_sees_every_script(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn(Role.OWNER, "ledger")) as connection:
        connection.execute("CREATE EXTENSION pg_trgm")
        row = connection.execute("SELECT show_trgm('жук'), show_trgm('漢字')").fetchone()
        connection.rollback()
    assert row is not None
    assert all(row)


@pytest.mark.parametrize("name", ["fsync", "full_page_writes", "synchronous_commit"])
def test_what_is_acknowledged_is_on_disk(cluster: Cluster, name: str) -> None:
    assert scalar(cluster.dsn(Role.APP), f"SELECT current_setting('{name}')") == "on"


def test_passwords_are_readable_by_their_owner_alone(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "data", state) as cluster:
        kept = tmp_path / "data" / "cluster.json"
        assert kept.stat().st_mode & 0o777 == 0o600
        passwords = json.loads(kept.read_text("utf-8"))["passwords"]
        assert len(set(passwords.values())) == len(Role)
        lines = [" ".join(p.info["cmdline"] or ()) for p in psutil.process_iter(["cmdline"])]
        assert not [line for line in lines for secret in passwords.values() if secret in line]
        assert not [secret for secret in passwords.values() if secret in cluster.log.read_text()]


def test_a_cluster_of_an_older_version_gets_the_roles_that_came_since(
    tmp_path: Path, state: Path
) -> None:
    data = tmp_path / "data"
    with (
        started(data, state) as cluster,
        psycopg.connect(cluster.dsn(Role.SUPERUSER), autocommit=True) as connection,
    ):
        connection.execute("DROP OWNED BY ledger_consumer")
        connection.execute("DROP ROLE ledger_consumer")
    kept = data / "cluster.json"
    older = json.loads(kept.read_text("utf-8"))
    del older["passwords"]["ledger_consumer"]
    kept.write_text(json.dumps(older), "utf-8")
    with started(data, state) as cluster:
        for role in Role:
            assert scalar(cluster.dsn(role), "SELECT current_user") == role
    assert kept.stat().st_mode & 0o777 == 0o600


def test_a_path_of_150_characters_below_a_closed_parent_will_do(
    tmp_path: Path, state: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = closed / ("d" * (LONG - len(str(closed)) - 1))
    assert len(str(data)) == LONG
    with started(data, state) as cluster:
        assert scalar(cluster.dsn(Role.APP), "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700


def test_a_directory_held_by_another_process_is_refused_naming_it(
    tmp_path: Path, state: Path
) -> None:
    program = (
        "import sys, pathlib, infra.files as files\n"
        "with files.hold(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path / "data")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable, match=f"process {other.pid}"), hold(tmp_path / "data"):
            pass
    with started(tmp_path / "data", state) as cluster:
        assert cluster.alive()


def test_a_killed_postmaster_is_recovered_by_the_next_start(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "data", state) as cluster:
        remember(cluster)
        os.kill(cluster.pid, signal.SIGKILL)
        psutil.wait_procs([psutil.Process(cluster.pid)], timeout=10)
        cluster.start()
        assert remembered(cluster) == 42


def test_a_postmaster_left_by_a_killed_ledger_is_ended_first(tmp_path: Path, state: Path) -> None:
    data = tmp_path / "data"
    with hold(data) as held:
        settings = read_settings(data=data, state=state)
        lost = Cluster(held, settings)
        lost.start()
        remember(lost)
        pid = lost.pid
        again = Cluster(held, settings)
        again.start()
        assert again.pid != pid
        assert remembered(again) == 42
        again.stop()
        lost.stop()


@pytest.mark.parametrize("stale", ["999999999", "this process", "1", "", "no number"])
def test_a_stale_postmaster_pid_does_no_harm(tmp_path: Path, state: Path, stale: str) -> None:
    stale = stale.replace("this process", str(os.getpid()))
    with started(tmp_path / "data", state) as cluster:
        remember(cluster)
        place = cluster.pgdata
    (place / "postmaster.pid").write_text(f"{stale}\n{place}\n1700000000\n5432\n\n\n 1 1\nready\n")
    with started(tmp_path / "data", state) as cluster:
        assert remembered(cluster) == 42


def test_an_initdb_that_was_killed_half_way_is_begun_again(tmp_path: Path, state: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    data = tmp_path / "data"

    class Killed(Exception):
        """Stands for the death of the whole ledger."""

    for _ in range(3):
        deadline = time.monotonic() + moments.uniform(0.05, 0.5)

        def die(deadline: float = deadline) -> None:
            if time.monotonic() > deadline:
                raise Killed

        with hold(data) as held, pytest.raises(Killed):
            Cluster(held, read_settings(data=data, state=state), die).start()
    with started(data, state) as cluster:
        assert scalar(cluster.dsn(Role.APP), "SELECT 1") == 1


def test_half_a_cluster_is_never_used(tmp_path: Path, state: Path) -> None:
    data = tmp_path / "data"
    with hold(data) as held:
        cluster = Cluster(held, read_settings(data=data, state=state))
        half = cluster.pgdata.with_name("new")
        (half / "base").mkdir(parents=True)
        (half / "PG_VERSION").write_text("18\n")
        cluster.start()
        assert scalar(cluster.dsn(Role.APP), "SELECT 1") == 1
        assert not half.exists()
        cluster.stop()


def test_a_data_directory_that_moved_keeps_its_cluster(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "before", state) as cluster:
        remember(cluster)
    (tmp_path / "before").rename(tmp_path / "after")
    with started(tmp_path / "after", state) as cluster:
        assert remembered(cluster) == 42


def test_a_data_directory_that_was_deleted_begins_anew(tmp_path: Path, state: Path) -> None:
    data = tmp_path / "data"
    with started(data, state) as cluster:
        remember(cluster)
    data.rename(tmp_path / "elsewhere")
    with started(data, state) as cluster:
        query = "SELECT to_regclass('remembered') IS NULL"
        assert scalar(cluster.dsn(Role.OWNER), query) is True


def test_stopping_leaves_no_process_and_no_socket(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "data", state) as cluster:
        family = [psutil.Process(cluster.pid), *psutil.Process(cluster.pid).children()]
        sockets = Path(psycopg.conninfo.conninfo_to_dict(cluster.dsn(Role.APP))["host"])
        assert list(sockets.iterdir())
        assert len(str(sockets)) < 90
    assert not sockets.exists()
    assert not [process for process in family if process.is_running()]


def test_a_taken_port_is_not_insisted_on(tmp_path: Path, state: Path) -> None:
    with started(tmp_path / "one", state) as one, hold(tmp_path / "two") as held:
        settings = read_settings(data=tmp_path / "two", state=state)
        two = Cluster(held, settings)
        two.port = one.port
        two.start()
        assert two.port != one.port
        two.stop()


def test_an_account_that_does_not_exist_is_named(tmp_path: Path, state: Path) -> None:
    settings = read_settings(data=tmp_path, state=state, postgres_user="no-such-account")
    if os.geteuid():
        return  # only root needs an account
    with hold(tmp_path) as held, pytest.raises(Unavailable, match="no-such-account"):
        Cluster(held, settings)


def test_a_copy_of_a_data_directory_is_not_given_the_same_cluster(
    tmp_path: Path, state: Path
) -> None:
    with started(tmp_path / "data", state) as cluster:
        remember(cluster)
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    if os.geteuid():
        with started(tmp_path / "copy", state) as cluster:  # a user's cluster was copied along
            assert remembered(cluster) == 42
    else:
        with pytest.raises(Unavailable, match="is a copy of"), started(tmp_path / "copy", state):
            pass
    with started(tmp_path / "data", state) as cluster:
        assert remembered(cluster) == 42


def test_root_does_not_take_over_a_users_ledger(tmp_path: Path, state: Path) -> None:
    (tmp_path / "data" / "postgres").mkdir(parents=True)
    if os.geteuid():
        return  # a user is at home there
    os.chown(tmp_path / "data" / "postgres", 65534, 65534)
    with pytest.raises(Unavailable, match="user 65534"), started(tmp_path / "data", state):
        pass
