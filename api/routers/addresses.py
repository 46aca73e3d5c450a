"""Addresses: under which contracts one was used, and by whom."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.reads import wait
from api.routes import route
from api.schemas import addresses as forms
from api.sealing import optional, sealed
from api.writes import asked
from domain.access import ACCESS, NotePersonSearch
from domain.errors import Malformed
from domain.handling import Reading, Step
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.networks import network_of, parse_address
from projections import addresses

router = APIRouter(tags=["addresses"])

_USES: Final = 500


@route(
    router,
    "POST",
    "/v1/addresses/search",
    body=forms.SearchAddress,
    answer=forms.AddressUses,
    positioned=True,
    example={"address": "192.0.2.7", "basis": "authority_request", "words": "File 12 Js 345/26."},
)
async def search_addresses(call: Call) -> Response:
    """Find who acted from an address or its network, under any contract; the search is recorded."""
    write = await asked(call, forms.SearchAddress)
    body = write.body
    address = parse_address(body.address)
    if address is None:
        raise Malformed("not an IP address", "address")
    await wait(call, addresses.NAME)
    note = NotePersonSearch(
        **call.who_and_when,
        basis=body.basis,
        asked=sealed(str(address), call.actor.id, Purpose.ADDRESS),
        words=optional(body.words, call.actor.id, Purpose.CHECK),
    )

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return (Step(ACCESS, Stream(StreamKind.ACCESS, call.actor.id), note),)

    accepted = await write.handle(plan)
    services = call.services
    async with services.reads.pool.connection() as connection:
        found = addresses.digests(services.secrets, address)
        uses = await addresses.uses(connection, found, _USES + 1)
    view = {
        "network": str(network_of(address)),
        "uses": uses[:_USES],
        "more": len(uses) > _USES,
    }
    headers = {"ETag": f'"{accepted.version}"', "Ledger-Position": str(accepted.position)}
    return shown(view, headers)
