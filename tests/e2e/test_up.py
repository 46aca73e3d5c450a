"""`ledger up`: one command up, one signal down, and nothing lost or left whatever is killed."""

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import psycopg
import pytest
from support.databases import Database
from support.running import Running, ledger

from infra.notes import Verifier

Factory = Callable[..., Running]

LONG = 150


def get(url: str) -> bytes:
    import httpx  # noqa: PLC0415 - shadows nothing, used here alone

    answer = httpx.get(url, timeout=10)
    answer.raise_for_status()
    return answer.content


def count_events(running: Running) -> int:
    with psycopg.connect(running.ready["dsn"]["superuser"]) as connection:
        row = connection.execute("SELECT count(*) FROM ledger.events").fetchone()
    assert row is not None
    return int(row[0])


def eventually(done: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 45
    while not done():
        assert time.monotonic() < deadline, f"not within 45 s: {what}"
        time.sleep(0.05)


def gone(family: list[psutil.Process]) -> bool:
    return not any(
        process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in family
    )


def test_it_says_where_it_is_and_keeps_that_private(running: Running) -> None:
    running.reread()
    kept = running.data / "ready.json"
    assert kept.stat().st_mode & 0o777 == 0o600
    assert json.loads(kept.read_text("utf-8")) == running.ready
    assert running.ready["schema"] == 1
    assert set(running.ready["pids"]) == {
        "supervisor",
        "postgres",
        "api",
        "followers",
        "integrator",
        "publisher",
        "consumers",
        "kafka",
    }
    assert Verifier.parse(running.ready["log"]["vkey"]).name == running.ready["log"]["origin"]
    assert set(running.ready["dsn"]) >= {"app", "owner", "superuser"}
    for role in ("app", "owner", "superuser"):
        with psycopg.connect(running.ready["dsn"][role]) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    get(f"{running.url}/healthz")


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_well_and_soon_with_no_child_left(
    ledger_factory: Factory, sign: signal.Signals
) -> None:
    running = ledger_factory()
    family = running.family()
    assert len(family) > 4
    begun = time.monotonic()
    assert running.stop(sign) == 0
    assert time.monotonic() - begun < 10
    assert gone(family)
    assert not (running.data / "ready.json").exists()


def test_a_second_one_on_the_same_data_is_refused_naming_the_first(running: Running) -> None:
    second = ledger("up", "--data", str(running.data), "--json")
    assert second.returncode == 5
    assert str(running.process.pid) in second.stderr
    assert second.stdout == ""
    get(f"{running.url}/healthz")


def test_two_ledgers_live_side_by_side(running: Running, ledger_factory: Factory) -> None:
    one, two = running, ledger_factory()
    assert one.url != two.url
    for either in (one, two):
        get(f"{either.url}/healthz")


def test_what_was_recorded_is_there_after_a_restart(ledger_factory: Factory) -> None:
    first = ledger_factory()
    events, contract = count_events(first), first.ready["customer_contract"]
    assert events > 0
    assert contract
    first.stop()
    second = ledger_factory()
    assert count_events(second) == events
    assert second.ready["customer_contract"] == contract


@pytest.mark.parametrize("victim", ["postgres", "api", "followers", "integrator"])
def test_a_part_that_is_killed_is_started_again(ledger_factory: Factory, victim: str) -> None:
    running = ledger_factory()
    url = running.url
    pid = one_pid(running, victim)
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: one_pid(running, victim) != pid, f"{victim} is started again")
    eventually(lambda: answers(running), "the API answers")
    assert running.url == url
    assert running.stop() == 0


def test_a_database_whose_port_was_taken_moves_and_takes_the_others_with_it(
    ledger_factory: Factory,
) -> None:
    running = ledger_factory()
    port = psycopg.conninfo.conninfo_to_dict(running.ready["dsn"]["app"])["port"]
    supervisor, before = psutil.Process(running.process.pid), one_pid(running, "postgres")
    supervisor.suspend()
    os.kill(before, signal.SIGKILL)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        eventually(lambda: taken(taker, int(str(port))), "the port is ours")
        supervisor.resume()
        eventually(lambda: one_pid(running, "postgres") != before, "PostgreSQL is started again")
        eventually(lambda: answers(running), "the API answers")
        assert str(port) not in running.reread()["dsn"]["app"]
        assert count_events(running) > 0
    assert running.stop() == 0


def taken(taker: socket.socket, port: int) -> bool:
    try:
        taker.bind(("127.0.0.1", port))
    except OSError:
        return False
    taker.listen()
    return True


def one_pid(running: Running, name: str) -> int:
    pid = running.reread()["pids"][name]
    return int(pid[0] if isinstance(pid, list) else pid)


