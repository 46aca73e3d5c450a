"""Catching up: the queue's follower from position 1 to the head, against a raw COPY."""

import threading
import time
from collections.abc import Iterator
from typing import Final

import psycopg

from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave, timed
from bench.viewing import SQL, Filled, filled
from infra.postgres import Role
from projections.metrics import Meters
from projections.queue import QueueWriter
from projections.runner import Follower

BAR: Final = Bar(
    "catch-up", "x", 0.05, 0.2, "events a second of the queue's follower / raw COPY of the rows"
)


def follow(made: Filled) -> float:
    """Return events a second of a follower that begins at position 1."""
    made.forget_queue()
    head = made.head
    follower = Follower(made.scratch.dsn(Role.FOLLOWER), QueueWriter().followed(), Meters())
    stop = threading.Event()
    thread = threading.Thread(target=follower.run, args=[stop])
    with made.scratch.superuser() as connection, timed() as watch:
        thread.start()
        while _position(connection) < head:
            time.sleep(0.002)
    stop.set()
    thread.join()
    assert not follower.failed
    return head / watch.seconds


def _position(connection: psycopg.Connection) -> int:
    row = connection.execute(SQL["followed"]).fetchone()
    return int(row[0]) if row else 0


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    with filled("catch_up") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        record(dsn, made.codec, made.filling.lives(scale.pick(200_000, 2_000)))
        made.settle()
        rounds = interleave(scale.rounds, ours=lambda: follow(made), copy=made.raw_copy)
        notes = (
            f"{made.head:,} events",
            rounds.note("ours", "events/s"),
            rounds.note("copy", "events/s"),
        )
    yield Result(BAR, rounds.ratios("ours", "copy"), notes)
