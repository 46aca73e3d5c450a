"""From an append's answer to the signed checkpoint that covers it, while appends go on."""

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Final

from bench.filling import record
from bench.harness import Bar, Result, Scale, quantile
from bench.viewing import Filled, filled
from infra.postgres import Role
from infra.tilefiles import TileReader, head_of, log_directory

BAR: Final = Bar(
    "checkpoint-delay",
    "s",
    1.5,
    1.1,
    "p99 from the answer to an append to the published checkpoint that covers it",
    at_most=True,
)
_LOOK: Final = 0.002
_PATIENCE: Final = 30.0


@contextmanager
def integrator(made: Filled) -> Iterator[TileReader]:
    """Run the integrator's process while the block runs."""
    data = made.scratch.data
    given = {
        **os.environ,
        "LEDGER_DATA": str(data),
        "LEDGER_DATABASE_FOLLOWER_URL": made.scratch.dsn(Role.FOLLOWER),
    }
    process = subprocess.Popen([sys.executable, "-m", "projections.integrate"], env=given)
    try:
        yield TileReader(log_directory(data) / "1")
    finally:
        process.terminate()
        process.wait(_PATIENCE)


class Covered(threading.Thread):
    """Notes when which size was published, looking every few milliseconds."""

    def __init__(self, reader: TileReader) -> None:
        super().__init__(daemon=True)
        self.seen: list[tuple[int, float]] = []
        self._reader = reader
        self._over = threading.Event()

    def run(self) -> None:
        """Look until told to stop."""
        while not self._over.wait(_LOOK):
            note = self._reader.checkpoint()
            size = 0 if note is None else head_of(note).size
            if not self.seen or size > self.seen[-1][0]:
                self.seen.append((size, time.perf_counter()))

    def stop(self) -> None:
        """Stop looking."""
        self._over.set()
        self.join()

    def size(self) -> int:
        """Return the last size that was seen."""
        return self.seen[-1][0] if self.seen else 0

    def at(self, position: int) -> float:
        """Return when a position was first covered."""
        return next(moment for size, moment in self.seen if size >= position)


def delays(made: Filled, covered: Covered, appends: int, chance: random.Random) -> list[float]:
    """Append at odd times; return the seconds until each was covered."""
    answered = []
    for request in islice(made.filling.openings(appends), appends):
        position = record(made.scratch.dsn(Role.APP), made.codec, iter([request]))
        answered.append((position, time.perf_counter()))
        time.sleep(chance.uniform(0, 0.1))
    deadline = time.perf_counter() + _PATIENCE
    while covered.size() < answered[-1][0]:
        assert time.perf_counter() < deadline, "no checkpoint comes"
        time.sleep(_LOOK)
    return [covered.at(position) - moment for position, moment in answered]


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    chance, p99, longest = random.Random(1), [], 0.0
    with filled("checkpoint_delay") as made:
        record(made.scratch.dsn(Role.APP), made.codec, made.filling.contracts())
        with integrator(made) as reader:
            covered = Covered(reader)
            covered.start()
            while not covered.size():  # it has started
                time.sleep(_LOOK)
            for _ in range(scale.rounds):
                seconds = delays(made, covered, scale.pick(200, 10), chance)
                p99.append(quantile(seconds, 0.99))
                longest = max(longest, *seconds)
            covered.stop()
    yield Result(BAR, tuple(p99), (f"longest: {longest:.3f} s",))
