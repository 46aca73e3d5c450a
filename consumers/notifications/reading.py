"""What was recorded, as far as telling needs it: envelopes, folded states, opened texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.decider import Decider
from domain.log import Recorded
from domain.stream import Stream
from infra.batch import decode_answer
from infra.envelope import Envelope, parse
from infra.reading import recorded_of
from infra.sealing import Sealer
from infra.sqlfiles import load_sql
from projections.opening import Connection, open_envelopes

_SQL: Final = load_sql(__file__, "reading.sql")


@dataclass(frozen=True, slots=True)
class Event:
    """An event with its members; sealed fields closed."""

    envelope: bytes
    parts: Envelope
    recorded: Recorded


def _event(envelope: bytes) -> Event:
    parts = parse(envelope)
    return Event(envelope, parts, recorded_of(parts, envelope))


@dataclass(frozen=True, slots=True)
class Book:
    """Reads on one connection."""

    connection: Connection
    sealer: Sealer

    async def event(self, event: UUID) -> Event | None:
        """Return an event by its id."""
        found = await self._events("event", event=event)
        return found[0] if found else None

    async def together(self, event: Event) -> list[Event]:
        """Return all events of the command that an event came from, in order."""
        cursor = self.connection.cursor(binary=True)
        command = bytes.fromhex(event.parts.command.id)
        await cursor.execute(_SQL["command"], {"command": command})
        row = await cursor.fetchone()
        if row is None:
            return [event]
        return await self._events("commanded", events=list(decode_answer(row[0]).event_ids))

    async def ticket(self, ticket: UUID, types: Iterable[str]) -> list[Event]:
        """Return a ticket's first event and those of these types."""
        return await self._events("ticket", ticket=ticket, types=list(types))

    async def case(self, stream: Stream, position: int) -> list[Event]:
        """Return a stream's events up to a position."""
        return await self._events(
            "case", stream=stream.id, kind=stream.kind.value, position=position
        )

    async def contract(self, number: str, before: int) -> list[Event]:
        """Return the events in the stream of a contract before a position."""
        return await self._events("contract", contract=number, before=before)

    async def is_of_a_case(self, ticket: UUID) -> bool:
        """Say whether an identity change, a recovery or a dispute came, or was told, by it."""
        cursor = self.connection.cursor()
        await cursor.execute(_SQL["is_of_a_case"], {"ticket": str(ticket)})
        row = await cursor.fetchone()
        return bool(row and row[0])

    async def opened(self, event: Event) -> Recorded:
        """Return an event with its texts; raise Integrity for one that was altered."""
        (found,) = await open_envelopes(self.connection, self.sealer, [event.envelope])
        return recorded_of(event.parts, event.envelope, found.texts)

    async def _events(self, name: str, **asked: Any) -> list[Event]:
        cursor = self.connection.cursor(binary=True)
        await cursor.execute(_SQL[name], asked)
        return [_event(row[0]) for row in await cursor.fetchall()]


def fold(decider: Decider[Any, Any, Any], events: Iterable[Event]) -> Any:
    """Return where these events lead."""
    state = decider.initial
    for one in events:
        state = decider.evolve(state, one.recorded.event)
    return state
