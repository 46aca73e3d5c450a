"""Making an export, recording it before it is handed out, having it signed: in this order."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.access import ACCESS, Exportable, NoteExport, ReadingBasis
from domain.chainhead import Chain
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.errors import InTheMaking, NotFound, Unavailable
from domain.handling import Handler, Reading, Step
from domain.log import Accepted, CommandKey
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.values import Provenance, Purpose, Sealed
from infra.headchannel import ask_export
from infra.ids import new_id
from infra.logkeys import LogKeys
from infra.settings import Settings
from infra.store import PostgresLog
from projections.exporting.lasting import require_lasting
from projections.exporting.make import covered, make_bag
from projections.exporting.secrecy import Secrecy
from projections.exporting.wanted import Wanted

_DECIDERS: Final[dict[StreamKind, Decider[Any, Any, Any]]] = {
    one.kind: one for one in (TICKET, DISPUTE)
}
_TRIES: Final = 20
_PAUSE: Final = 0.2


def basis_of(said: str) -> tuple[ReadingBasis, str | None]:
    """Return the basis that somebody named, with their words where it is none of the list."""
    try:
        return ReadingBasis(said), None
    except ValueError:
        return ReadingBasis.OTHER, said


async def export(
    log: PostgresLog,
    settings: Settings,
    wanted: Wanted,
    said: Provenance,
    key: CommandKey,
    out: Path,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Accepted, int]:
    """Make a bag that appears as `out` when it is recorded and signed.

    Returns the answer of its recording and how many events it has. Raises NotFound,
    NotYetIntegrated, Integrity, Unavailable, Refused, Erasing when something was erased while it
    was made, and InTheMaking when the same command was recorded meanwhile.
    """
    pool, begun = log.reader.pool, (await log.head()).position
    handler = Handler(log)
    exported = await stream_of(handler, wanted.chain)
    secrecy = Secrecy(log.reader, wanted)
    await secrecy.require_kept(Reading(handler.states, fresh=True), said.at)
    recording = Recording(handler, key, settings.data, wanted, secrecy, exported, said)
    keys = LogKeys.of(settings)
    sealer = log.codec.sealer

    async def sign(digest: bytes) -> bytes:
        await require_lasting(pool, begun)
        note = await recording.sign(digest)
        await require_lasting(pool, begun, recording.answer.position)
        return note

    events = await make_bag(out, wanted, log.reader, sealer, settings.data, keys, sign, progress)
    return recording.answer, events


@dataclass(slots=True)
class Recording:
    """Records one export in the access stream of who makes it, and has the integrator sign it.

    `exported` is the id of the stream of what is exported; `accepted` is set once it is recorded.
    """

    handler: Handler
    key: CommandKey
    data: Path
    wanted: Wanted
    secrecy: Secrecy
    exported: UUID
    provenance: Provenance
    accepted: Accepted | None = None

    @property
    def answer(self) -> Accepted:
        """Return the answer of what was recorded and signed."""
        assert self.accepted is not None, "what was not recorded is not signed"
        return self.accepted

    async def sign(self, digest: bytes) -> bytes:
        """Record a bag's digest; return the signed note.

        Raises Refused without a basis or while an order is confidential, Unavailable when nobody
        signs, InTheMaking when another bag was recorded under the same key: then no bag is handed
        out.
        """
        access = Stream(StreamKind.ACCESS, self.wanted.by.id)

        # making it took longer than clocks may differ: what is recorded now is said now
        said = replace(self.provenance, at=datetime.now(UTC))

        async def plan(reading: Reading) -> tuple[Step, ...]:
            await self.secrecy.require_kept(reading, said.at)
            contract = await _contract_of(reading, self.wanted.chain)
            return (Step(ACCESS, access, self._command(digest, contract)),)

        accepted = await self.handler.handle(plan, self.key, said)
        if accepted.replayed:
            raise InTheMaking("another bag was recorded for the same request")
        self.accepted = accepted
        await covered(self.data, accepted.position)
        for _ in range(_TRIES):
            try:
                return await ask_export(self.data, accepted.position)
            except Unavailable:
                await asyncio.sleep(_PAUSE)
        return await ask_export(self.data, accepted.position)

    def _command(self, digest: bytes, contract: str | None) -> NoteExport:
        wanted, chain = self.wanted, self.wanted.chain
        return NoteExport(
            by=wanted.by,
            at=wanted.at,
            what=exportable(chain),
            id=self.exported,
            contract=contract,
            position=wanted.position,
            digest=digest.hex(),
            basis=ReadingBasis(wanted.basis),
            recipient=_said(wanted.recipient),
            words=_said(wanted.words) if wanted.words else None,
        )


async def _contract_of(reading: Reading, chain: Chain) -> str | None:
    """Return the contract under which a chain counts when its export is recorded."""
    if isinstance(chain, str):
        return chain
    decider = _DECIDERS[chain.kind]
    contract: str | None = decider.contract_of((await reading.state(decider, chain)).state)
    return contract


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
