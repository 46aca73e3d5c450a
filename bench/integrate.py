"""Integrating: events read, tiles written, a checkpoint signed, against hashing the same leaves."""

import shutil
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Final

import psycopg

from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave, timed
from bench.viewing import SQL, Filled, filled
from infra.logkeys import LogKeys
from infra.postgres import Role
from projections.integrate import connect
from projections.integrator import Integrator, Log

BAR: Final = Bar(
    "integrate",
    "x",
    0.1,
    0.3,
    "leaves a second from the store to a published checkpoint / SHA-256 of them in hashlib",
)


def integrate(made: Filled, place: Path) -> float:
    """Return leaves a second of an integrator that begins at position 1."""
    shutil.rmtree(place, ignore_errors=True)
    integrator = Integrator(Log(place, LogKeys(place), "bench"))
    with timed() as watch, connect(made.scratch.dsn(Role.FOLLOWER)) as connection:
        while integrator.integrate(connection):
            pass
        head = integrator.publish()
    assert head.size == made.head
    return head.size / watch.seconds


def hash_leaves(envelopes: list[bytes]) -> float:
    """Return leaves a second of hashlib alone."""
    with timed() as watch:
        for envelope in envelopes:
            sha256(b"\x00" + envelope).digest()
    return len(envelopes) / watch.seconds


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    with filled("integrate") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        record(dsn, made.codec, made.filling.lives(scale.pick(200_000, 2_000)))
        made.settle()
        place = made.scratch.data / "integrated"
        with psycopg.connect(made.scratch.dsn(Role.OWNER)) as connection:
            envelopes = [row[0] for row in connection.execute(SQL["envelopes"])]
        rounds = interleave(
            scale.rounds,
            ours=lambda: integrate(made, place),
            hashlib=lambda: hash_leaves(envelopes),
        )
        notes = (
            f"{made.head:,} leaves, {sum(map(len, envelopes)) // len(envelopes)} bytes each",
            rounds.note("ours", "leaves/s"),
            rounds.note("hashlib", "leaves/s"),
        )
    yield Result(BAR, rounds.ratios("ours", "hashlib"), notes)
