"""As of: which moment an answer is about.

By basis `recorded` a moment is a position: what the ledger knew. By basis `occurred` it is what
had happened: of each stream the longest prefix in which nothing occurred later than the moment,
as far as is known at the position.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from domain.errors import Malformed, NotFound
from infra.sqlfiles import load_sql
from projections.opening import Connection, Reads

_SQL: Final = load_sql(__file__, "as_of.sql")


class Basis(StrEnum):
    """What the ledger knew, or what had happened."""

    RECORDED = "recorded"
    OCCURRED = "occurred"


@dataclass(frozen=True, slots=True)
class Moment:
    """Up to which position, and at which time, an answer holds."""

    position: int
    at: datetime
    basis: Basis = Basis.RECORDED

    @property
    def occurred(self) -> datetime | None:
        """Up to when things may have happened; None when that does not matter."""
        return self.at if self.basis is Basis.OCCURRED else None


async def resolve(
    reads: Reads,
    *,
    as_of: datetime | None = None,
    as_of_position: int | None = None,
    basis: Basis = Basis.RECORDED,
) -> Moment:
    """Return the moment asked for, inclusive; now when neither is given.

    Raises Malformed for the future, both at once, and `occurred` without a time; NotFound before
    the first event.
    """
    if as_of is not None and as_of_position is not None:
        raise Malformed("give as_of or as_of_position, not both", "as_of")
    if basis is Basis.OCCURRED and as_of is None:
        raise Malformed("occurred needs as_of, a time", "as_of_basis")
    async with reads.pool.connection() as connection:
        head, now = await _one(connection, "head")
        if as_of is not None:
            return await _at_time(connection, as_of, head, now, basis)
        if as_of_position is not None:
            return await _at_position(connection, as_of_position, head)
    return Moment(head, now)


async def _at_time(
    connection: Connection, as_of: datetime, head: int, now: datetime, basis: Basis
) -> Moment:
    if as_of.tzinfo is None:
        raise Malformed("a time without a time zone", "as_of")
    if as_of > now:
        raise Malformed("in the future", "as_of")
    if basis is Basis.OCCURRED:
        return Moment(head, as_of, basis)
    (position,) = await _one(connection, "position_at", as_of)
    if position == 0:
        raise NotFound("before the first event")
    return Moment(position, as_of)


async def _at_position(connection: Connection, position: int, head: int) -> Moment:
    if position > head:
        raise Malformed(f"the ledger is at position {head}", "as_of_position")
    if position < 1:
        raise NotFound("before the first event")
    (at,) = await _one(connection, "recorded_at", position)
    return Moment(position, at)


async def _one(connection: Connection, name: str, *arguments: object) -> tuple[Any, ...]:
    row = await (await connection.execute(_SQL[name], arguments)).fetchone()
    assert row is not None
    return row
