"""The log: checkpoint, tiles, entries (C2SP tlog-tiles), and proofs out of them."""

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.reads import query
from api.routes import route
from api.schemas import log as forms
from domain.errors import Malformed, NotFound, NotYetIntegrated
from domain.tiles import WIDTH, Tile, parse_place, parse_tile
from infra.envelope import leaf_hash, parse

router = APIRouter(tags=["log"])

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = "max-age=31536000, immutable"
_LENGTH_BYTES: Final = 2
_HASH: Final = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
_CHECKPOINT: Final = f"log.example.net/1\n1\n{_HASH}\n\n\u2014 log.example.net/1 Az3grlgtzPIC\n"


@route(
    router,
    "GET",
    "/checkpoint",
    public=True,
    answer=None,
    media="text/plain",
    covered=True,
    answer_example=_CHECKPOINT,
)
async def read_checkpoint(call: Call) -> Response:
    """Read the signed head of the tree (C2SP tlog-checkpoint); about a second behind appends."""
    note = call.services.published.latest().note
    return Response(note, headers={"Cache-Control": "public, max-age=1"}, media_type=_TEXT)


@route(router, "GET", "/tile/entries/{index}", answer=None, media=_BYTES, covered=True, tail=True)
async def read_entries(call: Call) -> Response:
    """Read the envelopes of 256 leaves, or of a partial tile, each behind its length."""
    index, width = parse_place(call.request.path_params["index"])
    if not Tile(0, index, width).within(call.services.published.latest().head.size):
        raise NotFound("the published tree does not have these entries")
    begin = index * WIDTH
    entries = [
        len(envelope).to_bytes(_LENGTH_BYTES, "big") + envelope
        async for _, envelope in call.services.log.reader.by_positions(begin, begin + width)
    ]
    headers = {"Cache-Control": f"private, {_FOR_EVER}"}
    return Response(b"".join(entries), headers=headers, media_type=_BYTES)


@route(
    router,
    "GET",
    "/tile/{level}/{index}",
    public=True,
    answer=None,
    media=_BYTES,
    covered=True,
    tail=True,
)
async def read_tile(call: Call) -> Response:
    """Read hashes of the tree: 256 of a level, or the first ones of them (C2SP tlog-tiles)."""
    tile = parse_tile(call.request.path_params["level"], call.request.path_params["index"])
    content = call.services.published.latest().tile(tile)
    headers = {"Cache-Control": f"public, {_FOR_EVER}"}
    return Response(content, headers=headers, media_type=_BYTES)


@route(router, "GET", "/v1/log", public=True, answer=forms.LogView, covered=True)
async def read_log(call: Call) -> Response:
    """Read which log this is, and every key that ever signed for it."""
    about = call.services.published.about()
    if about is None:
        raise NotYetIntegrated("the log has not begun yet")
    keys = [
        {
            "vkey": one.verifier(about.origin).vkey,
            "created_at": one.created_at,
            "retired_at": one.retired_at,
        }
        for one in call.services.log_keys.history()
    ]
    return shown({"origin": about.origin, "epoch": about.epoch, "vkey": about.vkey, "keys": keys})


@route(
    router,
    "GET",
    "/v1/events/{id}/proof",
    answer=None,
    media="text/plain",
    covered=True,
    answer_example=f"c2sp.org/tlog-proof@v1\nindex 0\n\n{_CHECKPOINT}",
)
async def read_proof(call: Call) -> Response:
    """Read the proof that an event is in the log (C2SP tlog-proof), checkpoint included."""
    envelope = await call.services.log.reader.by_event(call.path_id())
    if envelope is None:
        raise NotFound("not there, or not yours")
    parts, published = parse(envelope), call.services.published.latest()
    if parts.ledger.epoch > published.epoch:
        raise NotYetIntegrated("the log of this epoch has not begun yet")
    proof = published.inclusion(leaf_hash(envelope), parts.position - 1)
    return Response(proof, headers={"Cache-Control": "no-store"}, media_type=_TEXT)


@route(
    router,
    "GET",
    "/v1/consistency",
    query=forms.AskConsistency,
    answer=forms.Consistency,
    covered=True,
)
async def read_consistency(call: Call) -> Response:
    """Read the proof that the tree of one size begins with the tree of another (RFC 6962)."""
    asked = query(call, forms.AskConsistency)
    published = call.services.published.latest()
    second = max(asked.first, published.head.size) if asked.second is None else asked.second
    for where, size in (("from", asked.first), ("to", second)):
        if size > published.head.size:
            await _require_recorded(call, size, where)
    return shown(published.consistency(asked.first, second))


async def _require_recorded(call: Call, size: int, where: str) -> None:
    head = await call.services.log.head()
    if size > head.position:
        raise Malformed(f"the ledger has {head.position} events", where)
