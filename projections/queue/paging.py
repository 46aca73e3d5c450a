"""How a page of the queue is found: as of a moment, group after group, from where one ended."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import msgspec
from psycopg import sql
from psycopg.rows import dict_row

from domain.errors import Unavailable
from infra.sqlfiles import load_sql
from projections.as_of import Basis, Moment
from projections.cursors import read_cursor, write_cursor
from projections.opening import Connection
from projections.queue.next import SOON
from projections.wait import wait_for

_SQL: Final = {name: sql.SQL(text) for name, text in load_sql(__file__, "read.sql").items()}
_AND: Final = sql.SQL(" AND ")
_PATIENCE: Final = 5.0
"""How many seconds a question about a moment waits for the follower to get there."""

Row = dict[str, Any]


class Place(msgspec.Struct):
    """What a cursor holds: the last row of a page, and the moment of the first page."""

    asked: str
    position: int
    at: datetime
    basis: Basis
    group: str
    due: datetime | None
    priority: str
    opened: datetime
    ticket: str


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows: conditions by name with their values, in groups one after the other."""

    digest: str
    groups: tuple[str, ...]
    conditions: tuple[str, ...]
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one page, the cursor of the next, and the moment they held at."""

    rows: list[Row]
    next: str | None
    moment: Moment


async def find_rows(
    connection: Connection, asked: Question, limit: int, cursor: str | None, moment: Moment | None
) -> Found:
    """Return a page of rows; Unavailable when the follower is not as far as the moment."""
    place = read_cursor(cursor, Place, asked.digest) if cursor else None
    if place is None:
        held = await _moment(connection, moment)
    else:
        held = Moment(place.position, place.at.astimezone(UTC), place.basis)
    groups = asked.groups[asked.groups.index(place.group) if place else 0 :]
    rows: list[tuple[str, Row]] = []
    for group in groups:
        left = limit + 1 - len(rows)
        begin = place if place and place.group == group else None
        rows += [(group, r) for r in await _group(connection, asked, group, held, begin, left)]
        if len(rows) > limit:
            break
    shown = rows[:limit]
    more = None if len(rows) <= limit else write_cursor(_place(asked, held, *shown[-1]))
    return Found([row for _, row in shown], more, held)


async def _moment(connection: Connection, wanted: Moment | None) -> Moment:
    row = await (await connection.execute(_SQL["followed"])).fetchone()
    position, now = (0, datetime.now(UTC)) if row is None else (row[0], row[1])
    if wanted is None:
        return Moment(position, now)
    if wanted.basis is Basis.OCCURRED:
        return Moment(min(position, wanted.position), wanted.at, wanted.basis)
    if wanted.position > position and not await wait_for(
        connection, "queue", wanted.position, _PATIENCE
    ):
        raise Unavailable(f"the queue has read up to position {position}, not {wanted.position}")
    return wanted


async def _group(
    connection: Connection,
    asked: Question,
    group: str,
    moment: Moment,
    begin: Place | None,
    limit: int,
) -> list[Row]:
    conditions = [_SQL[f"by_{name}"] for name in asked.conditions]
    if group in _SQL:
        conditions.append(_SQL[group])
    if begin is not None:
        conditions.append(_SQL[f"after_{group}"])
    statement = _SQL["page"].format(
        columns=_SQL["columns"],
        live=_AND.join([_SQL[f"live_{moment.basis.value}"], *conditions]),
        past=_AND.join([_SQL[f"past_{moment.basis.value}"], *conditions]),
        order=_SQL[f"order_{group}"],
    )
    values = asked.values | {
        "position": moment.position,
        "occurred": moment.at,
        "horizon": moment.at + SOON,
        "limit": limit,
    }
    if begin is not None:
        values |= {f"after_{name}": getattr(begin, name) for name in _KEYS}
    async with connection.cursor(row_factory=dict_row) as reader:
        # planned for these very values: a plan for any filter would fit none
        await reader.execute(statement, values, prepare=False)
        return await reader.fetchall()


_KEYS: Final = ("due", "priority", "opened", "ticket")


def _place(asked: Question, moment: Moment, group: str, last: Row) -> Place:
    return Place(
        asked.digest,
        moment.position,
        moment.at,
        moment.basis,
        group,
        last["due"],
        last["priority"],
        last["opened_at"],
        str(last["ticket"]),
    )
