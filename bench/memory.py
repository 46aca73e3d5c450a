"""Memory bars: what is resident after 10,000 requests, shared pages divided fairly (PSS)."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from bench.harness import Bar, Result, Scale
from bench.load import in_its_own_process
from bench.stack import stack

API: Final = Bar(
    "memory-api", "MB", 150, 100, "PSS of the API process after 10,000 requests", at_most=True
)
ALL: Final = Bar(
    "memory-stack",
    "MB",
    500,
    300,
    "PSS of the whole stack without Kafka, PostgreSQL included",
    at_most=True,
)
_PSS: Final = re.compile(r"^Pss:\s+(\d+) kB$", re.MULTILINE)


def pss(pids: Iterable[int]) -> float:
    """Return the proportional set size of some processes, in MB (10^6 bytes)."""
    total = 0
    for pid in pids:
        try:
            found = _PSS.search(Path(f"/proc/{pid}/smaps_rollup").read_text("utf-8"))
        except (FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            continue
        total += int(found[1]) if found else 0
    return total * 1024 / 1e6


def run(scale: Scale) -> Iterator[Result]:
    """Open 10,000 tickets, then look; then a fifth as many again before each further look."""
    first = scale.pick(10_000, 100)
    api: list[float] = []
    everything: list[float] = []
    with stack() as running:
        for number in range(scale.rounds):
            served = in_its_own_process(running.opening(first if number == 0 else first // 5))
            assert set(served.statuses) == {"201"}, served
            api.append(max(pss([pid]) for pid in running.ready["pids"]["api"]))
            everything.append(pss(process.pid for process in running.processes()))
        count = len(running.processes())
    yield Result(API, tuple(api))
    yield Result(ALL, tuple(everything), (f"{count} processes",))
