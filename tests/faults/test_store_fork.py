"""A database rolled back to an older copy takes no append until `ledger continue`."""

import json
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import psycopg
import pytest
from support.own_cluster import copy_of, own_cluster, put_back
from support.store import adding, again, keys_of, positions, rows, ticket, waiting_log

from cli.exits import GOOD, exit_code
from cli.main import run
from domain.errors import Forked, Integrity, Refused
from domain.ledger import LedgerContinued
from domain.log import Request
from infra.continuation import continue_ledger
from infra.flusher import KEEP_SECONDS
from infra.headfile import NAME, Durable, HeadFile
from infra.postgres import Cluster, Role
from infra.store import PostgresLog
from infra.waiting import Pending

LOST = 3


@pytest.fixture
def cluster(tmp_path: Path, state: Path) -> Iterator[Cluster]:
    with own_cluster(tmp_path, state) as started:
        yield started


def append(log: PostgresLog, count: int) -> list[Request]:
    requests = [adding(ticket(), 0) for _ in range(count)]
    for request in requests:
        log.append_wait(request)
    return requests


def learn(log: PostgresLog, epoch: int) -> None:
    """Wait until a running process knows of the next epoch."""
    ends = time.monotonic() + 20 * KEEP_SECONDS
    while log.epoch != epoch:
        assert time.monotonic() < ends
        time.sleep(0.05)


def written_down(log: PostgresLog, data: Path) -> None:
    """Wait until the head file names what a running process knows to be durable."""
    ends = time.monotonic() + 40 * KEEP_SECONDS
    while HeadFile(data).read() != log.flusher.durable:
        assert time.monotonic() < ends
        time.sleep(0.05)


def roll_back(cluster: Cluster, copy: Path) -> None:
    cluster.stop()
    put_back(copy, cluster)
    cluster.start()


def take_copy(cluster: Cluster, copy: Path) -> None:
    cluster.stop()
    copy_of(cluster, copy)
    cluster.start()


def test_a_rolled_back_database_is_refused_until_continued(
    tmp_path: Path, cluster: Cluster
) -> None:
    copy, dsn = tmp_path / "copy", cluster.dsn(Role.APP)
    with waiting_log(dsn, tmp_path) as running:
        append(running, 2)
        take_copy(cluster, copy)
        lost = append(running, LOST)
        written_down(running, tmp_path)
        roll_back(cluster, copy)
        with pytest.raises(Forked, match="ledger continue"):
            append(running, 1)
        with waiting_log(dsn, tmp_path) as restarted, pytest.raises(Forked):
            append(restarted, 1)
        assert positions(dsn) == [1, 2]

        keys = keys_of(tmp_path)
        done = continue_ledger(cluster.dsn(Role.OWNER), tmp_path, keys)
        keys.close()
        assert (done.epoch, done.position, done.lost_position) == (2, 3, 2 + LOST)

        learn(running, 2)
        append(running, 1)
        assert not running.append_wait(again(lost[0])).replayed
    with waiting_log(dsn, tmp_path) as restarted:
        append(restarted, 1)
    held = rows(dsn, "SELECT position, epoch FROM ledger.events ORDER BY position")
    assert held == [(1, 1), (2, 1), (3, 2), (4, 2), (5, 2), (6, 2)]


def test_what_was_decided_on_lost_events_is_not_recorded(tmp_path: Path, cluster: Cluster) -> None:
    copy, dsn, stream = tmp_path / "copy", cluster.dsn(Role.APP), ticket()
    keys = keys_of(tmp_path)
    with waiting_log(dsn, tmp_path, keys=keys) as running:
        running.append_wait(adding(stream, 0))
        take_copy(cluster, copy)
        running.append_wait(adding(stream, 1))
        written_down(running, tmp_path)
        roll_back(cluster, copy)
        continue_ledger(cluster.dsn(Role.OWNER), tmp_path, keys)
        with waiting_log(dsn, tmp_path, keys=keys) as other:
            other.append_wait(adding(stream, 1, "other"))
        learn(running, 2)
        request = adding(stream, 2)
        pending = Pending(
            running.codec.prepare(request),
            request.provenance.at,
            running.flusher.clocks.steady(),
            Future(),
            None,
            epoch=1,
        )
        running.flusher.submit(pending)
        with pytest.raises(Forked, match="another epoch"):
            pending.future.result(30)
    keys.close()


