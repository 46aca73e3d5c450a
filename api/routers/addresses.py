"""Addresses: under which contracts one was used, and by whom."""

from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.reads import wait
from api.routes import route
from api.schemas import addresses as forms
from api.searching import searched
from api.writes import asked
from domain.errors import Malformed
from domain.values import Purpose
from infra.networks import network_of, parse_address
from projections import addresses

router = APIRouter(tags=["addresses"])


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
    address = parse_address(write.body.address)
    if address is None:
        raise Malformed("not an IP address", "address")
    await wait(call, addresses.NAME)
    digests = addresses.digests(call.services.secrets, address)
    uses = partial(addresses.uses, digests)
    network = str(network_of(address))
    return await searched(write, str(address), Purpose.ADDRESS, "uses", uses, network=network)
