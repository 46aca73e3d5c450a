"""A ticket's timeline: who did what, when, from where, read from the stream itself.

Staff see everything. The customer sees what was public: corrected texts in place of the first
ones, no retracted message, nobody's address.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec

from domain.errors import NotFound
from domain.values import Actor, Behalf, Origin
from infra.envelope import parse
from infra.reading import recorded_of
from infra.sqlfiles import load_sql
from projections.as_of import Moment, resolve
from projections.cursors import check_limit, question, read_cursor, write_cursor
from projections.customer import AMENDING_TYPES, PUBLIC_TYPES, Amendments
from projections.opening import Connection, Opened, Reads, open_envelopes
from projections.telling import Json, address_of, text_of, what_of

_SQL: Final = load_sql(__file__, "timeline.sql")


class View(StrEnum):
    """For whose eyes."""

    STAFF = "staff"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. A sealed text in `what` is {"text": ..., "erased": ...}.

    `address` is the connection's, as it was resolved; {"erased": true} when it was erased.
    """

    event_id: UUID
    position: int
    version: int
    type: str
    recorded_at: datetime
    occurred_at: datetime | None
    actor: Actor
    on_behalf_of: Behalf | None
    origin: Origin
    address: Json | None
    what: Json


@dataclass(frozen=True, slots=True)
class Timeline:
    """A page of a ticket's events, oldest first; `version` is the ticket's as of the moment."""

    ticket: UUID
    version: int
    as_of_position: int
    items: tuple[Entry, ...]
    next: str | None


class _Place(msgspec.Struct):
    """What a cursor holds: the prefix of the first page, and the last version shown."""

    asked: str
    position: int
    upto: int
    after: int


async def timeline(
    reads: Reads,
    ticket: UUID,
    *,
    view: View,
    moment: Moment | None = None,
    limit: int = 50,
    cursor: str | None = None,
) -> Timeline:
    """Return a page of the timeline as of `moment` (now when None).

    With a `cursor` the moment is that of the first page. Raises NotFound when the ticket had no
    event then, Malformed for a cursor of another question.
    """
    check_limit(limit)
    asked = question("timeline", ticket, view)
    place = read_cursor(cursor, _Place, asked) if cursor else None
    if place is None:
        when = moment or await resolve(reads)
        place = _Place(asked, when.position, await version_of(reads, ticket, when), 0)
    async with reads.pool.connection() as connection:
        read = _staff if view is View.STAFF else _customer
        entries = await read(connection, reads, ticket, place, limit + 1)
    shown, more = entries[:limit], None
    if len(entries) > limit:
        more = write_cursor(_Place(asked, place.position, place.upto, shown[-1].version))
    return Timeline(ticket, place.upto, place.position, tuple(shown), more)


async def version_of(reads: Reads, ticket: UUID, moment: Moment) -> int:
    """Return the ticket's version as of a moment; raise NotFound when it had no event then."""
    values = {"stream": ticket, "position": moment.position, "occurred": moment.occurred}
    async with reads.pool.connection() as connection:
        row = await (await connection.execute(_SQL["prefix"], values)).fetchone()
    if row is None or row[0] == 0:
        raise NotFound("no such ticket at that moment")
    return int(row[0])


async def _staff(
    connection: Connection, reads: Reads, ticket: UUID, place: _Place, limit: int
) -> list[Entry]:
    found = await page_of(connection, ticket, place.after, place.upto, limit)
    return [_entry(one) for one in await open_envelopes(connection, reads.sealer, found)]


async def _customer(
    connection: Connection, reads: Reads, ticket: UUID, place: _Place, limit: int
) -> list[Entry]:
    changing = await page_of(connection, ticket, 0, place.upto, None, AMENDING_TYPES)
    amendments = Amendments.of(changing)
    shown: list[tuple[bytes, bytes | None]] = []
    after = place.after
    while len(shown) < limit:
        found = await page_of(connection, ticket, after, place.upto, limit, PUBLIC_TYPES)
        parts = [parse(envelope) for envelope in found]
        shown += [
            (envelope, amendments.correction(one))
            for envelope, one in zip(found, parts, strict=True)
            if amendments.shows(one)
        ]
        if len(found) < limit:
            break
        after = parts[-1].stream.version
    shown = shown[:limit]
    corrections = [correction for _, correction in shown if correction]
    first = await open_envelopes(connection, reads.sealer, [envelope for envelope, _ in shown])
    later = await open_envelopes(connection, reads.sealer, corrections, only="text")
    texts = {one.envelope: text_of(one, "text") for one in later}
    return [
        _public_entry(one, texts.get(correction) if correction else None)
        for one, (_, correction) in zip(first, shown, strict=True)
    ]


async def page_of(
    connection: Connection,
    ticket: UUID,
    after: int,
    upto: int,
    limit: int | None,
    types: tuple[str, ...] | None = None,
) -> list[bytes]:
    """Return the envelopes of a ticket's next versions after one, of these types alone."""
    values: dict[str, Any] = {
        "stream": ticket,
        "after": after,
        "upto": upto,
        "limit": limit,
        "types": list(types) if types else None,
    }
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL["page"], values)
    return [row[0] for row in await cursor.fetchall()]


def _entry(opened: Opened) -> Entry:
    recorded = recorded_of(opened.parts, opened.envelope, opened.texts)
    return Entry(
        event_id=recorded.id,
        position=recorded.position,
        version=recorded.version,
        type=opened.parts.type,
        recorded_at=recorded.recorded_at,
        occurred_at=recorded.occurred_at,
        actor=recorded.actor,
        on_behalf_of=recorded.on_behalf_of,
        origin=recorded.origin,
        address=address_of(opened),
        what=what_of(opened),
    )


def _public_entry(opened: Opened, text: Json | None) -> Entry:
    entry = _entry(opened)
    what = entry.what if text is None else {**entry.what, "text": text}
    actor = Actor(entry.actor.kind, entry.actor.id, entry.actor.role)
    return replace(entry, what=what, actor=actor, address=None)
