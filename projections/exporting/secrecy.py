"""Whether a bag may be made while an order of a court or an authority is confidential."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from domain.access import ReadingBasis
from domain.chainhead import Chain
from domain.contract import CONTRACT
from domain.contract.ownership.state import Ownership
from domain.errors import Refused
from domain.handling import Reading
from infra.reader import Reader
from projections.exporting.chains import events_of
from projections.exporting.scope import contracts_of, scope_of
from projections.exporting.wanted import Wanted

OFFICIAL: Final = (
    ReadingBasis.COURT_ORDER,
    ReadingBasis.AUTHORITY_REQUEST,
    ReadingBasis.LEGAL_OBLIGATION,
)
"""On these bases a bag may tell of a confidential order."""


@dataclass(frozen=True, slots=True)
class Secrecy:
    """Lets no bag tell of a confidential order, save one for a court or an authority."""

    reader: Reader
    wanted: Wanted

    async def require_kept(self, reading: Reading, at: datetime) -> None:
        """Raise Refused when the bag would tell of an order that is confidential at `at`.

        An event tells of an order that names it, or that added a copy of it. Whether the order is
        confidential is what its contract says now, whatever the position of the bag.
        """
        if ReadingBasis(self.wanted.basis) in OFFICIAL:
            return
        chains = (await scope_of(self.reader.pool, self.wanted)).chains
        telling = await self._telling(reading, chains, at)
        if not telling:
            return
        async for parts, envelope in events_of(self.reader, chains, self.wanted.position):
            if any(one in envelope for one in telling):
                raise Refused(
                    "order-confidential",
                    f"position {parts.position} tells of an order of which nobody may be told yet: "
                    f"export for {', '.join(OFFICIAL)}, "
                    f"or as of a position before {parts.position}",
                )

    async def _telling(
        self, reading: Reading, chains: tuple[Chain, ...], at: datetime
    ) -> tuple[bytes, ...]:
        """Return the ids, as envelopes write them, of confidential orders and of their copies."""
        found: list[UUID] = []
        for number in await contracts_of(self.reader.pool, chains):
            stream = await self.reader.contract_stream(number)
            if stream is None:
                continue
            ownership: Ownership = (await reading.state(CONTRACT, stream)).state.ownership
            for order in ownership.orders:
                if ownership.confidential(order.id, at):
                    found += (order.id, *order.copies)
        return tuple(str(one).encode() for one in found)
