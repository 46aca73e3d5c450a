"""Time stamps of checkpoints by authorities outside (RFC 3161), and what renewed them."""

import asyncio
from base64 import b64encode
from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown, time_text
from api.calls import Call
from api.reads import query
from api.routes import route
from api.schemas import timestamps as forms
from domain.errors import Integrity, Malformed
from infra.tilefiles import epochs, head_of
from projections.cursors import question, read_cursor, write_cursor
from projections.stamps import Renewal, StampCursor, Stamped, Stamps

router = APIRouter(tags=["log"])

_PATH: Final = "/v1/log"


@route(
    router,
    "GET",
    f"{_PATH}/timestamps",
    query=forms.AskTimestamps,
    answer=forms.Timestamps,
)
async def list_timestamps(call: Call) -> Response:
    """List the time stamps of checkpoints that cover a size (RFC 3161), the earliest first."""
    asked = query(call, forms.AskTimestamps)
    epoch = _epoch(call, asked.epoch)
    key = question("timestamps", asked.covering, epoch)
    begin = read_cursor(asked.cursor, StampCursor, key).begin if asked.cursor else asked.covering
    stamps = Stamps(call.services.settings.data, epoch)

    def page() -> dict[str, Any]:
        found, more = stamps.page(begin, asked.limit)
        following = None if more is None else write_cursor(StampCursor(key, more))
        return {"items": [_stamped(epoch, one) for one in found], "next": following}

    return shown(await asyncio.to_thread(page))


@route(
    router,
    "GET",
    f"{_PATH}/renewals",
    query=forms.AskRenewals,
    answer=forms.Renewals,
)
async def list_renewals(call: Call) -> Response:
    """List what renewed the time stamps of an epoch before their certificates ended."""
    asked = query(call, forms.AskRenewals)
    epoch = _epoch(call, asked.epoch)
    key = question("renewals", epoch)
    begin = read_cursor(asked.cursor, StampCursor, key).begin if asked.cursor else 0
    stamps = Stamps(call.services.settings.data, epoch)

    def page() -> dict[str, Any]:
        found = stamps.renewals()[begin:]
        more = begin + asked.limit if len(found) > asked.limit else None
        following = None if more is None else write_cursor(StampCursor(key, more))
        return {"items": [_renewal(epoch, one) for one in found[: asked.limit]], "next": following}

    return shown(await asyncio.to_thread(page))


def _epoch(call: Call, asked: int | None) -> int:
    return asked or max(epochs(call.services.settings.data), default=1)


def _stamped(epoch: int, one: Stamped) -> dict[str, Any]:
    head = head_of(one.note)
    found = {"epoch": epoch, "size": head.size, "root": head.root.hex()}
    return found | {"note": one.note.decode()} | _said(one.reply)


def _renewal(epoch: int, one: Renewal) -> dict[str, Any]:
    found = {"epoch": epoch, "number": one.number, "files": one.listed.decode()}
    return found | _said(one.reply)


def _said(reply: bytes) -> dict[str, Any]:
    from infra.timestamps import read_stamp  # noqa: PLC0415 - 4 MB, where there are time stamps

    try:
        stamp = read_stamp(reply)
    except Malformed as error:
        raise Integrity(f"a time stamp that was kept: {error}") from None
    return {
        "time": time_text(stamp.time),
        "authority": stamp.authority,
        "reply": b64encode(reply).decode(),
    }
