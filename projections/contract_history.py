"""Everything under one contract: tickets, addresses, staff, and what was done by engineers.

Read from the contract's own chain of events, whose counts are dense: what the answer rests on is
said with it, so that "none of our engineers worked on it" names what was searched.
"""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import orjson

from domain.errors import Integrity, NotFound
from domain.log import Recorded
from domain.stream import StreamKind
from domain.values import Actor, ActorKind
from infra.envelope import ADDRESS, Envelope
from infra.reading import recorded_of
from infra.sqlfiles import load_sql
from projections.as_of import Moment, resolve
from projections.contract_findings import (
    AddressSeen,
    ContractHistory,
    Engineers,
    Finding,
    ImportedWork,
    Searched,
    Seen,
    StaffSeen,
    TicketUnder,
    Work,
)
from projections.opening import Connection, Opened, Reads, open_envelopes
from projections.telling import address_of, data_of, happened_at

_SQL: Final = load_sql(__file__, "contract_history.sql")
_CHUNK: Final = 1_000


async def contract_history(
    reads: Reads, number: str, *, moment: Moment | None = None
) -> ContractHistory:
    """Return what is recorded under the contract as of `moment` (now when None).

    Raises NotFound when nothing was; Integrity when an event of its chain is missing.
    """
    as_of = moment or await resolve(reads)
    gathering = Gathering(number)
    async with reads.pool.connection() as connection:
        cuts = await cuts_of(connection, number, as_of)
        async for chunk in chain_of(connection, number, as_of):
            for opened in await open_envelopes(connection, reads.sealer, chunk, only=ADDRESS):
                gathering.add(opened, cuts)
    if not gathering.kinds:
        raise NotFound("no such contract at that moment")
    return gathering.history(as_of.position)


async def chain_of(
    connection: Connection, number: str, moment: Moment
) -> AsyncIterator[list[bytes]]:
    """Yield the envelopes under a contract as of a moment, in pages; raise Integrity for a gap."""
    after = 0
    while True:
        values = {
            "contract": number,
            "after": after,
            "position": moment.position,
            "limit": _CHUNK,
        }
        cursor = connection.cursor(binary=True)
        await cursor.execute(_SQL["chain"], values)
        rows = await cursor.fetchall()
        if rows:
            if rows[-1][0] != after + len(rows):
                raise Integrity(f"the chain of contract {number} has a gap after {after}")
            yield [row[1] for row in rows]
            after = rows[-1][0]
        if len(rows) < _CHUNK:
            return


async def cuts_of(
    connection: Connection, number: str, moment: Moment
) -> dict[tuple[str, UUID], int]:
    """Return from which version on each stream under a contract had not happened yet."""
    if moment.occurred is None:
        return {}
    values = {"contract": number, "position": moment.position, "occurred": moment.occurred}
    cursor = await connection.execute(_SQL["cuts"], values)
    return {(kind, stream): version for kind, stream, version in await cursor.fetchall()}


@dataclass(slots=True)
class Gathering:
    """Folds the chain."""

    number: str
    registered: bool = False
    last_count: int = 0
    first_position: int = 0
    last_position: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    tickets: dict[UUID, TicketUnder] = field(default_factory=dict)
    addresses: dict[bytes, AddressSeen] = field(default_factory=dict)
    staff: dict[UUID, StaffSeen] = field(default_factory=dict)
    work: list[Work] = field(default_factory=list)
    imported: ImportedWork = field(default_factory=ImportedWork)

    def add(self, opened: Opened, cuts: dict[tuple[str, UUID], int]) -> None:
        """Take one event in; one that had not happened yet is only counted as searched."""
        parts = opened.parts
        self.last_count += 1
        self.first_position = self.first_position or parts.position
        self.last_position = parts.position
        cut = cuts.get((parts.stream.kind.value, parts.stream.id))
        if cut is not None and parts.stream.version >= cut:
            return
        self.kinds[parts.type] += 1
        self.registered = self.registered or parts.type == "ContractRegistered"
        recorded = recorded_of(parts, opened.envelope)
        if parts.stream.kind is StreamKind.TICKET:
            self._ticket(parts)
        self._address(opened, recorded.actor)
        self._staff(parts, recorded.actor)
        self._imported(parts, recorded)

    def _ticket(self, parts: Envelope) -> None:
        under = self.tickets.get(parts.stream.id)
        if under is None:
            under = self.tickets[parts.stream.id] = TicketUnder(parts.stream.id, _seen(parts))
        else:
            under.seen.again(parts)
        match parts.type:
            case "TicketOpened":
                data = data_of(parts)
                under.number, under.reference = data["number"], data["reference"]
            case "StatusChanged":
                under.status = data_of(parts)["status"]
            case "TicketMovedOut":
                under.moved_to = data_of(parts)["to"]
            case "TicketMovedIn":
                under.moved_to = None
            case _:
                pass

    def _address(self, opened: Opened, actor: Actor) -> None:
        told = address_of(opened)
        if told is None:
            return
        same = {name: value for name, value in told.items() if name not in {"port", "policy"}}
        key = orjson.dumps(same, option=orjson.OPT_SORT_KEYS)
        seen = self.addresses.get(key)
        if seen is None:
            seen = self.addresses[key] = AddressSeen(same, _seen(opened.parts))
        else:
            seen.seen.again(opened.parts)
        seen.actors.add((actor.kind, actor.id))

    def _staff(self, parts: Envelope, actor: Actor) -> None:
        if actor.kind is ActorKind.CUSTOMER:
            return
        member = self.staff.get(actor.id)
        if member is None:
            member = self.staff[actor.id] = StaffSeen(actor.id, actor.kind, _seen(parts))
        else:
            member.seen.again(parts)
        member.kinds[parts.type] += 1
        if parts.stream.kind is StreamKind.TICKET:
            member.tickets.add(parts.stream.id)
        if parts.type == "WorkRecorded":
            self.work.append(
                Work(parts.id, parts.position, parts.stream.id, actor.id, happened_at(parts))
            )

    def _imported(self, parts: Envelope, recorded: Recorded) -> None:
        theirs = recorded.actor.kind is ActorKind.IMPORTED
        if theirs and parts.stream.kind is StreamKind.TICKET and parts.type != "TicketOpened":
            self.imported.add(recorded, parts.type)

    def history(self, as_of_position: int) -> ContractHistory:
        """Return what was gathered."""
        searched = Searched(
            from_position=self.first_position,
            to_position=self.last_position,
            as_of_position=as_of_position,
            last_count=self.last_count,
            events=self.kinds.total(),
            tickets=len(self.tickets),
            kinds=dict(sorted(self.kinds.items())),
        )
        return ContractHistory(
            number=self.number,
            as_of_position=as_of_position,
            registered=self.registered,
            tickets=tuple(self.tickets.values()),
            addresses=tuple(self.addresses.values()),
            staff=tuple(self.staff.values()),
            engineers=Engineers(
                bool(self.work), self._finding(), tuple(self.work), self.imported, searched
            ),
        )

    def _finding(self) -> Finding:
        if self.work:
            return Finding.WORK_RECORDED
        if self.imported.events:
            return Finding.IMPORTED_WORK_ONLY
        acted = any(member.kind is ActorKind.STAFF for member in self.staff.values())
        return Finding.NO_WORK_RECORDED if acted else Finding.NO_STAFF_ACTED


def _seen(parts: Envelope) -> Seen:
    at, position = happened_at(parts), parts.position
    return Seen(at, at, position, position)
