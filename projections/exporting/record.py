"""Recording an export before it is handed out, and having it signed: in this order."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from domain.access import ACCESS, Exportable, NoteExport, ReadingBasis
from domain.chainhead import Chain
from domain.errors import NotFound, Unavailable
from domain.handling import Handler, Reading, Step
from domain.stream import Stream, StreamKind
from domain.values import Provenance, Purpose, Sealed
from infra.headchannel import ask_export
from infra.ids import new_id
from infra.secrets import Secrets
from projections.exporting.make import covered
from projections.exporting.wanted import Wanted

_TRIES: Final = 20
_PAUSE: Final = 0.2


def basis_of(said: str) -> tuple[ReadingBasis, str | None]:
    """Return the basis that somebody named, with their words where it is none of the list."""
    try:
        return ReadingBasis(said), None
    except ValueError:
        return ReadingBasis.OTHER, said


@dataclass(frozen=True, slots=True)
class Recording:
    """Records one export in the access stream of who makes it, and has the integrator sign it.

    `exported` is the id of the stream of what is exported.
    """

    handler: Handler
    secrets: Secrets
    data: Path
    wanted: Wanted
    exported: UUID
    provenance: Provenance

    async def sign(self, digest: bytes) -> bytes:
        """Record a bag's digest; return the signed note.

        Raises Refused without a basis, Unavailable when nobody signs: then no bag is handed out.
        """
        step = Step(ACCESS, Stream(StreamKind.ACCESS, self.wanted.by.id), self._command(digest))

        async def plan(_reading: Reading) -> tuple[Step, ...]:
            return (step,)

        key = self.secrets.command_key("exports", str(self.wanted.bag), digest)
        accepted = await self.handler.handle(plan, key, self.provenance)
        await covered(self.data, accepted.position)
        for _ in range(_TRIES):
            try:
                return await ask_export(self.data, accepted.position)
            except Unavailable:
                await asyncio.sleep(_PAUSE)
        return await ask_export(self.data, accepted.position)

    def _command(self, digest: bytes) -> NoteExport:
        wanted, chain = self.wanted, self.wanted.chain
        return NoteExport(
            by=wanted.by,
            at=wanted.at,
            what=exportable(chain),
            id=self.exported,
            contract=chain if isinstance(chain, str) else None,
            position=wanted.position,
            digest=digest.hex(),
            basis=ReadingBasis(wanted.basis),
            recipient=_said(wanted.recipient),
            words=_said(wanted.words) if wanted.words else None,
        )


def exportable(chain: Chain) -> Exportable:
    """Return what a chain is the history of, in the words of an export."""
    return Exportable.CONTRACT if isinstance(chain, str) else Exportable(chain.kind.value)


async def stream_of(handler: Handler, chain: Chain) -> UUID:
    """Return the id of the stream that an export is of; raise NotFound for an unknown contract."""
    if isinstance(chain, Stream):
        return chain.id
    stream = await handler.log.contract_stream(chain)
    if stream is None:
        raise NotFound("no such contract")
    return stream.id


def _said(text: str) -> Sealed:
    return Sealed(text, new_id(), Purpose.CORRESPONDENCE)
