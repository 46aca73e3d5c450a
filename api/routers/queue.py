"""The queue, as a page or live, and single events."""

from collections.abc import AsyncIterator
from typing import Final

import orjson
from fastapi import APIRouter
from starlette.responses import Response, StreamingResponse

from api.answers import dump, shown
from api.calls import Call
from api.live import Change
from api.reads import moment_of, query, wait
from api.routers.tickets import as_item
from api.routes import route
from api.schemas import queue as forms
from domain.errors import LedgerError, Malformed, NotFound
from infra.envelope import leaf_hash, parse
from projections import queue

router = APIRouter(tags=["queue"])

LAST_EVENT: Final = "Last-Event-ID"
LOOK_SECONDS: Final = 1.0
QUIET_LOOKS: Final = 10
"""A comment is sent after so many looks without news, so that proxies keep the line open."""


@route(router, "GET", "/v1/queue", query=forms.AskQueue, answer=forms.QueuePage, positioned=True)
async def read_queue(call: Call) -> Response:
    """Read what to do next and why: promises overdue or due soon, then priority and age."""
    asked = query(call, forms.AskQueue)
    await wait(call, queue.NAME)
    filters = queue.Filters(
        status=asked.status,
        language=asked.language,
        specialist=asked.specialist,
        tag=asked.tag,
        contract=asked.contract,
        holder=asked.holder,
    )
    page = await queue.page(
        call.services.reads,
        filters,
        limit=asked.limit,
        cursor=asked.cursor,
        moment=await moment_of(call, asked),
    )
    items = [
        {"id": item.ticket, **as_item(item), "as_of_position": page.as_of_position}
        for item in page.items
    ]
    content = {
        "items": items,
        "next": page.next,
        "as_of_position": page.as_of_position,
        "at": page.at,
    }
    return shown(content, {"Ledger-Position": str(page.as_of_position)})


@route(router, "GET", "/v1/queue/live", answer=None, media="text/event-stream")
async def live_queue(call: Call) -> Response:
    """Follow what happens to tickets as server-sent events.

    The id of each event is its position. Sent back as Last-Event-ID, the stream goes on after it
    without gaps, also on another server.
    """
    live, begin = call.services.live, await _begin(call)

    async def stream() -> AsyncIterator[bytes]:
        with call.services.metrics.live.track_inprogress():
            yield b'retry: 1000\nid: %d\nevent: begin\ndata: {"position":%d}\n\n' % (begin, begin)
            quiet = 0
            async for progress in live.after(begin, LOOK_SECONDS):
                if not await _still_allowed(call):
                    return
                if progress.changes:
                    quiet = 0
                    yield b"".join(map(_event, progress.changes))
                elif (quiet := quiet + 1) % QUIET_LOOKS == 0:
                    yield b": %d\n\n" % progress.position

    return StreamingResponse(
        stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"}
    )


async def _begin(call: Call) -> int:
    given = call.header(LAST_EVENT)
    if given is None:
        return await call.services.live.head()
    if not given.isascii() or not given.isdigit() or len(given) > 15:  # noqa: PLR2004 - digits
        raise Malformed("send the id of the last event received", LAST_EVENT)
    if int(given) > (await call.services.log.head()).position:
        raise Malformed("the ledger has not got there: begin without it", LAST_EVENT)
    return int(given)


async def _still_allowed(call: Call) -> bool:
    try:
        await call.admit()
    except LedgerError:
        return False
    return True


def _event(change: Change) -> bytes:
    return b"id: %d\nevent: change\ndata: %b\n\n" % (change.position, dump(change))


@route(router, "GET", "/v1/events/{id}", answer=forms.EventView)
async def read_event(call: Call) -> Response:
    """Read one event's envelope, byte for byte as it was hashed; it holds no personal data."""
    envelope = await call.services.log.reader.by_event(call.path_id())
    if envelope is None:
        raise NotFound("not there, or not yours")
    parts = parse(envelope)
    content = {
        "id": parts.id,
        "position": parts.position,
        "leaf_hash": leaf_hash(envelope).hex(),
        "envelope": orjson.Fragment(envelope),
    }
    return shown(content)
