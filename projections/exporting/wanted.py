"""What somebody wants exported, and who may be told what of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.chainhead import Chain, chain_text
from domain.stream import Stream
from domain.values import Actor
from infra.envelope import Envelope, parse
from infra.pool import Pool
from infra.sqlfiles import load_sql
from projections.telling import data_of

SQL: Final = load_sql(__file__, "seen.sql")
_NAMING: Final = ("ContractRegistered", "JointHoldersNamed", "IdentityChanged", "PersonNamed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted: a chain as of a position, for whom, by whom; what is withheld besides.

    `bag` is the export's id. `recipient`, `basis` and `words` stand in the custody record as they
    were said; `zone` is the zone in which the timeline shows times beside UTC.
    """

    chain: Chain
    position: int
    bag: UUID
    by: Actor
    at: datetime
    recipient: str
    basis: str
    words: str | None
    withhold: frozenset[UUID]
    zone: ZoneInfo

    def as_of(self, position: int) -> "Wanted":
        """Return the same as of another position."""
        return replace(self, position=position)

    @property
    def name(self) -> str:
        """Return the name of the bag's folder: it says what is in it, and as of when."""
        chain = chain_text(self.chain).removeprefix("stream ").replace(" ", "-")
        return f"{chain}-at-{self.position}"


async def parties_of(pool: Pool, chain: Chain, position: int) -> frozenset[UUID]:
    """Return the people whose own history this is: holders, persons named, who asked.

    Everybody else is a third party.
    """
    named = set[UUID]()
    if isinstance(chain, Stream):
        types = [*_NAMING]
        asked = {"stream": chain.id, "position": position}
        contracts = [row[0] for row in await _rows(pool, "contracts", asked)]
        named |= _named(row[0] for row in await _rows(pool, "opened", asked))
    else:
        types, contracts = [*_NAMING, "TicketOpened"], [chain]
    values = {"contracts": contracts, "position": position, "types": types}
    return frozenset(named | _named(row[0] for row in await _rows(pool, "parties", values)))


async def erasures_of(pool: Pool, size: int) -> list[Envelope]:
    """Return every erasure among the first `size` events."""
    return [parse(row[0]) for row in await _rows(pool, "erasures", {"size": size})]


async def _rows(pool: Pool, name: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    async with pool.connection() as connection, connection.cursor(binary=True) as cursor:
        await cursor.execute(SQL[name], values)
        return await cursor.fetchall()


def _named(envelopes: Iterable[bytes]) -> set[UUID]:
    found: set[UUID] = set()
    for envelope in envelopes:
        data = data_of(parse(envelope))
        single = (data.get(field) for field in ("holder", "person", "requester"))
        several = (one["id"] for one in data.get("holders", ()))
        found.update(UUID(one) for one in (*single, *several) if one)
    return found


class Erasures:
    """Which recorded erasure covers a sealed field that is gone (docs/format.md, "Erasures")."""

    def __init__(self, envelopes: Iterable[Envelope]) -> None:
        self._subjects: dict[tuple[str | None, str | None, str], list[Envelope]] = {}
        self._messages: dict[tuple[str, str], Envelope] = {}
        for one in envelopes:
            data = data_of(one)
            for purpose in data.get("purposes", ()):
                if one.type == "MessageErased":
                    self._messages[data["event"], purpose] = one
                else:
                    whose = None if purpose == "address" else data["subject"]
                    self._subjects.setdefault((whose, data["contract"], purpose), []).append(one)

    def covering(self, parts: Envelope, field: str) -> Envelope | None:
        """Return the erasure that covers a field, None when none does."""
        said = parts.sealed[field]
        purpose = said.purpose.value
        if (found := self._messages.get((str(parts.id), purpose))) is not None:
            return found
        whose = None if purpose == "address" else str(said.subject)
        number = parts.contract.number if parts.contract else None
        known = self._subjects.get((whose, number, purpose), ())
        return next((one for one in known if one.position >= parts.position), None)
