"""The embedded Kafka serves transactions, comes up from anything a crash can leave, and ends."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import psutil
import pytest
from kafka.errors import KafkaError
from support.broker import Shared, settings, started
from support.kafka import Reached, committed, new_topic, transactional

from domain.errors import Unavailable
from infra.files import hold
from infra.kafka import Broker
from infra.kafka.probe import answers

LONG = 150


def written(broker: Reached, topic: str, *values: bytes) -> None:
    with transactional(broker) as producer:
        producer.begin_transaction()
        sent = [producer.send(topic, value) for value in values]
        producer.flush()
        for future in sent:
            future.get(timeout=10)
        producer.commit_transaction()


def kill(broker: Broker) -> None:
    os.kill(broker.pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(broker.pid)], timeout=10)


def test_what_a_transaction_wrote_is_read_once_it_is_committed(broker: Shared) -> None:
    topic = new_topic(broker)
    with transactional(broker) as producer:
        producer.begin_transaction()
        producer.send(topic, b"one").get(timeout=10)
        assert committed(broker, topic) == []
        producer.send(topic, b"two").get(timeout=10)
        producer.commit_transaction()
        assert committed(broker, topic) == [b"one", b"two"]


def test_what_an_aborted_transaction_wrote_is_never_read(broker: Shared) -> None:
    topic = new_topic(broker)
    with transactional(broker) as producer:
        producer.begin_transaction()
        producer.send(topic, b"taken back").get(timeout=10)
        producer.abort_transaction()
        producer.begin_transaction()
        producer.send(topic, b"kept").get(timeout=10)
        producer.commit_transaction()
    assert committed(broker, topic) == [b"kept"]


def test_a_second_producer_of_the_same_name_fences_the_first(broker: Shared) -> None:
    topic, name = new_topic(broker), str(uuid4())
    with transactional(broker, name) as first:
        first.begin_transaction()
        first.send(topic, b"of the first").get(timeout=10)
        with transactional(broker, name) as second:
            second.begin_transaction()
            second.send(topic, b"of the second").get(timeout=10)
            second.commit_transaction()
        with pytest.raises(KafkaError):
            first.commit_transaction()
    assert committed(broker, topic) == [b"of the second"]


def test_a_broker_that_was_killed_keeps_what_it_acknowledged(tmp_path: Path) -> None:
    with started(tmp_path / "data") as broker:
        topic = new_topic(broker)
        written(broker, topic, b"one", b"two")
        place = broker.bootstrap
        kill(broker)
        assert not broker.alive()
        broker.start()
        assert broker.bootstrap == place
        assert committed(broker, topic) == [b"one", b"two"]
        written(broker, topic, b"three")
        assert committed(broker, topic) == [b"one", b"two", b"three"]


def test_a_broker_left_by_a_killed_ledger_is_ended_first(tmp_path: Path) -> None:
    with hold(tmp_path / "data") as held:
        lost = Broker(held, settings(held.path))
        lost.start()
        topic = new_topic(lost)
        written(lost, topic, b"one")
        again = Broker(held, settings(held.path))
        again.start()
        assert not lost.alive()
        assert " ERROR " not in again.log.read_text("utf-8")  # never were there two at once
        assert committed(again, topic) == [b"one"]
        again.stop()
        lost.stop()


def test_any_path_of_150_characters_below_a_closed_parent_will_do(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    name = "a,b =c\\d ü "
    data = closed / (name + "d" * (LONG - len(str(closed / name))))
    assert len(str(data)) == LONG
    with started(data) as broker:
        topic = new_topic(broker)
        written(broker, topic, b"one")
    assert closed.stat().st_mode & 0o777 == 0o700
    with started(data) as broker:
        assert committed(broker, topic) == [b"one"]


def test_it_listens_on_loopback_alone_and_leaves_nothing_behind(tmp_path: Path) -> None:
    with started(tmp_path / "data") as broker:
        process = psutil.Process(broker.pid)
        listening = [c for c in process.net_connections() if c.status == psutil.CONN_LISTEN]
        assert {c.laddr.ip.removeprefix("::ffff:") for c in listening} == {"127.0.0.1"}
        assert len(listening) == 2
    assert not process.is_running()


def test_a_broker_that_does_not_end_in_time_is_ended(tmp_path: Path) -> None:
    with started(tmp_path / "data") as broker:
        process = psutil.Process(broker.pid)
        process.suspend()
        broker.stop(0.5)
        assert not process.is_running()


def test_a_taken_port_is_not_insisted_on(tmp_path: Path) -> None:
    with hold(tmp_path) as held, socket.create_server(("127.0.0.1", 0)) as taken:
        broker = Broker(held, settings(tmp_path))
        broker.port = taken.getsockname()[1]
        broker.start()
        assert broker.port != taken.getsockname()[1]
        broker.stop()


def test_only_the_cluster_that_was_started_counts_as_answering(broker: Shared) -> None:
    lines = (broker.data / "meta.properties").read_text().splitlines()
    cluster = next(line for line in lines if line.startswith("cluster.id=")).split("=", 1)[1]
    port = int(broker.bootstrap.rpartition(":")[2])
    assert answers(port, cluster, 5.0)
    assert not answers(port, "another-cluster", 5.0)


def test_half_a_directory_is_never_used(tmp_path: Path) -> None:
    half = tmp_path / "kafka" / "new"
    half.mkdir(parents=True)
    (half / "meta.properties").write_text("version=1\n")
    with started(tmp_path) as broker:
        assert not half.exists()
        assert (broker.data / "meta.properties").read_text().count("cluster.id=") == 1


def test_a_wait_that_is_given_up_ends_the_start(tmp_path: Path) -> None:
    class Stopped(Exception):
        """Stands for a signal."""

    waits = iter(range(5))

    def give_up() -> None:
        if next(waits, None) is None:
            raise Stopped

    with hold(tmp_path) as held:
        broker = Broker(held, settings(tmp_path), give_up)
        with pytest.raises(Stopped):
            broker.start()
        broker.stop()
        lines = [p.info["cwd"] for p in psutil.process_iter(["cwd"])]
        assert str(tmp_path / "kafka") not in lines


def test_a_directory_that_is_held_has_no_second_broker(tmp_path: Path) -> None:
    program = (
        "import sys, pathlib, infra.files as files\n"
        "with files.hold(pathlib.Path(sys.argv[1])):\n"
        "    print('held', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(Unavailable, match=f"process {other.pid}"), started(tmp_path):
            pass
