"""What a bag holds: its chains, whose history it is, and what says who holds the contract."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.chainhead import Chain
from domain.contract.events import ContractRegistered
from domain.contract.ownership.events import IdentityChanged, JointHoldersNamed
from domain.dispute.events import ClaimReceived, DisputeAttached, DisputeOpened
from domain.log import Recorded
from domain.stream import Stream, StreamKind
from infra.envelope import Envelope, SealedPart, parse
from infra.pool import Pool
from infra.reading import recorded_of
from infra.sqlfiles import load_sql
from projections.exporting.wanted import Wanted
from projections.telling import data_of

SQL: Final = load_sql(__file__, "seen.sql")
_HOLDING: Final = ("ContractRegistered", "JointHoldersNamed", "IdentityChanged")
_NAMING: Final = (*_HOLDING, "PersonNamed")
_ASKING: Final = "TicketOpened"
_DECIDING: Final = (
    *_HOLDING,
    *("HolderDoubted", "DoubtSettled", "DepartureProposed", "DepartureConfirmed"),
)
"""What `holder_of_record` looks at."""


@dataclass(frozen=True, slots=True)
class Told:
    """Whose words a bag tells: of `everybody` but in disputes, there of `holders` alone.

    Of those in `disclosed` in any case.
    """

    everybody: frozenset[UUID] = frozenset()
    holders: frozenset[UUID] = frozenset()
    disclosed: frozenset[UUID] = frozenset()

    def may_see(self, parts: Envelope, said: SealedPart) -> bool:
        """Say whether a sealed field of an event is told."""
        disputed = parts.stream.kind is StreamKind.DISPUTE
        parties = self.holders if disputed else self.everybody
        return said.subject in parties or said.subject in self.disclosed


@dataclass(frozen=True, slots=True)
class Scope:
    """The chains of a bag, that of what is exported first; `contract` is the one it is about.

    `holding` is what says who holds that contract, `identities` where the documents are; `dispute`
    the events of an exported dispute. Their sealed fields are closed.
    """

    chains: tuple[Chain, ...]
    contract: str | None
    told: Told
    holding: tuple[Recorded, ...] = ()
    identities: tuple[tuple[Envelope, bytes], ...] = ()
    dispute: tuple[Recorded, ...] = ()

    @property
    def language(self) -> str | None:
        """Return the contract's language."""
        for one in self.holding:
            if isinstance(one.event, ContractRegistered):
                return one.event.language
        return None


async def scope_of(pool: Pool, wanted: Wanted) -> Scope:
    """Return what a bag holds as of its position."""
    return await _Looking(pool, wanted).scope()


async def contracts_of(pool: Pool, chains: Iterable[Chain]) -> set[str]:
    """Return the contracts among some chains, and all under which their streams ever counted."""
    streams, numbers = [], set()
    for chain in chains:
        if isinstance(chain, Stream):
            streams.append(chain.id)
        else:
            numbers.add(chain)
    rows = await _rows(pool, "concerned", {"streams": streams})
    return numbers | {row[0] for row in rows}


async def envelope_at(pool: Pool, position: int) -> Envelope:
    """Return the event at a position, which is there."""
    rows = await _envelopes(pool, "at", {"position": position})
    return parse(rows[0])


async def erasures_of(pool: Pool, size: int) -> list[Envelope]:
    """Return every erasure among the first `size` events."""
    return [parse(one) for one in await _envelopes(pool, "erasures", {"size": size})]


