"""`ledger up --kafka`: every event is published once, whatever is killed, and nothing is left."""

import json
import os
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psutil
import pytest
from kafka import KafkaProducer
from support import running as up
from support.broker import settings as broker_settings
from support.kafka import Reached, committed_everywhere
from support.running import Running, ledger

TOPIC = "ledger.events"
NO_EVENT = b"no event"
PARTS = ("kafka", "publisher", "consumers")


@dataclass
class At:
    """Where Kafka is, as the running ledger says."""

    running: Running

    @property
    def bootstrap(self) -> str:
        return str(self.running.reread()["kafka"])


def eventually(done: Callable[[], bool], what: str, seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.1)


def start(place: Path, state: Path) -> Running:
    jars = str(broker_settings(place).kafka_jars)
    more = {"LEDGER_STATE": str(state), "LEDGER_KAFKA_JARS": jars}
    return up.start(place / "data", place / "ledger.log", "--kafka", **more)


@pytest.fixture(name="running", scope="module")
def _running(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A ledger with Kafka for this module; the last test ends it."""
    started = start(tmp_path_factory.mktemp("up-kafka"), state)
    yield started
    started.stop()


def one_pid(running: Running, name: str) -> int | None:
    found = running.reread()["pids"][name]
    return (found or [None])[0] if isinstance(found, list) else found


def published(running: Running) -> Counter[str]:
    """Return how often each event is on the topic, as its readers see it."""
    values = committed_everywhere(At(running), TOPIC)
    return Counter(json.loads(value)["id"] for value in values if value != NO_EVENT)


def is_published(running: Running) -> None:
    """See that an event recorded now is published, and none is there twice."""
    (event, *_) = running.open_ticket()["event_ids"]
    eventually(lambda: published(running)[event] == 1, "the event is published")
    assert set(published(running).values()) == {1}


def status(running: Running) -> dict[str, Any]:
    return dict(json.loads(ledger("status", "--json", "--data", str(running.data)).stdout))


def test_it_says_where_kafka_is_and_which_processes_there_are(running: Running) -> None:
    ready = running.reread()
    host, _, port = ready["kafka"].partition(":")
    assert host == "127.0.0.1"
    socket.create_connection((host, int(port)), 5).close()
    family = {process.pid for process in running.family()}
    assert {one_pid(running, part) for part in PARTS} <= family


def test_events_from_the_first_on_are_published_once_each(running: Running) -> None:
    is_published(running)
    counted = published(running)
    found = status(running)
    assert len(counted) >= found["position"] - 5 > 0


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_killed_comes_back_and_nothing_is_published_twice(
    running: Running, part: str
) -> None:
    before = one_pid(running, part)
    assert before is not None
    os.kill(before, signal.SIGKILL)
    running.open_ticket()
    eventually(lambda: one_pid(running, part) not in (before, None), f"{part} is started again")
    is_published(running)


def test_kafka_whose_port_was_taken_moves_and_takes_the_others_with_it(running: Running) -> None:
    before, bootstrap = one_pid(running, "kafka"), running.reread()["kafka"]
    assert before is not None
    supervisor = psutil.Process(running.process.pid)
    supervisor.suspend()
    os.kill(before, signal.SIGKILL)
    with socket.socket() as taker:
        taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        eventually(lambda: taken(taker, bootstrap), "the port is ours")
        supervisor.resume()
        eventually(lambda: running.reread()["kafka"] != bootstrap, "Kafka has moved")
        is_published(running)


def taken(taker: socket.socket, bootstrap: str) -> bool:
    try:
        taker.bind(("127.0.0.1", int(bootstrap.rpartition(":")[2])))
    except OSError:
        return False
    taker.listen()
    return True


def test_status_and_figures_say_how_far_the_publisher_is(running: Running) -> None:
    is_published(running)
    eventually(lambda: status(running)["publisher"]["lag"] == 0, "the publisher is up to date")
    found = status(running)
    assert found["publisher"]["topic"] == TOPIC
    assert found["publisher"]["position"] == found["position"]
    assert "publisher" not in found["followers"]
    assert f"publisher  {TOPIC}: at " in ledger("status", "--data", str(running.data)).stdout

    def figures() -> str:
        return httpx.get(f"{running.url}/metrics", timeout=10).text

    eventually(lambda: f"ledger_publisher_position {float(found['position'])}" in figures(), "it")
    assert "ledger_publisher_lag 0.0" in figures()


def test_what_is_no_event_is_parked_and_tried_again_when_redriven(running: Running) -> None:
    def signals() -> dict[str, int]:
        return dict(status(running)["consumers"].get("signals", {"lag": 1}))

    is_published(running)
    eventually(lambda: signals()["lag"] == 0, "the consumer has caught up")
    with closing(KafkaProducer(bootstrap_servers=At(running).bootstrap)) as producer:
        producer.send(TOPIC, NO_EVENT).get(timeout=20)
    eventually(lambda: signals()["parked"] == 1, "it is parked")
    tried = signals()["retried"]
    done = ledger("redrive", "signals", "--json", "--data", str(running.data))
    assert json.loads(done.stdout) == {"group": "signals", "streams": 1, "events": 1, "sendings": 0}
    eventually(lambda: signals()["retried"] > tried, "it is tried again")
    assert signals()["parked"] == 1


def test_a_consumer_that_never_ran_is_not_redriven(running: Running) -> None:
    refused = ledger("redrive", "nobody", "--data", str(running.data))
    assert refused.returncode == 3
    assert "nobody" in refused.stderr


def test_a_second_one_on_the_same_data_is_refused_naming_the_first(running: Running) -> None:
    second = ledger("up", "--kafka", "--data", str(running.data), "--json")
    assert second.returncode == 5
    assert str(running.process.pid) in second.stderr


def test_another_kafka_and_an_embedded_one_are_not_both_used(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    both = ledger("up", "--kafka", "--data", data, LEDGER_KAFKA_BOOTSTRAP="127.0.0.1:9")
    assert both.returncode == 3
    assert "LEDGER_KAFKA_BOOTSTRAP" in both.stderr


def test_another_kafka_is_used_where_one_is_named(
    ledger_factory: Callable[..., Running], broker: Reached
) -> None:
    topic = f"up.{uuid4()}"
    named = {"LEDGER_KAFKA_BOOTSTRAP": broker.bootstrap, "LEDGER_KAFKA_TOPIC": topic}
    elsewhere = ledger_factory(**named)
    assert elsewhere.ready["kafka"] == broker.bootstrap
    assert one_pid(elsewhere, "kafka") is None
    assert not (elsewhere.data / "kafka").exists()
    event = elsewhere.open_ticket()["event_ids"][0].encode()
    there = lambda: sum(event in value for value in committed_everywhere(broker, topic))  # noqa: E731
    eventually(lambda: there() == 1, "the event is published")


def test_after_killing_the_supervisor_the_next_up_publishes_what_is_missing(
    running: Running, state: Path
) -> None:
    family = running.family()
    opened = running.open_ticket()["event_ids"][0]
    running.process.kill()
    running.stop()
    again = start(running.data.parent, state)
    eventually(lambda: published(again)[opened] == 1, "the event is published")
    assert set(published(again).values()) == {1}
    family += again.family()
    begun = time.monotonic()
    assert again.stop() == 0
    assert time.monotonic() - begun < 10
    assert not [process for process in family if process.is_running()]