def answers(running: Running) -> bool:
    try:
        get(f"{running.reread()['url']}/readyz")
    except OSError:
        return False
    except Exception as error:  # noqa: BLE001 - whatever the client calls "not yet"
        print(type(error).__name__)
        return False
    return True


@pytest.mark.parametrize("victim", ["supervisor", "postgres", "api", "followers"])
def test_after_killing_anything_the_next_up_recovers(ledger_factory: Factory, victim: str) -> None:
    running = ledger_factory()
    events, family = count_events(running), running.family()
    os.kill(one_pid(running, victim), signal.SIGKILL)
    if victim != "supervisor":
        running.process.kill()
    running.process.wait()
    eventually(lambda: gone(family), "children end with their supervisor")
    again = ledger_factory()
    assert count_events(again) == events
    get(f"{again.url}/healthz")


def test_a_first_start_killed_at_any_moment_is_begun_again(
    ledger_factory: Factory, tmp_path: Path, state: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    moments = random.Random(seed)
    environment = {**os.environ, "LEDGER_STATE": str(state)}
    for _ in range(4):
        command = [sys.executable, "-m", "cli", "up", "--data", str(tmp_path / "data")]
        with (
            (tmp_path / "killed.log").open("ab") as log,
            subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process,
        ):
            time.sleep(moments.uniform(0.3, 3.0))
            process.kill()
    running = ledger_factory()
    assert count_events(running) > 0
    assert running.stop() == 0


@pytest.mark.parametrize("after", [0.2, 0.8, 1.6, 2.4])
def test_a_signal_during_the_start_ends_it_well(tmp_path: Path, state: Path, after: float) -> None:
    command = [sys.executable, "-m", "cli", "up", "--data", str(tmp_path / "data"), "--json"]
    environment = {**os.environ, "LEDGER_STATE": str(state)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE) as process:
        eventually((tmp_path / "data" / "lock").exists, "it holds its data directory")
        time.sleep(after)
        supervisor = psutil.Process(process.pid)
        family = [supervisor, *supervisor.children(recursive=True)]
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
    assert gone(family)


def test_a_data_path_of_150_characters_below_a_closed_parent_will_do(
    ledger_factory: Factory, tmp_path: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    data = closed / ("d" * (LONG - len(str(closed)) - 1))
    running = ledger_factory(data=data)
    assert len(running.ready["data"]) == LONG
    get(f"{running.url}/healthz")
    assert closed.stat().st_mode & 0o777 == 0o700


def test_another_postgresql_is_used_where_one_is_named(
    ledger_factory: Factory, empty_database: Database
) -> None:
    urls = {
        "LEDGER_DATABASE_URL": empty_database.dsn_app,
        "LEDGER_DATABASE_OWNER_URL": empty_database.dsn_owner,
        "LEDGER_DATABASE_FOLLOWER_URL": empty_database.dsn_follower,
    }
    running = ledger_factory(**urls)
    assert running.ready["pids"]["postgres"] is None
    assert not (running.data / "cluster.json").exists()
    assert running.ready["dsn"]["app"] == empty_database.dsn_app
    get(f"{running.url}/readyz")
    ended = ledger("status", "--json", "--data", str(running.data))
    assert json.loads(ended.stdout)["contracts"] == 1
    assert running.stop() == 0


def test_another_postgresql_that_was_not_migrated_is_refused_without_its_owner(
    tmp_path: Path, empty_database: Database
) -> None:
    refused = ledger(
        "up", "--data", str(tmp_path / "data"), LEDGER_DATABASE_URL=empty_database.dsn_app
    )
    assert refused.returncode == 5
    assert "ledger migrate" in refused.stderr


def test_the_development_issuer_listens_to_this_machine_alone(tmp_path: Path) -> None:
    refused = ledger("up", "--data", str(tmp_path / "data"), LEDGER_LISTEN="0.0.0.0:0")
    assert refused.returncode == 3
    assert "development issuer" in refused.stderr
    assert not (tmp_path / "data").exists()


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        refused = ledger("up", "--data", str(tmp_path / "data"), "--port", port)
    assert refused.returncode == 5
    assert port in refused.stderr


def test_a_data_directory_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = ledger("up", "--data", str(tmp_path / "file"))
    assert refused.returncode == 5
    assert str(tmp_path / "file") in refused.stderr
    assert "Traceback" not in refused.stderr


def test_no_secret_stands_on_a_command_line(running: Running) -> None:
    secrets = [*running.ready["tokens"].values()]
    secrets += [dsn.split(":")[2].split("@")[0] for dsn in running.ready["dsn"].values()]
    lines = "\n".join(" ".join(process.cmdline()) for process in running.family())
    assert not [secret for secret in secrets if secret in lines]
