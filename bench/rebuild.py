"""Rebuilding the queue at 1,000,000 events, from an empty table to the swap, against a raw COPY."""

from collections.abc import Iterator
from typing import Final

from bench.catch_up import follow
from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave, timed
from bench.viewing import Filled, filled
from infra.postgres import Role
from projections.rebuild import rebuilt

BAR: Final = Bar(
    "rebuild", "x", 0.2, 0.5, "events a second of building and swapping in / raw COPY of the rows"
)


def rebuild(made: Filled) -> float:
    """Return events a second; comparing both sides afterwards is not part of it."""
    with timed() as watch, rebuilt(made.scratch.dsn(Role.OWNER)):
        pass
    return made.head / watch.seconds


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    with filled("rebuild") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        record(dsn, made.codec, made.filling.lives(scale.pick(1_000_000, 2_000)))
        made.settle()
        follow(made)
        rounds = interleave(scale.rounds, ours=lambda: rebuild(made), copy=made.raw_copy)
        notes = (
            f"{made.head:,} events",
            rounds.note("ours", "events/s"),
            rounds.note("copy", "events/s"),
        )
    yield Result(BAR, rounds.ratios("ours", "copy"), notes)