@dataclass(frozen=True, slots=True)
class _Looking:
    pool: Pool
    wanted: Wanted

    async def scope(self) -> Scope:
        chain = self.wanted.chain
        if isinstance(chain, str):
            return await self._about((chain,), (chain,), asking=(*_NAMING, _ASKING))
        if chain.kind is StreamKind.DISPUTE:
            return await self._disputed(chain)
        asked = {"stream": chain.id, "position": self.wanted.position}
        rows = await _rows(self.pool, "contracts", asked)
        opened = _named(await self._first([chain.id], _ASKING))
        return await self._about((chain,), tuple(row[0] for row in rows), parties=opened)

    async def _disputed(self, chain: Stream) -> Scope:
        """Return what belongs to a dispute: its contract, and the tickets by which it came."""
        asked = {"stream": chain.id, "position": self.wanted.position}
        events = _recorded(await _envelopes(self.pool, "dispute", asked))
        contract: str | None = None
        tickets: dict[UUID, None] = {}
        for one in events:
            match one.event:
                case DisputeOpened(contract=known, ticket=ticket):
                    contract, tickets[ticket] = known, None
                case DisputeAttached(contract=known):
                    contract = known
                case ClaimReceived(ticket=ticket):
                    tickets[ticket] = None
        streams = tuple(Stream(StreamKind.TICKET, ticket) for ticket in tickets)
        if contract is None:
            opened = _named(await self._first(list(tickets), _ASKING))
            return await self._about((chain, *streams), (), parties=opened, dispute=events)
        chains: tuple[Chain, ...] = (chain, contract, *streams)
        asking = (*_NAMING, _ASKING)
        return await self._about(chains, (contract,), asking=asking, dispute=events)

    async def _about(
        self,
        chains: tuple[Chain, ...],
        contracts: Sequence[str],
        asking: Sequence[str] = _NAMING,
        parties: frozenset[UUID] = frozenset(),
        dispute: tuple[Recorded, ...] = (),
    ) -> Scope:
        """Return the scope of these chains, with the last contract first."""
        named = await self._of(contracts, asking)
        holders = _named(one for one in named if one.type in _HOLDING)
        everybody = parties | _named(named)
        hidden, disclosed = self.wanted.withhold, self.wanted.disclose - self.wanted.withhold
        told = Told(everybody - hidden, holders - hidden, disclosed)
        if not contracts:
            return Scope(chains, None, told, dispute=dispute)
        holding = await self._holding(contracts[0])
        return Scope(chains, contracts[0], told, *holding, dispute)

    async def _holding(
        self, contract: str
    ) -> tuple[tuple[Recorded, ...], tuple[tuple[Envelope, bytes], ...]]:
        values = {"contracts": [contract], "position": self.wanted.position}
        found = await _envelopes(self.pool, "of_contracts", {**values, "types": [*_DECIDING]})
        holding = _recorded(found)
        changes = [one.event.change for one in holding if isinstance(one.event, IdentityChanged)]
        documents = [
            envelope
            for envelope, one in zip(found, holding, strict=True)
            if isinstance(one.event, ContractRegistered | JointHoldersNamed)
        ]
        if changes:
            values = {"streams": changes, "position": self.wanted.position}
            asked = {**values, "type": "IdentityChangeRequested"}
            documents += await _envelopes(self.pool, "first", asked)
        return holding, tuple((parse(one), one) for one in documents)

    async def _of(self, contracts: Sequence[str], types: Sequence[str]) -> list[Envelope]:
        values = {"contracts": [*contracts], "position": self.wanted.position, "types": [*types]}
        return [parse(one) for one in await _envelopes(self.pool, "of_contracts", values)]

    async def _first(self, streams: list[UUID], kind: str) -> list[Envelope]:
        values = {"streams": streams, "type": kind, "position": self.wanted.position}
        return [parse(one) for one in await _envelopes(self.pool, "first", values)]


async def _envelopes(pool: Pool, name: str, values: dict[str, Any]) -> list[bytes]:
    return [row[0] for row in await _rows(pool, name, values)]


async def _rows(pool: Pool, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    async with pool.connection() as connection, connection.cursor(binary=True) as cursor:
        await cursor.execute(SQL[name], values)
        return await cursor.fetchall()


def _recorded(envelopes: Iterable[bytes]) -> tuple[Recorded, ...]:
    return tuple(recorded_of(parse(one), one) for one in envelopes)


def _named(envelopes: Iterable[Envelope]) -> frozenset[UUID]:
    found: set[UUID] = set()
    for envelope in envelopes:
        data = data_of(envelope)
        single = (data.get(field) for field in ("holder", "person", "requester"))
        several = (one["id"] for one in data.get("holders", ()))
        found.update(UUID(one) for one in (*single, *several) if one)
    return frozenset(found)