def test_the_next_epoch_quotes_what_was_lost_and_skips_its_numbers(
    tmp_path: Path, cluster: Cluster
) -> None:
    copy, dsn = tmp_path / "copy", cluster.dsn(Role.APP)
    number = "SELECT ledger.next_ticket_numbers(1)"
    with waiting_log(dsn, tmp_path) as log:
        append(log, 1)
        take_copy(cluster, copy)
        append(log, LOST)
        head = log.flusher.durable
    given = rows(dsn, number)[0][0]
    roll_back(cluster, copy)
    keys = keys_of(tmp_path)
    continue_ledger(cluster.dsn(Role.OWNER), tmp_path, keys)
    keys.close()
    assert rows(dsn, number)[0][0] > given
    envelope, leaf = rows(dsn, "SELECT envelope, leaf_hash FROM ledger.events ORDER BY position")[1]
    survivor = rows(dsn, "SELECT leaf_hash FROM ledger.events WHERE position = 1")[0][0]
    with waiting_log(dsn, tmp_path) as log:
        recorded = log.codec.decode(envelope)
    assert recorded.event == LedgerContinued(1, 1 + LOST, head.leaf_hash.hex(), 1, survivor.hex())
    assert HeadFile(tmp_path).read() == Durable(head.ledger, 2, 2, leaf)


def test_continuing_is_refused_while_nothing_is_lost(tmp_path: Path, cluster: Cluster) -> None:
    keys = keys_of(tmp_path)
    owner = cluster.dsn(Role.OWNER)
    with pytest.raises(Refused, match="nothing-lost"):
        continue_ledger(owner, tmp_path, keys)
    with waiting_log(cluster.dsn(Role.APP), tmp_path) as log:
        append(log, 1)
    with pytest.raises(Refused, match="nothing-lost"):
        continue_ledger(owner, tmp_path, keys)
    keys.close()
    assert rows(cluster.dsn(Role.APP), "SELECT epoch FROM ledger.identity") == [(1,)]


def test_a_database_rolled_back_twice_gets_an_epoch_of_its_own_each_time(
    tmp_path: Path, cluster: Cluster
) -> None:
    copy, dsn = tmp_path / "copy", cluster.dsn(Role.APP)
    keys = keys_of(tmp_path)
    take_copy(cluster, copy)
    for epoch in (2, 3):
        with waiting_log(dsn, tmp_path, keys=keys) as log:
            append(log, LOST)
        roll_back(cluster, copy)
        assert continue_ledger(cluster.dsn(Role.OWNER), tmp_path, keys).epoch == epoch
    keys.close()


def test_the_head_file_follows_within_a_second(tmp_path: Path, cluster: Cluster) -> None:
    with waiting_log(cluster.dsn(Role.APP), tmp_path) as log:
        append(log, 2)
        ends = time.monotonic() + 10 * KEEP_SECONDS
        while HeadFile(tmp_path).read() != log.flusher.durable:
            assert time.monotonic() < ends
            time.sleep(0.05)
        assert HeadFile(tmp_path).read().position == 2


def test_a_writer_that_was_idle_learns_of_the_loss_from_the_head_file(
    tmp_path: Path, cluster: Cluster
) -> None:
    copy, dsn = tmp_path / "copy", cluster.dsn(Role.APP)
    with waiting_log(dsn, tmp_path) as idle:
        append(idle, 1)
        take_copy(cluster, copy)
        with waiting_log(dsn, tmp_path) as busy:
            append(busy, LOST)
        roll_back(cluster, copy)
        with pytest.raises(Forked):
            append(idle, 1)


def test_the_command_says_what_was_lost_and_is_refused_when_nothing_was(
    tmp_path: Path,
    cluster: Cluster,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    copy = tmp_path / "copy"
    monkeypatch.setenv("LEDGER_DATABASE_URL", cluster.dsn(Role.APP))
    monkeypatch.setenv("LEDGER_DATABASE_OWNER_URL", cluster.dsn(Role.OWNER))
    take_copy(cluster, copy)
    with waiting_log(cluster.dsn(Role.APP), tmp_path) as log:
        append(log, LOST)
    arguments = ["continue", "--data", str(tmp_path), "--json"]
    assert run(arguments) == exit_code(Refused("nothing-lost", "")) == 4
    roll_back(cluster, copy)
    capsys.readouterr()
    assert run(arguments) == GOOD
    said = json.loads(capsys.readouterr().out)
    assert said == {
        "epoch": 2,
        "position": 1,
        "lost_epoch": 1,
        "lost_position": LOST,
        "survived_position": 0,
    }


def test_another_ledgers_database_is_refused(tmp_path: Path, cluster: Cluster) -> None:
    dsn = cluster.dsn(Role.APP)
    with waiting_log(dsn, tmp_path) as log:
        append(log, 1)
    with psycopg.connect(cluster.dsn(Role.SUPERUSER)) as connection:
        connection.execute("UPDATE ledger.identity SET ledger = gen_random_uuid()")
    with waiting_log(dsn, tmp_path) as log, pytest.raises(Forked):
        append(log, 1)


def test_a_broken_head_file_is_not_taken_for_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text("{", "ascii")
    with pytest.raises(Integrity):
        HeadFile(tmp_path).read()
