"""The POST bar: a ticket opened over HTTP against an empty handler, 32 connections."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Final

import httpx

from bench.harness import Bar, Result, Scale, interleave
from bench.load import Load, Served, in_its_own_process
from bench.stack import Stack, stack

POST: Final = Bar(
    "post",
    "x",
    0.35,
    0.6,
    "POST /v1/tickets, 32 connections, one process, everything on, against an empty FastAPI "
    "handler with the same server, authentication and body",
)
_UNBOUNDED: Final = "1000000000"
_READY_WITHIN: Final = 30.0


@contextmanager
def empty_api(running: Stack) -> Iterator[int]:
    """Start the empty handler with the settings of the running API; yield its port."""
    (pid,) = running.ready["pids"]["api"]
    raw = Path(f"/proc/{pid}/environ").read_bytes().decode().split("\0")
    environment = dict(line.split("=", 1) for line in raw if "=" in line)
    environment.pop("LEDGER_LISTEN_FD", None)
    environment["LEDGER_LISTEN"] = "127.0.0.1:0"
    environment["PATH"] = os.environ["PATH"]
    command = [sys.executable, "-m", "bench.empty_api"]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    with process:
        assert process.stdout
        port = int(process.stdout.readline())
        wait_until_serving(port)
        yield port
        process.terminate()


def wait_until_serving(port: int) -> None:
    """Return when the server answers, whatever it answers."""
    end = time.monotonic() + _READY_WITHIN
    while time.monotonic() < end:
        try:
            httpx.get(f"http://127.0.0.1:{port}/", timeout=5)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the empty handler does not come up")


def rate(load: Load, served: list[Served]) -> float:
    """Put the load on; return answers a second, every one of them 201."""
    result = in_its_own_process(load)
    assert set(result.statuses) == {"201"}, result
    served.append(result)
    return result.rate


def run(scale: Scale) -> Iterator[Result]:
    """Measure by turns; a warm-up first fills caches and connections of both."""
    many, warm = scale.pick(12_000, 200), scale.pick(3_000, 50)
    limits = {"LEDGER_RATE_PER_SECOND": _UNBOUNDED, "LEDGER_RATE_BURST": _UNBOUNDED}
    ours: list[Served] = []
    theirs: list[Served] = []
    with stack(**limits) as running, empty_api(running) as port:
        load = running.opening(many)
        empty = replace(load, port=port)
        for one in (load, empty):
            rate(replace(one, requests=warm), [])
        rounds = interleave(
            scale.rounds, ours=lambda: rate(load, ours), empty=lambda: rate(empty, theirs)
        )
    slowest = max(one.p99 for one in ours) * 1000
    notes = (
        rounds.note("ours", "requests/s"),
        rounds.note("empty", "requests/s"),
        f"p99 of ours: {slowest:.1f} ms",
    )
    yield Result(POST, rounds.ratios("ours", "empty"), notes)
