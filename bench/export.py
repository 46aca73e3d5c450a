"""An export of 1,000 events, and checking it: seconds, and where they go."""

import asyncio
import cProfile
import pstats
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
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
from projections.exporting.make import make_bag
from projections.exporting.wanted import Wanted
from projections.heads import HeadSigner, serving
from projections.integrate import connect
from projections.integrator import Integrator, Log
from projections.log_meters import LogMeters

EXPORT: Final = Bar(
    "export", "s", 3.0, 1.0, "a ticket of 1,000 events as a bag, without its PDF", at_most=True
)
VERIFY: Final = Bar("verify", "s", 1.0, 0.5, "checking that bag, with our own code", at_most=True)
_NAME: Final = "bench"
_ORIGIN: Final = f"{_NAME}/1"
_SHARES: Final = {
    "opening what is sealed": ("_disclosed",),
    "proofs": ("inclusion",),
    "writing the zip": ("writestr",),
    "the timeline": ("row",),
}


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


def _export(made: Filled, chain: Chain, out: Path) -> None:
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
        await make_bag(out, wanted, Reader(pool), sealer, data, keys, sign)
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
            shares = _shares(made, ticket, Path(place) / "profiled.zip")
        size = bag.stat().st_size
    note = f"{events:,} events, {size / 1e6:.1f} MB; without the wait for the next checkpoint"
    yield Result(EXPORT, tuple(exported), (note, shares))
    yield Result(VERIFY, tuple(verified), ())


def _shares(made: Filled, chain: Chain, out: Path) -> str:
    """Return which part of an export goes where, under a profiler."""
    profile = cProfile.Profile()
    profile.runcall(_export, made, chain, out)
    stats = pstats.Stats(profile)
    figures = stats.stats  # type: ignore[attr-defined]
    whole = stats.total_tt  # type: ignore[attr-defined]
    spent = {
        name: sum(found[3] for place, found in figures.items() if place[2] in functions) / whole
        for name, functions in _SHARES.items()
    }
    told_of = ", ".join(f"{name} {share:.0%}" for name, share in spent.items())
    return f"{told_of}, the rest reading, hashing and listing"
