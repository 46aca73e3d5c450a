"""A house to write in: a handler over a log in memory, and what others do meanwhile."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from unit.cast import (
    ask,
    opening,
    provenance,
    uid,
)
from unit.memory_log import MemoryLog

from domain.access import ACCESS, NoteEvidenceRead
from domain.handling import Handler, Plan, Reading, Step
from domain.log import Accepted, CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import ChangeTags

TICKET_1 = Stream(StreamKind.TICKET, uid(500))
TICKET_2 = Stream(StreamKind.TICKET, uid(501))
CONTRACT_1 = Stream(StreamKind.CONTRACT, uid(600))


def key_of(name: str = "k", payload: str = "p") -> CommandKey:
    return CommandKey(name.encode(), (payload.encode(),))


def steps(*parts: Step) -> Plan:
    async def plan(_: Reading) -> tuple[Step, ...]:
        return parts

    return plan


def one(command: object, stream: Stream = TICKET_1) -> Plan:
    return steps(Step(TICKET, stream, command))


def tag(word: str) -> Plan:
    return one(ask(ChangeTags, add=(word,)))


def reads(reader: UUID, **fields: Any) -> Plan:
    """Return the plan of noting that somebody opens the evidence of a case under C-1."""
    note = ask(NoteEvidenceRead, contract="C-1", **fields)
    return steps(Step(ACCESS, Stream(StreamKind.ACCESS, reader), note))


class House:
    """A handler over a log in memory, and what a test does to it."""

    def __init__(self) -> None:
        self.log = MemoryLog()
        self.handler = Handler(self.log)
        self._keys = 0

    async def handle(self, plan: Plan, key: CommandKey | None = None, **fields: Any) -> Accepted:
        """Handle a command under a key of its own."""
        self._keys += 1
        return await self.handler.handle(
            plan, key or key_of(f"own-{self._keys}"), provenance(), **fields
        )

    async def open(self, stream: Stream = TICKET_1) -> None:
        """Record an opened enquiry."""
        await self.handle(one(opening(contract=None), stream))

    async def elsewhere(self, *events: object, stream: Stream = TICKET_1) -> None:
        """Record events through another process: this one's memory does not learn of them."""
        meddle, self.log.before_append = self.log.before_append, undisturbed
        version = await self.log.version(stream)
        new = tuple(NewEvent(event, None) for event in events)
        key = key_of(f"elsewhere-{len(self.log.events)}")
        await self.log.append(Request((Write(stream, version, new),), (), key, provenance()))
        self.log.requests.pop()
        self.log.before_append = meddle

    def types(self) -> list[str]:
        """The recorded events' type names."""
        return [type(recorded.event).__name__ for recorded in self.log.events]


async def undisturbed() -> None:
    """Meddle with nothing."""


def in_house(story: Callable[[House], Awaitable[None]]) -> None:
    asyncio.run(_told(story))


async def _told(story: Callable[[House], Awaitable[None]]) -> None:
    await story(House())


def once(house: House, *events: object, stream: Stream = TICKET_1) -> Callable[[], Awaitable[None]]:
    async def meddle() -> None:
        house.log.before_append = undisturbed
        await house.elsewhere(*events, stream=stream)

    return meddle
