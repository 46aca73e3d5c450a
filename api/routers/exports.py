"""Exports: made first, which may take minutes, then fetched as often as they are kept."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, BinaryIO, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from api.calls import Call
from api.cases import note_reads
from api.disputes import dispute_of
from api.permissions import Permit
from api.reads import require_recorded
from api.routes import route
from api.schemas import exports as forms
from api.writes import Replayed, Write, asked, recall, written
from domain.access import Exportable, NoteEvidenceRead, NoteIdentityRead
from domain.chainhead import Chain
from domain.errors import NotFound, Removed
from domain.log import Accepted
from domain.stream import Stream, StreamKind
from infra.envelope import Envelope, parse
from infra.ids import new_id
from projections.exporting.job import Job, given_settings
from projections.exporting.kept import open_kept
from projections.exporting.wanted import Wanted
from projections.telling import data_of

router = APIRouter(tags=["exports"])

_BLOCK: Final = 1 << 18
_EXAMPLE: Final = {"recipient": "District court 4", "legal_basis": "court_order"}


@route(
    router,
    "POST",
    "/v1/contracts/{number}/exports",
    body=forms.Export,
    status=201,
    example=_EXAMPLE,
)
async def export_contract(call: Call) -> Response:
    """Make a bag of everything under the contract, to be fetched at Location."""
    number = call.path_number()
    await call.contract(number)
    return await _export(call, number)


@route(
    router,
    "POST",
    "/v1/tickets/{id}/exports",
    body=forms.Export,
    status=201,
    example=_EXAMPLE,
)
async def export_ticket(call: Call) -> Response:
    """Make a bag of everything recorded of the ticket, to be fetched at Location."""
    ticket, _ = await call.ticket()
    return await _export(call, ticket)


@route(
    router,
    "POST",
    "/v1/disputes/{id}/exports",
    body=forms.Export,
    status=201,
    example=_EXAMPLE,
)
async def export_dispute(call: Call) -> Response:
    """Make a bag of everything recorded of the dispute and of its contract, to be fetched there."""
    case, _ = await dispute_of(call)
    return await _export(call, case.stream)


async def _export(call: Call, chain: Chain) -> Response:
    try:
        write = await asked(call, forms.Export)
        exports = call.services.exports
        exports.require_idle(write.key.id)
        await recall(call, write.key)
        accepted = await exports.make(await _job(write, chain))
    except Replayed as known:
        accepted = known.accepted
    return _made(call, accepted)


async def _job(write: Write[forms.Export], chain: Chain) -> Job:
    call, body = write.call, write.body
    if body.at_position is not None:
        await require_recorded(call, body.at_position, "at_position")
    services, bag = call.services, new_id()
    wanted = Wanted(
        chain=chain,
        position=body.at_position or (await services.log.head()).position,
        bag=bag,
        by=call.actor,
        at=call.at,
        recipient=body.recipient,
        basis=body.legal_basis.value,
        words=body.basis_words,
        withhold=frozenset(body.withhold),
        zone=ZoneInfo(body.zone),
        language=body.language,
        custodian=body.custodian,
        disclose=frozenset(body.disclose),
    )
    said = replace(call.provenance(), correlation=bag)
    return Job(given_settings(services.settings), wanted, said, write.key)


def _made(call: Call, accepted: Accepted) -> Response:
    """Return the answer of a write; an export's id is that of the event that recorded it."""
    export = accepted.event_ids[0]
    response = written(call, accepted, {"id": export})
    response.headers["Location"] = f"/v1/exports/{export}"
    return response


@route(router, "GET", "/v1/exports/{id}", answer=None, media="application/zip", kept=True)
async def read_export(call: Call) -> Response:
    """Fetch the zip of an export; that you did is recorded when another made it."""
    export = call.path_id()
    recorded = await _recorded(call)
    settings = call.services.settings
    bag, seconds = recorded.correlation_id, settings.export_kept_seconds
    file = await asyncio.to_thread(open_kept, settings.data, bag, seconds)
    if file is None:
        position = data_of(recorded)["position"]
        raise Removed(f"make it again, under a new Idempotency-Key, with at_position {position}")
    try:
        read_at = await _note(call, recorded)
    except BaseException:
        file.close()
        raise
    headers = {
        "Ledger-Position": str(read_at),
        "Content-Disposition": f'attachment; filename="{export}.zip"',
        "Content-Length": str(file.seek(0, 2)),
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(_blocks(file), headers=headers, media_type="application/zip")


async def _recorded(call: Call) -> Envelope:
    """Return the event that recorded the export, if it is the asker's to know of."""
    envelope = await call.services.log.reader.by_event(call.path_id())
    if envelope is not None:
        parts = parse(envelope)
        theirs = call.permit is Permit.YES or parts.stream.id == call.actor.id
        if parts.stream.kind is StreamKind.ACCESS and parts.type == "Exported" and theirs:
            return parts
    raise NotFound("not there, or not yours")


async def _note(call: Call, recorded: Envelope) -> int:
    """Record that the asker opens what a bag tells; return where. Its maker's export says so."""
    if recorded.stream.id == call.actor.id:
        return recorded.position
    return await note_reads(call, *await _opened(call, data_of(recorded)))


async def _opened(
    call: Call, exported: dict[str, Any]
) -> list[NoteEvidenceRead | NoteIdentityRead]:
    """Return what a bag opens: its ticket or dispute, and who holds the contract."""
    notes: list[NoteEvidenceRead | NoteIdentityRead] = []
    contract = exported["contract"]
    if exported["what"] != Exportable.CONTRACT:
        case = Stream(StreamKind(exported["what"]), UUID(exported["id"]))
        version = await call.services.log.reader.version_as_of(case, exported["position"])
        who = call.who_and_when
        notes.append(NoteEvidenceRead(**who, case=case.id, version=version, contract=contract))
    if contract is not None:
        notes.append(NoteIdentityRead(**call.who_and_when, contract=contract))
    return notes


async def _blocks(file: BinaryIO) -> AsyncIterator[bytes]:
    with file:
        file.seek(0)
        while block := await asyncio.to_thread(file.read, _BLOCK):
            yield block
