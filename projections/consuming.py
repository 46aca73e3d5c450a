"""How far consumers are: what `ledger status` and the metrics say of them."""

from dataclasses import dataclass
from typing import Final

from infra.pool import Pool
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "consuming.sql")


@dataclass(frozen=True, slots=True)
class Consumed:
    """One consumer: `position` is its low-water mark in `epoch`, `lag` how many events behind.

    `parked` messages and sendings wait for a redrive, the former in `lanes`; `retried` counts tries
    beyond the first.
    """

    name: str
    feed: str
    epoch: int
    position: int
    lag: int
    parked: int
    lanes: int
    retried: int


async def consumed(pool: Pool) -> tuple[Consumed, ...]:
    """Return every consumer that was ever run on this database, by name; raises Unavailable."""
    return tuple(Consumed(*row) for row in await pool.fetch(_SQL["consumed"]))
