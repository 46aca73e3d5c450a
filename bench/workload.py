"""What benches record: contracts, tickets under them, notes in the tickets, one event each."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Final
from uuid import UUID

from domain.contract import CONTRACT
from domain.contract.commands import ImportContract
from domain.decider import Decider
from domain.handling import Handler, Reading, Step
from domain.log import Accepted
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket, PostMessage
from domain.ticket.events import Audience, Channel
from domain.values import Actor, ActorKind, Assurance, Provenance, Purpose, Role, Sealed
from infra.ids import new_id
from infra.secrets import Secrets

TEXT: Final = (
    "The virtual machine answers on its console and not on the network since the last change of "
    "the firewall; the customer asks for the rule that was added and for the time it was added. "
)
ADDRESS: Final = '{"address":"203.0.113.7","port":51234,"peer":"10.0.0.2","source":"header"}'


@dataclass(slots=True)
class Workload:
    """Records through the handler, as the API does; every event carries its sealed address."""

    handler: Handler
    secrets: Secrets
    agent: Actor = field(
        default_factory=lambda: Actor(
            ActorKind.STAFF, new_id(), Role.AGENT, assurance=Assurance.INTERACTIVE
        )
    )
    tickets: list[Stream] = field(default_factory=list)
    prefix: str = field(default_factory=lambda: str(new_id()))
    _keys: count = field(default_factory=count)

    async def record(
        self, decider: Decider[object, object, object], stream: Stream, command: object
    ) -> Accepted:
        """Record one command under a key of its own."""
        step = Step(decider, stream, command)

        async def plan(_: Reading) -> tuple[Step, ...]:
            return (step,)

        said = Provenance(
            actor=self.agent,
            at=datetime.now(UTC),
            correlation=new_id(),
            address=Sealed(ADDRESS, self.agent.id, Purpose.ADDRESS),
        )
        key = self.secrets.command_key(
            str(self.agent.id), f"{self.prefix}-{next(self._keys)}", TEXT.encode()
        )
        return await self.handler.handle(plan, key, said)

    async def open_tickets(self, contracts: int, tickets: int) -> None:
        """Register contracts and open tickets under them by turns."""
        numbers = [f"B{self.prefix[:13]}-{n}" for n in range(contracts)]
        holders = {number: new_id() for number in numbers}
        await concurrently(contracts, lambda n: self._register(numbers[n], holders[numbers[n]]))
        self.tickets = [Stream(StreamKind.TICKET, new_id()) for _ in range(tickets)]

        async def open_one(n: int) -> None:
            number = numbers[n % contracts]
            await self._open(self.tickets[n], number, holders[number], n)

        await concurrently(tickets, open_one)

    async def note(self, n: int) -> None:
        """Post one internal note: exactly one event."""
        posted = PostMessage(
            by=self.agent,
            at=datetime.now(UTC),
            message=new_id(),
            audience=Audience.INTERNAL,
            text=Sealed(TEXT, self.agent.id, Purpose.CORRESPONDENCE),
            language="en",
        )
        await self.record(TICKET, self.tickets[n % len(self.tickets)], posted)

    async def _register(self, number: str, holder: UUID) -> None:
        command = ImportContract(
            by=self.agent, at=datetime.now(UTC), number=number, holder=holder, language="en"
        )
        await self.record(CONTRACT, Stream(StreamKind.CONTRACT, new_id()), command)

    async def _open(self, stream: Stream, contract: str, requester: UUID, n: int) -> None:
        command = OpenTicket(
            by=self.agent,
            at=datetime.now(UTC),
            number=spoken(n + 1),
            contract=contract,
            requester=requester,
            channel=Channel.PORTAL,
            language="en",
            subject=Sealed("No network", requester, Purpose.CORRESPONDENCE),
            text=Sealed(TEXT, requester, Purpose.CORRESPONDENCE),
        )
        await self.record(TICKET, stream, command)


async def concurrently(
    times: int, once: Callable[[int], Awaitable[None]], callers: int = 256
) -> None:
    """Await `once(0)` to `once(times - 1)`, `callers` of them at a time."""
    numbers = iter(range(times))

    async def caller() -> None:
        for number in numbers:
            await once(number)

    async with asyncio.TaskGroup() as group:
        for _ in range(min(callers, times)):
            group.create_task(caller())
