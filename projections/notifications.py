"""What was told about a ticket's events, read from the streams that are called like the events.

Nothing sealed is opened: of addresses there is only how many they were. The customer sees what told
themselves of an event in their timeline, and what came of it, but not why, nor at how many
addresses: that would say what the contacts of record are, which are identity data.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.notification.events import Medium, NotificationFailure, NotificationKind
from infra.envelope import Envelope, parse
from infra.sqlfiles import load_sql
from projections.as_of import Moment, resolve
from projections.cursors import check_limit, question, read_cursor, write_cursor
from projections.customer import AMENDING_TYPES, PUBLIC_TYPES, Amendments
from projections.opening import Connection, Reads
from projections.telling import data_of
from projections.timeline import page_of, version_of

_SQL: Final = load_sql(__file__, "notifications.sql")
_OUTCOMES: Final = {
    "NotificationSent": "sent",
    "NotificationFailed": "failed",
    "NotificationBounced": "bounced",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """One recorded event of telling: `sent`, `failed` or `bounced`; None is not said of it.

    A bounce says only its `status` (RFC 3463). `failure` and the server's reply `code` are of what
    failed. `recipients` counts addresses, none where their data was erased before it was recorded.
    """

    outcome: str
    position: int
    event_id: UUID
    recorded_at: datetime
    medium: Medium
    kind: NotificationKind | None
    person: UUID | None
    language: str | None
    recipients: int | None
    failure: NotificationFailure | None
    code: int | None
    status: str | None


@dataclass(frozen=True, slots=True)
class Notification:
    """An event that was told of and what came of it, oldest first.

    Whom a server put off is told later, of what is to be told then: kind and person may differ.
    """

    event_id: UUID
    position: int
    version: int
    type: str
    recorded_at: datetime
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Notifications:
    """A page of a ticket's events of which was told, oldest first."""

    ticket: UUID
    as_of_position: int
    items: tuple[Notification, ...]
    next: str | None


class _Place(msgspec.Struct):
    """What a cursor holds: the moment and prefix of the first page, the last version shown."""

    asked: str
    position: int
    occurred: datetime | None
    upto: int
    after: int


async def notifications(
    reads: Reads,
    ticket: UUID,
    *,
    customer: UUID | None = None,
    moment: Moment | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Notifications:
    """Return a page as of `moment` (now when None), for staff or what a `customer` may see.

    With a `cursor` the moment is that of the first page. Raises NotFound when the ticket had no
    event then, Malformed for a cursor of another question.
    """
    check_limit(limit)
    asked = question("notifications", ticket, customer)
    place = read_cursor(cursor, _Place, asked) if cursor else None
    if place is None:
        when = moment or await resolve(reads)
        upto = await version_of(reads, ticket, when)
        place = _Place(asked, when.position, when.occurred, upto, 0)
    async with reads.pool.connection() as connection:
        if customer is None:
            found = await _told(connection, ticket, place, limit + 1)
        else:
            found = await _told_to(connection, ticket, customer, place, limit + 1)
    shown, more = found[:limit], None
    if len(found) > limit:
        place.after = shown[-1].version
        more = write_cursor(place)
    return Notifications(ticket, place.position, tuple(shown), more)


async def _told(
    connection: Connection, ticket: UUID, place: _Place, limit: int
) -> list[Notification]:
    rows = await _rows(connection, ticket, place, place.after, limit)
    return [_notification(told, records) for told, records in rows]


async def _told_to(
    connection: Connection, ticket: UUID, customer: UUID, place: _Place, limit: int
) -> list[Notification]:
    changing = await page_of(connection, ticket, 0, place.upto, None, AMENDING_TYPES)
    amendments = Amendments.of(changing)
    shown: list[Notification] = []
    after = place.after
    while len(shown) < limit:
        rows = await _rows(connection, ticket, place, after, limit, PUBLIC_TYPES)
        seen = [_notification(*row) for row in rows if amendments.shows(row[0])]
        shown += [_public(one) for one in seen if _tells(one, customer)]
        if len(rows) < limit:
            break
        after = rows[-1][0].stream.version
    return shown[:limit]


def _tells(one: Notification, customer: UUID) -> bool:
    """Say whether it told this customer alone; what needs attention is the provider's affair."""
    return all(
        outcome.person == customer and outcome.kind is not NotificationKind.ATTENTION
        for outcome in one.outcomes
        if outcome.kind is not None
    )


def _public(one: Notification) -> Notification:
    """Return what the customer sees: as of one address, whatever came of each of several."""
    first = {outcome.outcome: outcome for outcome in reversed(one.outcomes)}
    if "sent" in first:
        first.pop("failed", None)
    outcomes = tuple(
        replace(outcome, recipients=None, failure=None, code=None, status=None)
        for outcome in one.outcomes
        if outcome is first.get(outcome.outcome)
    )
    return replace(one, outcomes=outcomes)


async def _rows(
    connection: Connection,
    ticket: UUID,
    place: _Place,
    after: int,
    limit: int,
    types: tuple[str, ...] | None = None,
) -> list[tuple[Envelope, list[Envelope]]]:
    """Return the next events that were told of, each with what is recorded of that."""
    values: dict[str, Any] = {
        "ticket": ticket,
        "position": place.position,
        "occurred": place.occurred,
        "after": after,
        "upto": place.upto,
        "limit": limit,
        "types": list(types) if types else None,
    }
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL["told"], values)
    return [(parse(told), [*map(parse, records)]) for told, records in await cursor.fetchall()]


def _notification(told: Envelope, records: list[Envelope]) -> Notification:
    return Notification(
        event_id=told.id,
        position=told.position,
        version=told.stream.version,
        type=told.type,
        recorded_at=told.recorded_at,
        outcomes=tuple(map(_outcome, records)),
    )


def _outcome(record: Envelope) -> Outcome:
    data = data_of(record)
    kind, person = data.get("kind"), data.get("person")
    failure, to = data.get("failure"), data.get("to")
    return Outcome(
        outcome=_OUTCOMES[record.type],
        position=record.position,
        event_id=record.id,
        recorded_at=record.recorded_at,
        medium=Medium(data["medium"]),
        kind=NotificationKind(kind) if kind else None,
        person=UUID(person) if person else None,
        language=data.get("language"),
        recipients=None if to is None else len(to),
        failure=NotificationFailure(failure) if failure else None,
        code=data.get("code"),
        status=data.get("status"),
    )
