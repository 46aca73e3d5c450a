"""Reads the queue: pages in the order of work, one ticket, tickets by their number or reference.

Tickets whose next promise is overdue or due soon come first, by its time; then the others by
priority and age. What counts as soon is fixed by the moment of the first page.
"""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final
from uuid import UUID

from domain.errors import NotFound
from domain.ticket.events import Status
from projections.as_of import Moment
from projections.cursors import check_limit, question
from projections.opening import Reads, open_field
from projections.queue.items import Filters, Item, Page, item_of
from projections.queue.paging import Question, find_rows

_DONE: Final = frozenset({Status.RESOLVED, Status.CLOSED})
_BY_WORK: Final = ("promised", "ranked")
_BY_AGE: Final = ("opened",)


async def page(
    reads: Reads,
    filters: Filters | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
    moment: Moment | None = None,
) -> Page:
    """Return a page of tickets in the order of work, as of `moment` (now when None).

    With a `cursor` the moment is that of the first page. Raises Malformed for a cursor of other
    filters, Unavailable when the queue has not been read up to the moment.
    """
    asked = filters or Filters()
    values = {name: value for name, value in asdict(asked).items() if value not in (None, ())}
    if asked.status:
        values["status"] = [status.value for status in asked.status]
    if asked.contract:
        values["contract"] = [asked.contract]
    conditions = list(values)
    if not _DONE & set(asked.status):
        conditions.append("open")
    digest = question("page", values)
    return await _page(
        reads, Question(digest, _BY_WORK, tuple(conditions), values), limit, cursor, moment
    )


async def find(
    reads: Reads,
    *,
    reference: str | None = None,
    number: str | None = None,
    contracts: Sequence[str] | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Return tickets by reference, number or contracts (None: any, and none), oldest first."""
    given: dict[str, Any] = {
        "reference": reference,
        "number": number,
        "contract": contracts and list(contracts),
    }
    values = {name: value for name, value in given.items() if value is not None}
    digest = question("find", values)
    return await _page(reads, Question(digest, _BY_AGE, tuple(values), values), limit, cursor, None)


async def item(reads: Reads, ticket: UUID, *, moment: Moment | None = None) -> Item:
    """Return one ticket's row as of `moment` (now when None); NotFound when it was not there."""
    asked = Question("", _BY_AGE, ("ticket",), {"ticket": ticket})
    found = await _page(reads, asked, 1, None, moment)
    if not found.items:
        raise NotFound("no such ticket")
    return found.items[0]


async def _page(
    reads: Reads, asked: Question, limit: int, cursor: str | None, moment: Moment | None
) -> Page:
    async with reads.pool.connection() as connection:
        found = await find_rows(connection, asked, check_limit(limit), cursor, moment)
        events = [row["subject_event"] for row in found.rows if row["subject_event"]]
        subjects = {}
        if events:
            subjects = await open_field(connection, reads.sealer, events, "subject")
    at = found.moment.at
    items = tuple(item_of(row, subjects, at) for row in found.rows)
    return Page(items, found.next, found.moment.position, at)
