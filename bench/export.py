"""An export with its PDF of 1,000 and of 100,000 events, and checking it; where the time goes."""

import asyncio
import cProfile
import pstats
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from bench.filling import record
from bench.harness import Bar, Result, Scale, timed
from bench.long_ticket import told
from bench.viewing import Filled, filled
from domain.chainhead import Chain
from domain.exportnote import ExportNote
from domain.values import Actor, ActorKind
from infra.bundle.checking import check
from infra.bundle.reader import opening
from infra.ids import new_id
from infra.logkeys import LogKeys
from infra.notes import Verifier
from infra.pool import Pool
from infra.postgres import Role
from infra.reader import Reader
from projections.exporting.chains import events_of
from projections.exporting.make import make_bag
from projections.exporting.wanted import Wanted
from projections.heads import HeadSigner, serving
from projections.integrate import connect
from projections.integrator import Integrator, Log
from projections.log_meters import LogMeters

EXPORT: Final = Bar(
    "export", "s", 3.0, 2.0, "a ticket of 1,000 events as a bag, with its PDF", at_most=True
)
WHOLE: Final = Bar(
    "export-100000",
    "s",
    180,
    100,
    "a ticket of 100,000 events as a bag, with its PDF",
    at_most=True,
)
VERIFY: Final = Bar("verify", "s", 1.0, 0.5, "checking that bag, with our own code", at_most=True)
_NAME: Final = "bench"
_ORIGIN: Final = f"{_NAME}/1"
_SHARES: Final = {
    "crypto": ("_disclosed", "inclusion", "leaf_hash"),
    "writing the zip": ("writestr",),
    "rows of the timeline": ("row", "paper_row"),
}


@dataclass(slots=True)
class _Steps:
    """What an export said of its progress: when it had all events, when the PDF went on."""

    events: int
    calls: int = 0
    read: float = 0.0
    paper: float = 0.0

    def __call__(self, done: int) -> None:
        self.calls += 1
        now = time.perf_counter()
        if done <= self.events:
            self.read = now
        self.paper = now


@contextmanager
def _log(made: Filled) -> Iterator[None]:
    """Integrate what is recorded, and answer for heads while the block runs."""
    data, dsn = made.scratch.data, made.scratch.dsn(Role.FOLLOWER)
    keys = LogKeys(data)
    integrator = Integrator(Log(data, keys, _NAME))
    with connect(dsn) as connection:
        while integrator.integrate(connection):
            pass
    integrator.publish()
    with serving(data, HeadSigner(data, keys, lambda: connect(dsn)), LogMeters()):
        yield


def _export(
    made: Filled, chain: Chain, out: Path, progress: Callable[[int], None] = lambda _: None
) -> None:
    data = made.scratch.data
    signing = LogKeys(data).signer(f"{_ORIGIN}/export")

    async def sign(digest: bytes) -> bytes:
        return signing.sign(ExportNote(_ORIGIN, digest, 1, bytes(32)).text()).encode()

    async def run() -> None:
        pool = Pool(made.scratch.dsn(Role.APP))
        await pool.open()
        wanted = Wanted(
            chain=chain,
            position=made.head,
            bag=new_id(),
            by=Actor(ActorKind.SYSTEM, new_id(), None),
            at=datetime.now(UTC),
            recipient="bench",
            basis="consent",
            words=None,
            withhold=frozenset(),
            zone=ZoneInfo("UTC"),
        )
        sealer, keys = made.codec.sealer, LogKeys(data)
        await make_bag(out, wanted, Reader(pool), sealer, data, keys, sign, progress)
        await pool.close()

    asyncio.run(run())


def _verify(bag: Path, key: Verifier) -> None:
    with opening(bag) as opened:
        verdict = check(opened, key)
    assert verdict.ok, verdict.findings[:3]


def run(scale: Scale) -> Iterator[Result]:
    """Export one ticket again and again, and check what was written."""
    events = scale.pick(1_000, 50)
    exported: list[float] = []
    verified: list[float] = []
    with filled("export") as made, tempfile.TemporaryDirectory(prefix="ledger-bench-") as place:
        ticket, requests = told(made.filling, events)
        record(made.scratch.dsn(Role.APP), made.codec, iter(requests))
        with _log(made):
            key = LogKeys(made.scratch.data).signer(_ORIGIN).verifier
            for number in range(scale.rounds):
                bag = Path(place) / f"{number}.zip"
                with timed() as watch:
                    _export(made, ticket, bag)
                exported.append(watch.seconds)
                with timed() as watch:
                    _verify(bag, key)
                verified.append(watch.seconds)
            shares = _shares(made, ticket, Path(place) / "profiled.zip", events)
        size = bag.stat().st_size
    note = f"{events:,} events, {size / 1e6:.1f} MB; without the wait for the next checkpoint"
    yield Result(EXPORT, tuple(exported), (note, shares))
    yield Result(VERIFY, tuple(verified), ())
    yield _whole(scale.pick(100_000, 50))


def _whole(events: int) -> Result:
    """Export a long ticket once."""
    with filled("export") as made, tempfile.TemporaryDirectory(prefix="ledger-bench-") as place:
        ticket, requests = told(made.filling, events)
        record(made.scratch.dsn(Role.APP), made.codec, iter(requests))
        with _log(made):
            steps = _Steps(events)
            before = _forget_the_most()
            with timed() as watch:
                _export(made, ticket, Path(place) / "whole.zip", steps)
        size = (Path(place) / "whole.zip").stat().st_size
    memory = _memory("VmHWM")
    paper = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
    waited = (steps.paper - steps.read) / watch.seconds
    notes = (
        f"{events:,} events, {size / 1e6:.0f} MB; progress was told {steps.calls} times",
        f"{waited:.0%} waiting for the PDF after the last event",
        f"at most {memory} MB of memory, {before} MB before; of one typst process {paper} MB",
    )
    return Result(WHOLE, (watch.seconds,), notes)


def _forget_the_most() -> int:
    """Let the most memory of this process be counted anew (proc(5)); return what it has, in MB."""
    Path("/proc/self/clear_refs").write_text("5")
    return _memory("VmRSS")


def _memory(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:")) >> 10


def _reading(made: Filled, chain: Chain) -> float:
    """Return the seconds of reading the events alone."""

    async def run() -> None:
        pool = Pool(made.scratch.dsn(Role.APP))
        await pool.open()
        async for _ in events_of(Reader(pool), (chain,), made.head):
            pass
        await pool.close()

    with timed() as watch:
        asyncio.run(run())
    return watch.seconds


def _shares(made: Filled, chain: Chain, out: Path, events: int) -> str:
    """Return which part of an export goes where, under a profiler."""
    profile, steps = cProfile.Profile(), _Steps(events)
    profile.runcall(_export, made, chain, out, steps)
    stats = pstats.Stats(profile)
    figures = stats.stats  # type: ignore[attr-defined]
    whole = stats.total_tt  # type: ignore[attr-defined]
    spent = {
        name: sum(found[3] for place, found in figures.items() if place[2] in functions) / whole
        for name, functions in _SHARES.items()
    }
    spent["waiting for the PDF"] = (steps.paper - steps.read) / whole
    spent["reading alone"] = _reading(made, chain) / whole
    return ", ".join(f"{name} {share:.0%}" for name, share in spent.items())
