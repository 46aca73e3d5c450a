"""What somebody wants exported."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.chainhead import Chain, chain_text
from domain.values import Actor


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is wanted: a chain as of a position, for whom, by whom; what is withheld besides.

    `bag` is the export's id. `recipient`, `basis` and `words` stand in the custody record as they
    were said; `zone` is the zone in which the timeline shows times beside UTC. `language` None: the
    contract's; `custodian` is who will sign the certificate. `disclose`: third parties whose words
    are told.
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
    language: str | None = None
    custodian: str | None = None
    disclose: frozenset[UUID] = frozenset()

    def as_of(self, position: int) -> "Wanted":
        """Return the same as of another position."""
        return replace(self, position=position)

    @property
    def name(self) -> str:
        """Return the name of the bag's folder: it says what is in it, and as of when."""
        chain = chain_text(self.chain).removeprefix("stream ").replace(" ", "-")
        return f"{chain}-at-{self.position}"
