"""Signed heads of chains: how many events a history has, and with which they end."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.disputes import PATH as DISPUTE
from api.disputes import dispute_of
from api.reads import query, require_recorded
from api.routes import route
from api.schemas import log as forms
from domain.chainhead import Chain
from domain.errors import NotFound, NotYetIntegrated
from infra.headchannel import ask_head

router = APIRouter(tags=["log"])

_HASH: Final = "0d6e4079e36703ebd37c00722f5891d28b0e2811dc114b129215123adcce3605"
_EXAMPLE: Final = (
    f"log.example.net/1/head\ncontract C-1001\ncount 17\nposition 20852\nlast {_HASH}\n"
    f"size 20852163\nroot {_HASH}\n\n\u2014 log.example.net/1/head Az3grlgtzPIC\n"
)
_FORM: Final = {
    "query": forms.AskHead,
    "answer": None,
    "media": "text/plain",
    "covered": True,
    "answer_example": _EXAMPLE,
}


@route(router, "GET", "/v1/contracts/{number}/head", **_FORM)
async def read_contract_head(call: Call) -> Response:
    """Read the signed count and last hash of all events under a contract."""
    number = call.path_number()
    await call.contract(number)
    return await _head(call, number)


@route(router, "GET", "/v1/tickets/{id}/head", **_FORM)
async def read_ticket_head(call: Call) -> Response:
    """Read the signed count and last hash of all events of a ticket."""
    ticket, _ = await call.ticket()
    return await _head(call, ticket)


@route(router, "GET", f"{DISPUTE}/head", **_FORM)
async def read_dispute_head(call: Call) -> Response:
    """Read the signed count and last hash of all events of a dispute."""
    case, _ = await dispute_of(call)
    return await _head(call, case.stream)


async def _head(call: Call, chain: Chain) -> Response:
    size = query(call, forms.AskHead).as_of_position
    if size is not None:
        await require_recorded(call, size, "as_of_position")
    try:
        note = await ask_head(call.services.settings.data, chain, size)
    except NotFound:
        if size is None:
            raise NotYetIntegrated("no checkpoint covers an event of it yet") from None
        raise
    headers = {"Cache-Control": "no-store"}
    return Response(note, headers=headers, media_type="text/plain; charset=utf-8")
