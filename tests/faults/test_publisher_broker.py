"""The broker is away while many events are appended, and then comes back with nothing."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.apart import ROOT
from support.broker import started
from support.databases import Database
from support.publishing import WITHIN, Bench, is_exactly
from support.views import eventually

from infra.kafka import Broker

MANY = 12_000
GROWTH = 20 * 2**20


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Broker]:
    with started(tmp_path / "broker") as broker:
        yield broker


@pytest.fixture
def bench(database: Database, keys_dir: Path, own: Broker) -> Bench:
    return Bench(database, keys_dir, own.bootstrap)


@pytest.fixture
def process(bench: Bench, tmp_path: Path) -> Iterator[psutil.Process]:
    """`python -m projections.publish`, as the supervisor starts it."""
    environment = {
        "PYTHONPATH": str(ROOT),
        "PATH": os.defpath,
        "LEDGER_DATA": str(bench.data),
        "LEDGER_DATABASE_FOLLOWER_URL": bench.database.dsn_follower,
        "LEDGER_KAFKA_BOOTSTRAP": bench.bootstrap,
        "LEDGER_KAFKA_TOPIC": bench.topic,
        "LEDGER_KAFKA_PARTITIONS": str(bench.partitions),
    }
    command = [sys.executable, "-m", "projections.publish"]
    with (tmp_path / "log").open("wb") as log:
        publisher = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=log)
    yield psutil.Process(publisher.pid)
    publisher.terminate()
    assert publisher.wait(WITHIN) == 0


def own_memory(process: psutil.Process) -> int:
    """Return what only this process holds, in bytes."""
    return int(process.memory_full_info().uss)


def test_a_broker_that_is_away_and_one_that_lost_everything(
    bench: Bench, own: Broker, process: psutil.Process, tmp_path: Path
) -> None:
    bench.fill(3_000)  # more than one transaction
    bench.drained()
    before = own_memory(process)
    own.stop()
    bench.fill(MANY, seed=2)
    log = tmp_path / "log"
    assert eventually(lambda: log.read_text().count("cannot publish") > 3, WITHIN)
    grown = own_memory(process) - before
    print(f"grown by {grown / 2**20:.1f} MiB while the broker was away")
    assert grown <= GROWTH
    assert bench.acknowledged() < bench.head()
    own.start()
    bench.drained()
    grown = own_memory(process) - before
    print(f"grown by {grown / 2**20:.1f} MiB when it caught up")
    assert grown <= GROWTH
    is_exactly(bench.records(), bench.envelopes())

    own.stop()
    shutil.rmtree(own.data)
    own.start()
    bench.fill(100, seed=3)  # with the next event it is noticed
    assert eventually(lambda: len(bench.generations()) == 2, WITHIN)
    bench.drained()
    is_exactly(bench.records(generation=2), bench.envelopes())
    assert bench.generations()[1] == (2, "this is another cluster than before")
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    begun = [line for line in lines if "begun with the first event" in line["event"]]
    assert [(line["topic"], line["level"]) for line in begun] == [
        (bench.topic, "info"),
        (f"{bench.topic}.2", "error"),
    ]
    metrics = bench.data / "publisher.prom"
    told = lambda: re.search(r"^ledger_publisher_generation 2", metrics.read_text(), re.MULTILINE)  # noqa: E731
    assert eventually(lambda: told() is not None, WITHIN)
