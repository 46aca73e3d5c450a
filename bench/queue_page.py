"""A page of the queue at 100,000 open tickets, subjects opened, against its own SQL alone."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from bench.catch_up import follow
from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave, quantile, timed
from bench.viewing import Filled, filled
from infra.garbage import leave_loaded
from infra.pool import Pool
from infra.postgres import Role
from projections.opening import Reads
from projections.queue import page
from projections.queue.paging import Question, find_rows

BAR: Final = Bar(
    "queue-page", "x", 3.0, 1.5, "p99 of the first page of 50 / p99 of its SQL", at_most=True
)
FIRST: Final = Question("", ("promised", "ranked"), ("open",), {})


def p99(made: Filled, times: int, read: Callable[[Reads], Awaitable[object]]) -> float:
    """Return the time in seconds that 99 of 100 reads do not exceed."""

    async def measure() -> float:
        pool = Pool(made.scratch.dsn(Role.APP))
        await pool.open()
        reads = Reads(pool, made.codec.sealer)
        seconds = []
        for _ in range(times):
            with timed() as watch:
                await read(reads)
            seconds.append(watch.seconds)
        await pool.close()
        return quantile(seconds, 0.99)

    return asyncio.run(measure())


async def _sql(reads: Reads) -> None:
    async with reads.pool.connection() as connection:
        await find_rows(connection, FIRST, 50, None, None)


async def _page(reads: Reads) -> None:
    assert (await page(reads, limit=50)).items


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    times = scale.pick(500, 5)
    with filled("queue_page") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        record(dsn, made.codec, made.filling.openings(scale.pick(100_000, 200)))
        follow(made)
        made.settle()
        leave_loaded()  # as the API does when it starts
        rounds = interleave(
            scale.rounds,
            ours=lambda: p99(made, times, _page),
            sql=lambda: p99(made, times, _sql),
        )
        notes = (rounds.note("ours", "s"), rounds.note("sql", "s"))
    yield Result(BAR, rounds.ratios("ours", "sql"), notes)
