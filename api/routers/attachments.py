"""Attachments: stored sealed as received, served inert."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from api.calls import Call
from api.files import store_file
from api.permissions import Permit
from api.reads import query
from api.routes import route
from api.schemas import tickets as forms
from api.sealing import sealed
from api.writes import Write, command_key, read_body, recall
from domain.contract.events import Right
from domain.errors import Malformed, NotFound
from domain.ticket.commands import AddAttachment
from domain.ticket.events import Audience
from domain.ticket.state import TicketState
from domain.vocabulary import detected_type
from infra.ids import new_id
from infra.sealing import ChunkPlace

router = APIRouter(tags=["tickets"])

AT_ONCE: Final = 4
"""So many files are in memory at the same time; others wait."""

_FIRST: Final = 1024
_LONGEST_TYPE: Final = 200
_room = asyncio.Semaphore(AT_ONCE)


@route(
    router,
    "POST",
    "/v1/tickets/{id}/attachments",
    query=forms.AttachFile,
    status=201,
    right=Right.WRITE,
    raw=True,
)
async def add_attachment(call: Call) -> Response:
    """Add a file to a ticket: the body is its bytes, Content-Type what it claims to be."""
    ticket, state = await call.ticket()
    async with _room:
        data = await read_body(call, call.services.settings.attachment_bytes)
        digest = hashlib.sha256(data).hexdigest()
        payload = f"{call.request.url.query}\x00{digest}".encode()
        key = command_key(call, payload)
        await recall(call, key)
        form = query(call, forms.AttachFile)
        command = _command(call, state, form, data, digest)
        await store_file(call.services, ticket, state.contract, command, data)
    return await Write(call, form, key, None).ticket(ticket, command)


def _command(
    call: Call, state: TicketState, form: forms.AttachFile, data: bytes, digest: str
) -> AddAttachment:
    who = state.requester or call.asker()
    claimed = call.request.headers.get("content-type", "application/octet-stream")
    if not 0 < len(claimed) <= _LONGEST_TYPE or not claimed.isprintable():
        raise Malformed("not a media type", "Content-Type")
    return AddAttachment(
        **call.who_and_when,
        attachment=new_id(),
        audience=form.audience,
        name=sealed(form.name, who),
        claimed_type=sealed(claimed, who),
        detected_type=detected_type(data[:_FIRST]),
        size=len(data),
        digest=sealed(digest, who),
    )


@route(
    router,
    "GET",
    "/v1/tickets/{id}/attachments/{attachment}",
    answer=None,
    media="application/octet-stream",
)
async def read_attachment(call: Call) -> Response:
    """Read an attachment's bytes; browsers are told to save them, whatever they claim to be."""
    ticket, state = await call.ticket(fresh=True)
    attachment = call.path_id("attachment")
    audience = state.attachments.get(attachment)
    hidden = audience is Audience.INTERNAL and call.permit is Permit.OWN
    if audience is None or hidden:
        raise NotFound("not there, or not yours")
    reader, sealer = call.services.log.reader, call.services.log.codec.sealer
    count = await reader.chunk_count(attachment)

    async def piece(index: int) -> bytes:
        chunk = await reader.chunk(attachment, index)
        place = ChunkPlace(ticket, attachment, index, last=index == count - 1)
        opened = await asyncio.to_thread(sealer.open_chunk, place, chunk) if chunk else None
        if opened is None:
            raise NotFound("its bytes were erased")
        return opened

    first = await piece(0)

    async def stream() -> AsyncIterator[bytes]:
        yield first
        for index in range(1, count):
            yield await piece(index)

    headers = {
        "Content-Disposition": f'attachment; filename="{attachment}"',
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cache-Control": "no-store",
    }
    return StreamingResponse(stream(), headers=headers, media_type="application/octet-stream")
