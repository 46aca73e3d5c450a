"""What it costs that Kafka is away while events are appended: memory, speed, and the way back."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from bench.broker import JARS
from bench.filling import record
from bench.harness import Bar, Result, Scale, timed
from bench.memory import pss
from bench.publisher import SQL
from bench.viewing import Filled, filled
from infra.files import hold
from infra.kafka import Broker
from infra.postgres import Role

MEMORY: Final = Bar(
    "broker-away-memory",
    "MB",
    20,
    5,
    "growth of the publisher (PSS) while Kafka is away and 200,000 events are appended",
    at_most=True,
)
SPEED: Final = Bar(
    "broker-away-append",
    "x",
    0.9,
    1.0,
    "appended events a second while Kafka is away / while it is there and is published to",
)
_WARM: Final = 20_000
_PATIENCE: Final = 300.0
_LOOK: Final = 0.05


class Publishing:
    """A publisher's process, and how far it is."""

    def __init__(self, made: Filled, process: "subprocess.Popen[bytes]") -> None:
        self._made = made
        self._process = process

    def append(self, events: int) -> float:
        """Append about so many events; return how many a second."""
        before = self._made.head
        with timed() as watch:
            record(
                self._made.scratch.dsn(Role.APP),
                self._made.codec,
                self._made.filling.lives(events),
            )
        return (self._made.head - before) / watch.seconds

    def drained(self) -> float:
        """Wait until everything is published; return the seconds that it took."""
        head, deadline = self._made.head, time.monotonic() + _PATIENCE
        with timed() as watch, self._made.scratch.superuser() as connection:
            while connection.execute(SQL["published"]).fetchone() != (head,):
                assert self._process.poll() is None, "the publisher ended"
                assert time.monotonic() < deadline, "the publisher does not get on"
                time.sleep(_LOOK)
        return watch.seconds

    def size(self) -> float:
        """Return the memory of the process, in MB."""
        return pss([self._process.pid])


@contextmanager
def publishing(made: Filled, bootstrap: str) -> Iterator[Publishing]:
    """Run the publisher's process while the block runs."""
    given = {
        **os.environ,
        "LEDGER_DATA": str(made.scratch.data),
        "LEDGER_DATABASE_FOLLOWER_URL": made.scratch.dsn(Role.FOLLOWER),
        "LEDGER_KAFKA_BOOTSTRAP": bootstrap,
    }
    process = subprocess.Popen([sys.executable, "-m", "projections.publish"], env=given)
    try:
        yield Publishing(made, process)
    finally:
        process.terminate()
        process.wait(_PATIENCE)


def run(scale: Scale) -> Iterator[Result]:
    """Append with Kafka, without, and look; then let it come back. 200,000 events in all rounds."""
    away = scale.pick(200_000, 1_000) // scale.rounds
    rates: list[float] = []
    sizes: list[float] = []
    with filled("away") as made, hold(made.scratch.data.parent / "broker") as held:
        broker = Broker(held, made.scratch.settings(kafka_jars=JARS))
        broker.start()
        record(made.scratch.dsn(Role.APP), made.codec, made.filling.contracts())
        with publishing(made, broker.bootstrap) as publisher:
            publisher.append(scale.pick(_WARM, 1_000))
            publisher.drained()
            there = [publisher.append(away) for _ in range(scale.rounds)]
            publisher.drained()
            before = publisher.size()
            broker.stop()
            for with_kafka in there:
                rates.append(publisher.append(away) / with_kafka)
                sizes.append(publisher.size() - before)
            broker.start()
            seconds, after = publisher.drained(), publisher.size() - before
        broker.stop()
    notes = (
        f"{away * scale.rounds:,} events without Kafka; the publisher had {before:.0f} MB before",
        f"Kafka came back: everything published after {seconds:.1f} s, {after:+.1f} MB then",
    )
    yield Result(MEMORY, (max(sizes),), notes)
    yield Result(SPEED, tuple(rates))
