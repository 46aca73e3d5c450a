"""The risk signals that the consumer `signals` keeps: all that there are, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.signals.signal import Named, SignalKind
from infra.sqlfiles import load_sql
from projections.cursors import check_limit, question, read_cursor, write_cursor
from projections.opening import Reads

_SQL: Final = load_sql(__file__, "raised.sql")
_CONNECTED: Final = [SignalKind.UNSEEN_NETWORK, SignalKind.SHARED_ADDRESS]
_REQUEST: Final = "IdentityChangeRequested"
"""The one event in those that need not be a connection."""
_NEWEST: Final = 2**62


@dataclass(frozen=True, slots=True)
class Raised:
    """A signal; `raised_at_position` is where the event was recorded that raised it.

    `contracts` are those that it is about; of one about `staff`, those that they opened.
    """

    kind: SignalKind
    contracts: Sequence[str]
    staff: UUID | None
    raised_at_position: int
    since: datetime
    counted: int
    says: str
    labels: Sequence[str]
    events: tuple[Named, ...]


@dataclass(frozen=True, slots=True)
class RaisedPage:
    """A page of them; every event up to position `upto` was looked at."""

    items: tuple[Raised, ...]
    next: str | None
    upto: int


class RaisedCursor(msgspec.Struct):
    """Where the next page begins: behind this signal."""

    asked: str
    raised: int
    key: str


async def raised_page(
    reads: Reads,
    *,
    staff: bool,
    kind: SignalKind | None = None,
    contract: str | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> RaisedPage:
    """Return a page of the signals there are; those about staff only where `staff` says so.

    Raises Malformed for a cursor that is none of this question.
    """
    asked = question("signals", staff, kind, contract)
    place = RaisedCursor(asked, _NEWEST, "")
    if cursor is not None:
        place = read_cursor(cursor, RaisedCursor, asked)
    values: dict[str, Any] = {
        "staff": staff,
        "kind": kind,
        "contract": contract,
        "raised": place.raised,
        "key": place.key,
        "connected": _CONNECTED,
        "request": _REQUEST,
        "limit": check_limit(limit) + 1,
    }
    async with reads.pool.connection() as connection:
        ((upto,),) = await (await connection.execute(_SQL["upto"])).fetchall()
        rows = await (await connection.execute(_SQL["page"], values)).fetchall()
    more = None
    if len(rows) > limit:
        key, raised = rows[limit - 1][0], rows[limit - 1][4]
        more = write_cursor(RaisedCursor(asked, raised, key))
    return RaisedPage(tuple(_of_row(*row[1:]) for row in rows[:limit]), more, upto)


def _of_row(kind: str, *told: Any) -> Raised:
    *said, events, positions, types, times = told
    named = tuple(Named(*one) for one in zip(events, positions, types, times, strict=True))
    contracts, staff, raised, since, counted, says, labels = said
    kind_ = SignalKind(kind)
    return Raised(kind_, contracts, staff, raised, since, counted, says, labels, named)
