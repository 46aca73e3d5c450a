"""Gathering what a case file is made of, as of a moment.

That is everything under the contract, what its disputes said before they were attached to it, and
the tickets that brought their claims. Texts of tickets stay closed; they are in their timelines.
"""

from collections.abc import AsyncIterator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from domain.errors import NotFound
from domain.stream import StreamKind
from infra.envelope import ADDRESS, Envelope, parse
from infra.networks import Labels
from infra.reading import recorded_of
from infra.sealing import Sealer
from infra.sqlfiles import load_sql
from projections.as_of import Moment
from projections.case_file.findings import Findings, findings_of
from projections.case_file.fold import CaseFile, Folding, Happened
from projections.contract_history import Gathering, chain_of, cuts_of
from projections.opening import Connection, Opened, Reads, open_envelopes
from projections.telling import address_of, data_of, happened_at

_SQL: Final = load_sql(__file__, "reading.sql")
_BRINGING: Final = frozenset({"DisputeOpened", "ClaimReceived"})
Cuts = dict[tuple[str, UUID], int]


@dataclass(frozen=True, slots=True)
class Found:
    """A dispute as of a moment: its version, and the contract that it was about, if any."""

    dispute: UUID
    moment: Moment
    version: int
    contract: str | None
    envelopes: tuple[bytes, ...]

    @property
    def ticket(self) -> UUID:
        """Return the ticket by which it was opened."""
        return UUID(data_of(parse(self.envelopes[0]))["ticket"])


async def find_dispute(reads: Reads, dispute: UUID, moment: Moment) -> Found:
    """Return a dispute as of a moment; raise NotFound when it was not there."""
    asked = {"dispute": dispute, "position": moment.position}
    async with reads.pool.connection() as connection:
        found = _happened(await _fetch(connection, "dispute", asked), moment)
    if not found:
        raise NotFound("no such dispute at that moment")
    last = parse(found[-1])
    number = last.contract.number if last.contract else None
    return Found(dispute, moment, len(found), number, tuple(found))


async def read_case_file(
    reads: Reads, found: Found, labels: Labels, *, identity: bool
) -> tuple[CaseFile, Findings | None]:
    """Return the dispute's case file, and what the contract's chain says of engineers."""
    moment, number = found.moment, found.contract
    folding = Folding(found.dispute, number, identity=identity, labels=labels)
    gathering = Gathering(number or "")
    async with reads.pool.connection() as connection:
        cuts = await cuts_of(connection, number, moment) if number is not None else {}
        beside = await _beside(connection, found, cuts)
        async for page in _pages(connection, found, beside):
            for opened in await _open(connection, reads.sealer, page):
                if number is not None and _under(opened.parts) == number:
                    gathering.add(opened, cuts)
                if not _cut(opened.parts, cuts):
                    recorded = recorded_of(opened.parts, opened.envelope, opened.texts)
                    folding.add(Happened(recorded, address_of(opened)))
    engineers = gathering.history(moment.position).engineers
    findings = findings_of(engineers) if number is not None else None
    return folding.file(moment.position), findings


async def _pages(
    connection: Connection, found: Found, beside: list[bytes]
) -> AsyncIterator[list[bytes]]:
    """Yield the chain's pages, each with what was recorded beside it meanwhile."""
    after = 0
    if found.contract is not None:
        async for chunk in chain_of(connection, found.contract, found.moment):
            last = parse(chunk[-1]).position
            upto = after
            while upto < len(beside) and parse(beside[upto]).position < last:
                upto += 1
            yield chunk + beside[after:upto]
            after = upto
    if after < len(beside):
        yield beside[after:]


async def _beside(connection: Connection, found: Found, cuts: Cuts) -> list[bytes]:
    """Return what does not count under the contract and belongs to its disputes, in order.

    `cuts` learns of the tickets.
    """
    asked: dict[str, Any] = {"contract": found.contract, "position": found.moment.position}
    disputes = found.envelopes
    if found.contract is not None:
        disputes = tuple(await _attached(connection, found, asked))
    tickets = _tickets(map(parse, disputes))
    asked |= {"tickets": tickets, "occurred": found.moment.occurred}
    if found.moment.occurred is not None:
        rows = await _rows(connection, "ticket_cuts", asked)
        cuts |= {(kind, stream): version for kind, stream, version in rows}
    told = [one for one in disputes if found.contract is None or _under(parse(one)) is None]
    told += await _fetch(connection, "tickets", asked)
    return sorted(told, key=lambda one: parse(one).position)


async def _attached(connection: Connection, found: Found, asked: dict[str, Any]) -> list[bytes]:
    """Return the events of every dispute that is about the contract by the moment."""
    streams: dict[UUID, list[bytes]] = {}
    for envelope in await _fetch(connection, "disputes", asked):
        streams.setdefault(parse(envelope).stream.id, []).append(envelope)
    known = (_happened(one, found.moment) for one in streams.values())
    return [
        envelope for one in known if one and _under(parse(one[-1])) is not None for envelope in one
    ]


def _happened(stream: Sequence[bytes], moment: Moment) -> list[bytes]:
    """Return the longest prefix of a stream in which nothing happened after the moment."""
    if moment.occurred is None:
        return list(stream)
    prefix = []
    for envelope in stream:
        if happened_at(parse(envelope)) > moment.occurred:
            break
        prefix.append(envelope)
    return prefix


def _tickets(events: Iterable[Envelope]) -> list[UUID]:
    """Return the tickets by which disputes were opened and claims came."""
    return sorted({UUID(data_of(one)["ticket"]) for one in events if one.type in _BRINGING})


def _under(parts: Envelope) -> str | None:
    return parts.contract.number if parts.contract else None


def _cut(parts: Envelope, cuts: Cuts) -> bool:
    cut = cuts.get((parts.stream.kind.value, parts.stream.id))
    return cut is not None and parts.stream.version >= cut


async def _open(connection: Connection, sealer: Sealer, page: list[bytes]) -> list[Opened]:
    """Open a page in order of position: of tickets the addresses, of cases everything."""
    of_ticket = [parse(one).stream.kind is StreamKind.TICKET for one in page]
    tickets = [one for one, theirs in zip(page, of_ticket, strict=True) if theirs]
    cases = [one for one, theirs in zip(page, of_ticket, strict=True) if not theirs]
    opened = await open_envelopes(connection, sealer, tickets, only=ADDRESS)
    opened += await open_envelopes(connection, sealer, cases)
    return sorted(opened, key=lambda one: one.parts.position)


async def _fetch(connection: Connection, name: str, asked: dict[str, Any]) -> list[bytes]:
    return [row[0] for row in await _rows(connection, name, asked)]


async def _rows(connection: Connection, name: str, asked: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL[name], asked)
    return await cursor.fetchall()
