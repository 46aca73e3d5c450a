"""The log's port in memory: what handling relies on, without a database."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

from domain.contract import CONTRACT
from domain.errors import KeyReused, Refused, Stale
from domain.log import (
    Accepted,
    AtVersion,
    CommandKey,
    ContractOpen,
    ContractUnused,
    Guard,
    Head,
    Recorded,
    Request,
)
from domain.stream import Stream, StreamKind

RECORDED_AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


async def _nothing() -> None:
    """Do nothing before an append."""


@dataclass
class MemoryLog:
    """A `domain.log.Log` that counts what it is asked and lets a test meddle before an append."""

    events: list[Recorded] = field(default_factory=list)
    commands: dict[bytes, tuple[bytes, Accepted]] = field(default_factory=dict)
    reads: list[tuple[Stream, int]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    before_append: Callable[[], Awaitable[None]] = _nothing
    sequence: int = 0
    epoch: int = 1

    async def read(
        self, stream: Stream, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[Recorded]:
        self.reads.append((stream, after))
        for recorded in list(self.events):
            wanted = recorded.stream == stream and recorded.version > after
            if wanted and (upto is None or recorded.position <= upto):
                yield recorded

    async def version(self, stream: Stream) -> int:
        return sum(recorded.stream == stream for recorded in self.events)

    async def contract_stream(self, number: str) -> Stream | None:
        return next(
            (
                recorded.stream
                for recorded in self.events
                if recorded.stream.kind is StreamKind.CONTRACT
                and recorded.contract is not None
                and recorded.contract[0] == number
            ),
            None,
        )

    async def recall(self, key: CommandKey) -> Accepted | None:
        known = self.commands.get(key.id)
        if known is None:
            return None
        if known[0] not in key.fingerprints:
            raise KeyReused
        first = known[1]
        return Accepted(
            first.id,
            first.version,
            first.position,
            first.event_ids,
            first.leaf_hash,
            first.recorded_at,
            replayed=True,
        )

    async def append(self, request: Request) -> Accepted:
        self.requests.append(request)
        await self.before_append()
        answer = await self.recall(request.key)
        if answer is not None:
            return answer
        for write in request.writes:
            await self._at(write.stream, write.expected)
        for guard in request.guards:
            await self._holds(guard)
        accepted = await self._recorded(request)
        self.commands[request.key.id] = (request.key.fingerprints[0], accepted)
        return accepted

    async def next_ticket_number(self) -> int:
        self.sequence += 1
        return self.sequence

    async def head(self) -> Head:
        return Head(1, len(self.events), bytes(32), RECORDED_AT if self.events else None)

    async def _at(self, stream: Stream, version: int) -> None:
        actual = await self.version(stream)
        if actual != version:
            raise Stale(version, actual)

    async def _holds(self, guard: Guard) -> None:
        match guard:
            case AtVersion(stream, version):
                await self._at(stream, version)
            case ContractOpen(number):
                if not await self._open(number):
                    raise Refused("contract-open", number)
            case ContractUnused(number):
                if any(r.contract and r.contract[0] == number for r in self.events):
                    raise Refused("contract-number-free", number)

    async def _open(self, number: str) -> bool:
        stream = await self.contract_stream(number)
        state = CONTRACT.initial
        for recorded in self.events:
            if recorded.stream == stream:
                state = CONTRACT.evolve(state, recorded.event)
        return state.open

    async def _recorded(self, request: Request) -> Accepted:
        ids: list[UUID] = []
        for write in request.writes:
            for new in write.events:
                ids.append(uuid4())
                self.events.append(
                    Recorded(
                        event=new.event,
                        id=ids[-1],
                        position=len(self.events) + 1,
                        epoch=1,
                        stream=write.stream,
                        version=await self.version(write.stream) + 1,
                        contract=self._counted(new.contract),
                        recorded_at=RECORDED_AT,
                        occurred_at=request.provenance.occurred_at,
                        origin=request.provenance.origin,
                        actor=request.provenance.actor,
                        on_behalf_of=request.provenance.on_behalf_of,
                        leaf_hash=bytes(32),
                    )
                )
        first = request.writes[0].stream
        return Accepted(
            first.id,
            await self.version(first),
            len(self.events),
            tuple(ids),
            bytes(32) if ids else None,
            RECORDED_AT,
        )

    def _counted(self, number: str | None) -> tuple[str, int] | None:
        if number is None:
            return None
        return number, 1 + sum(
            recorded.contract is not None and recorded.contract[0] == number
            for recorded in self.events
        )
