"""Append bars: everything on (decide, seal, hash, idempotency, expected version), filled table."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median
from typing import Final

from bench.harness import Bar, Result, Scale, interleave
from bench.pgbench import Pgbench
from bench.scratch import Scratch, scratch

_PGBENCH: Final = "pgbench single-row INSERT, 32 clients, prepared, same columns and unique keys"
ONE: Final = Bar("append-256", "x", 0.5, 1.0, f"256 callers in one process against {_PGBENCH}")
TWO: Final = Bar(
    "append-256-two", "x", 0.7, 1.5, f"2 x 256 callers, two processes, against {_PGBENCH}"
)
STOCK: Final = Bar(
    "append-32", "x", 10.0, 25.0, "32 callers against stock Application.save, 32 threads"
)
VALID: Final = (15.0, 45.0)
"""pgbench / stock lies between these on a machine that is fit for this comparison."""


@dataclass(slots=True)
class Appender:
    """One process that appends when told to."""

    process: subprocess.Popen[str]

    def start(self, callers: int, seconds: float) -> None:
        """Tell it to append; `rate` waits for the end."""
        assert self.process.stdin
        self.process.stdin.write(json.dumps({"callers": callers, "seconds": seconds}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> float:
        """Return what it says when it is done: appends a second."""
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the appending process ended: its last words are on standard error"
        return float(line)


@contextmanager
def appender(made: Scratch, filled: int) -> Iterator[Appender]:
    """Start a process that appends; it first records `filled` events, then waits."""
    settings = made.settings()
    assert settings.database_url
    environment = {
        **os.environ,
        "LEDGER_DATA": str(made.data),
        "LEDGER_DATABASE_URL": settings.database_url.get_secret_value(),
    }
    command = [sys.executable, "-m", "bench.appender", str(filled)]
    process = subprocess.Popen(
        command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    with process:
        found = Appender(process)
        found.answer()
        yield found
        assert process.stdin
        process.stdin.close()


def rate(appenders: list[Appender], callers: int, seconds: float) -> float:
    """Return the appends a second of several processes at once."""
    for one in appenders:
        one.start(callers, seconds)
    return sum(one.answer() for one in appenders)


def stock_rate(made: Scratch, seconds: float) -> float:
    """Return the library's saves a second, in the same cluster."""
    library = {"PERSISTENCE_MODULE": "eventsourcing.postgres", "POSTGRES_POOL_SIZE": "32"}
    command = [sys.executable, "-m", "bench.stock", str(seconds)]
    done = subprocess.run(
        command,
        env=made.variables("stock", "POSTGRES_", "DBNAME") | library,
        capture_output=True,
        text=True,
        check=True,
        timeout=seconds + 60,
    )
    return float(done.stdout)


def run(scale: Scale) -> Iterator[Result]:
    """Measure the three bars against the same references in the same rounds."""
    filled, seconds = scale.pick(100_000, 600), scale.pick(4, 1)
    with ExitStack() as stack:
        made = stack.enter_context(scratch())
        made.make_database("stock")
        first = stack.enter_context(appender(made, filled))
        second = stack.enter_context(appender(made, scale.pick(2_000, 600)))
        reference = Pgbench.prepare(made, filled)
        rounds = interleave(
            scale.rounds,
            pgbench=lambda: reference.rate(seconds),
            one=lambda: rate([first], 256, seconds),
            two=lambda: rate([first, second], 256, seconds),
            callers_32=lambda: rate([first], 32, seconds),
            stock=lambda: stock_rate(made, seconds),
        )
    pgbench = rounds.note("pgbench", "rows/s")
    yield Result(ONE, rounds.ratios("one", "pgbench"), (rounds.note("one", "appends/s"), pgbench))
    yield Result(TWO, rounds.ratios("two", "pgbench"), (rounds.note("two", "appends/s"), pgbench))
    share = median(rounds.ratios("pgbench", "stock"))
    fit = VALID[0] <= share <= VALID[1]
    yield Result(
        STOCK,
        rounds.ratios("callers_32", "stock"),
        (rounds.note("callers_32", "appends/s"), rounds.note("stock", "saves/s")),
        "" if fit else f"pgbench / stock is {share:.1f}, not {VALID[0]:g} to {VALID[1]:g}",
    )
