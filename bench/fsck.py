"""Verification: all that `ledger fsck` does, on one core, against SHA-256 of the same bytes."""

import time
from collections.abc import Iterator
from hashlib import sha256
from typing import Final

from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave
from bench.viewing import SQL, Filled, filled
from infra.fsck.run import fsck
from infra.postgres import Role

BAR: Final = Bar(
    "fsck",
    "x",
    0.2,
    0.6,
    "events a second of CPU in the one verifying process (without the database server's) / SHA-256 "
    "of the bytes of the same rows",
)


def verify(made: Filled) -> float:
    """Return events a second of this process's CPU time; sealed fields are opened too."""
    settings = made.scratch.settings()
    before = time.process_time()
    report = fsck(settings, processes=1)
    spent = time.process_time() - before
    assert not report.findings
    assert report.checked == made.head
    return report.checked / spent


def stored(made: Filled) -> list[bytes]:
    """Return the rows' bytes: of each event, and of its sealed fields."""
    with made.scratch.superuser() as connection, connection.cursor(binary=True) as cursor:
        rows = cursor.execute(SQL["stored_bytes"]).fetchall()
    return [bytes(row[0]) for row in rows]


def hash_all(rows: list[bytes], events: int) -> float:
    """Return events a second when nothing is done but to hash them."""
    before = time.process_time()
    for row in rows:
        sha256(row).digest()
    return events / (time.process_time() - before)


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    with filled("fsck") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        record(dsn, made.codec, made.filling.lives(scale.pick(100_000, 2_000)))
        made.settle()
        rows, head = stored(made), made.head
        rounds = interleave(
            scale.rounds, ours=lambda: verify(made), sha256=lambda: hash_all(rows, head)
        )
        notes = (
            f"{head:,} events, {sum(map(len, rows)) / head:,.0f} bytes each",
            rounds.note("ours", "events/s"),
            rounds.note("sha256", "events/s"),
        )
    yield Result(BAR, rounds.ratios("ours", "sha256"), notes)
