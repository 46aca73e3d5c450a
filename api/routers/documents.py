"""Documents: under which contracts one was given. A match is a hint and proves nothing."""

from functools import partial
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.reads import wait
from api.routes import route
from api.schemas import documents as forms
from api.searching import searched
from api.writes import asked
from domain.values import Purpose
from projections import documents

router = APIRouter(tags=["documents"])

_SAYS: Final = "A hint that proves nothing: numbers can be copied. Only a recorded check proves."


@route(
    router,
    "POST",
    "/v1/documents/search",
    body=forms.SearchDocument,
    answer=forms.DocumentGivings,
    positioned=True,
    example={"type": "passport", "country": "PT", "number": "X0000001", "basis": "legal_claim"},
)
async def search_documents(call: Call) -> Response:
    """Find under which contracts a document's number was given; the search is recorded."""
    write = await asked(call, forms.SearchDocument)
    body = write.body
    digest = documents.digest(call.services.secrets, body.type, body.country, body.number)
    await wait(call, documents.NAME)
    shown = f"{body.type} {body.country} {body.number}"
    given = partial(documents.givings, digest)
    return await searched(write, shown, Purpose.CLAIM, "given", given, says=_SAYS)
