"""The publisher is killed before and after it produces and commits: everything is there once."""

import json
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from support.apart import ROOT
from support.broker import Shared
from support.databases import Database
from support.publishing import Bench, is_exactly, tracked
from support.store import FIXED_SEED, fresh_seed

from infra.kafka import names

EVENTS = 20
HOPS = ("begun", "written", "committed", "acknowledged")


@pytest.fixture
def bench(database: Database, keys_dir: Path, broker: Shared) -> Bench:
    return Bench(database, keys_dir, broker.bootstrap)


@pytest.fixture
def killed(bench: Bench) -> Iterator[Any]:
    """Run publishers that are told when to die; say how each ended."""
    told = {
        "dsn": bench.database.dsn_follower,
        "data": str(bench.data),
        "bootstrap": bench.bootstrap,
        "topic": bench.topic,
        "partitions": bench.partitions,
        "events": EVENTS,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "support.publishing_killed"],
        cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "PATH": ""},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdin is not None
        assert process.stdout is not None

        def run(**when: object) -> int:
            print(json.dumps({**told, **when}), file=process.stdin, flush=True)
            return int(process.stdout.readline())

        yield run
        process.stdin.close()


def uncommitted(bench: Bench) -> bool:
    """Say whether records lie on the topic that no reader of committed ones may see."""
    topic = names.events(bench.topic, 1)
    ends = []
    for level in ("read_uncommitted", "read_committed"):
        consumer = KafkaConsumer(
            bootstrap_servers=bench.bootstrap, group_id=None, isolation_level=level
        )
        with closing(consumer):
            places = [TopicPartition(topic, at) for at in range(bench.partitions)]
            ends.append(sum(consumer.end_offsets(places).values()))
    return ends[0] > ends[1]


def published(bench: Bench) -> int:
    """Return up to which position the tracking record says that it is published."""
    position = tracked(bench)["position"]
    assert isinstance(position, int)
    return position


def test_killed_at_every_hop_it_goes_on_exactly_once(bench: Bench, killed: Any) -> None:
    fixed, fresh = random.Random(FIXED_SEED), random.Random(fresh_seed())
    bench.fill(600)
    assert killed(hop="acknowledged", nth=1) == signal.SIGKILL
    hops = [(chance, hop) for chance in (fixed, fresh) for hop in chance.sample(HOPS, len(HOPS))]
    for chance, hop in hops:
        before, nth = published(bench), chance.randint(1, 2)
        assert bench.acknowledged() <= before
        assert killed(hop=hop, nth=nth) == signal.SIGKILL
        there = (nth - 1 if hop in {"begun", "written"} else nth) * EVENTS
        confirmed = (nth if hop == "acknowledged" else nth - 1) * EVENTS
        assert uncommitted(bench) == (hop == "written"), hop
        assert published(bench) == before + there, hop
        assert bench.acknowledged() == before + confirmed, hop
    for chance in (fixed, fresh, fresh):
        assert killed(after=chance.random() * 0.1) == signal.SIGKILL
    with bench.publishing():
        bench.drained()
    is_exactly(bench.records(), bench.envelopes())
    assert len(bench.generations()) == 1
