"""The log: checkpoint, tiles, entries (C2SP tlog-tiles), and proofs out of them.

The latest epoch's log is at the root, every epoch's below `/log/EPOCH`.
"""

import re
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.reads import query, require_recorded
from api.routes import route
from api.schemas import log as forms
from domain.errors import Integrity, Malformed, NotFound, NotYetIntegrated
from domain.tiles import WIDTH, Tile, parse_place, parse_tile
from infra.chainheads import head_key
from infra.envelope import leaf_hash, parse
from projections.log import Published

router = APIRouter(tags=["log"])

_TEXT: Final = "text/plain; charset=utf-8"
_BYTES: Final = "application/octet-stream"
_FOR_EVER: Final = "max-age=31536000, immutable"
_LENGTH_BYTES: Final = 2
_EPOCH: Final = re.compile(r"[1-9][0-9]{0,8}")
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
    return _checkpoint(call.services.published.latest())


@route(router, "GET", "/tile/entries/{index}", answer=None, media=_BYTES, covered=True, tail=True)
async def read_entries(call: Call) -> Response:
    """Read the envelopes of 256 leaves, or of a partial tile, each behind its length."""
    return await _entries(call, call.services.published.latest())


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
    return _tile(call, call.services.published.latest())


@route(
    router,
    "GET",
    "/log/{epoch}/checkpoint",
    public=True,
    answer=None,
    media="text/plain",
    covered=True,
    answer_example=_CHECKPOINT,
)
async def read_epoch_checkpoint(call: Call) -> Response:
    """Read the signed head of an epoch's tree: the last one, if that epoch is over."""
    return _checkpoint(_of_path(call))


@route(
    router,
    "GET",
    "/log/{epoch}/tile/entries/{index}",
    answer=None,
    media=_BYTES,
    covered=True,
    tail=True,
)
async def read_epoch_entries(call: Call) -> Response:
    """Read the envelopes of 256 leaves of an epoch's tree; not those that were lost with it."""
    return await _entries(call, _of_path(call))


@route(
    router,
    "GET",
    "/log/{epoch}/tile/{level}/{index}",
    public=True,
    answer=None,
    media=_BYTES,
    covered=True,
    tail=True,
)
async def read_epoch_tile(call: Call) -> Response:
    """Read hashes of an epoch's tree, of events too that were lost with it."""
    return _tile(call, _of_path(call))


def _checkpoint(published: Published) -> Response:
    headers = {"Cache-Control": "public, max-age=1"}
    return Response(published.note, headers=headers, media_type=_TEXT)


def _tile(call: Call, published: Published) -> Response:
    tile = parse_tile(call.request.path_params["level"], call.request.path_params["index"])
    headers = {"Cache-Control": f"public, {_FOR_EVER}"}
    return Response(published.tile(tile), headers=headers, media_type=_BYTES)


async def _entries(call: Call, published: Published) -> Response:
    index, width = parse_place(call.request.path_params["index"])
    tile = Tile(0, index, width)
    if not tile.within(published.head.size):
        raise NotFound("the published tree does not have these entries")
    begin = index * WIDTH
    entries = [
        envelope
        async for _, envelope in call.services.log.reader.by_positions(begin, begin + width)
    ]
    if published.final and b"".join(map(leaf_hash, entries)) != published.tile(tile):
        raise NotFound("events of this epoch were lost with it: these entries are not whole")
    if len(entries) != width:
        raise Integrity(f"events between {begin + 1} and {begin + width} are missing")
    content = b"".join(
        len(envelope).to_bytes(_LENGTH_BYTES, "big") + envelope for envelope in entries
    )
    headers = {"Cache-Control": f"private, {_FOR_EVER}"}
    return Response(content, headers=headers, media_type=_BYTES)


def _of_path(call: Call) -> Published:
    """Return the log of the epoch in the path; raise NotFound."""
    epoch = call.request.path_params["epoch"]
    if not _EPOCH.fullmatch(epoch):
        raise NotFound("there is no log of this epoch")
    return call.services.published.of(int(epoch))


def _of_query(call: Call, epoch: int | None) -> Published:
    """Return the log of the epoch that is asked for, the latest if none is; raise Malformed."""
    published = call.services.published
    if epoch is None:
        return published.latest()
    try:
        return published.of(epoch)
    except NotFound as error:
        raise Malformed(str(error), "epoch") from None


@route(
    router,
    "GET",
    "/v1/log",
    public=True,
    query=forms.AskEpoch,
    answer=forms.LogView,
    covered=True,
)
async def read_log(call: Call) -> Response:
    """Read which log this is, and every key that ever signed for it."""
    published, asked = call.services.published, query(call, forms.AskEpoch)
    about = published.about()
    if about is None:
        raise NotYetIntegrated("the log has not begun yet")
    history = call.services.log_keys.history()
    if asked.epoch not in {None, about.epoch}:
        about = _of_query(call, asked.epoch).about(call.services.log_keys)
    keys = [
        {
            "vkey": one.verifier(about.origin).vkey,
            "head_vkey": head_key(one.verifier(about.origin)).vkey,
            "created_at": one.created_at,
            "retired_at": one.retired_at,
        }
        for one in history
    ]
    told = {"origin": about.origin, "epoch": about.epoch, "vkey": about.vkey, "keys": keys}
    return shown(told | {"epochs": published.epochs()})


@route(
    router,
    "GET",
    "/v1/events/{id}/proof",
    query=forms.AskEpoch,
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
    published = _of_query(call, query(call, forms.AskEpoch).epoch)
    parts = parse(envelope)
    if parts.ledger.epoch > published.epoch:
        if published.final:
            raise NotFound("it was recorded after this epoch")
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
    published = _of_query(call, asked.epoch)
    second = max(asked.first, published.head.size) if asked.second is None else asked.second
    for where, size in (("from", asked.first), ("to", second)):
        if size > published.head.size:
            if published.final:
                raise Malformed(f"the log of this epoch ends at {published.head.size}", where)
            await require_recorded(call, size, where)
    return shown(published.consistency(asked.first, second))
