"""The timeline of a bag as PDF, set in a thread of its own while the events are still read."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Full, Queue
from types import TracebackType
from typing import Any, Final, Self

import msgspec
import orjson
from msgspec import UNSET

from domain.errors import Unavailable
from infra.envelope import ADDRESS, Envelope
from infra.pdf import Cover, Document, Field, Hidden, Row, render
from projections.telling import Json

_PAGES: Final = 4
"""Pages of rows that may wait for the thread."""
_PAUSE: Final = 0.005
Said = dict[str, str | Hidden]


class Paper:
    """Makes the PDF in a folder; rows come page by page.

    `progress` gets the steps done, in the caller's thread. Raises what `infra.pdf.render` does, at
    the next page or in the end.
    """

    def __init__(
        self,
        folder: Path,
        cover: Cover,
        zone: str,
        language: str,
        progress: Callable[[int], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._count = 0
        self._pages: Queue[list[Row] | None] = Queue(_PAGES)
        self._document = Document(cover, self._rows(), lambda: self._count, zone, language)
        self._progress = progress
        self._left = False
        self._made: asyncio.Task[list[Path]] | None = None

    async def __aenter__(self) -> Self:
        """Start the thread."""
        self._folder.mkdir()
        self._made = asyncio.create_task(
            asyncio.to_thread(self._render, asyncio.get_running_loop())
        )
        return self

    async def add(self, rows: list[Row]) -> None:
        """Hand a page of rows over."""
        self._count += len(rows)
        await self._put(rows)

    async def done(self) -> list[Path]:
        """Return the parts, in order, when they are made."""
        await self._put(None)
        assert self._made is not None
        return await asyncio.shield(self._made)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait for the thread; when something went wrong, let it leave off."""
        assert self._made is not None
        self._left = True
        while not self._made.done():
            try:
                self._pages.get_nowait()
            except Empty:
                self._pages.put_nowait(None)
            await asyncio.sleep(_PAUSE)
        self._made.exception()

    async def _put(self, page: list[Row] | None) -> None:
        assert self._made is not None
        while not self._made.done():
            try:
                self._pages.put_nowait(page)
            except Full:
                await asyncio.sleep(_PAUSE)
            else:
                return
        await asyncio.shield(self._made)  # it ended before its rows did: it raises

    def _rows(self) -> Iterator[Row]:
        while (page := self._pages.get()) is not None:
            yield from page
        if self._left:
            raise Unavailable("the export was left off")

    def _render(self, loop: asyncio.AbstractEventLoop) -> list[Path]:
        def told(done: int, _: int) -> None:
            loop.call_soon_threadsafe(self._progress, done)

        return render(self._document, self._folder, told)


def paper_row(parts: Envelope, told: Said) -> Row:
    """Return an event as it stands on paper; `told` is what is said of each sealed field."""
    actor = msgspec.json.decode(bytes(parts.actor))
    behalf = msgspec.json.decode(bytes(parts.on_behalf_of))
    origin = msgspec.json.decode(bytes(parts.origin))
    stream = f"{parts.stream.kind.value} {parts.stream.id}, {parts.stream.version}"
    facts = [f"stream: {stream}", *_facts(msgspec.json.decode(bytes(parts.data)), "")]
    if parts.occurred_at is not UNSET:
        facts.append(f"occurred_at: {parts.occurred_at.isoformat()}")
    if behalf:
        facts.append(f"on_behalf_of: {' '.join((behalf['id'], *behalf['asserted']))}")
    if "source" in origin:
        facts.append(f"origin: {origin['source']} {origin['row']}")
    texts = tuple(Field(name, text) for name, text in told.items() if name != ADDRESS)
    return Row(
        position=parts.position,
        event=str(parts.id),
        at=parts.recorded_at,
        who=" ".join(filter(None, (actor["kind"], actor["role"], actor["id"]))),
        what=parts.type,
        source=_address(told.get(ADDRESS)),
        fields=(Field("data", "; ".join(facts)), *texts),
        imported="source" in origin,
    )


def _facts(data: Any, name: str) -> Iterator[str]:
    """Yield what stands in an event's data, each value with the way to it."""
    inner: dict[Any, Any] = data if isinstance(data, dict) else {}
    if isinstance(data, list):
        inner = dict(enumerate(data))
    for key, value in inner.items():
        yield from _facts(value, f"{name}.{key}" if name else str(key))
    if not isinstance(data, dict | list) and data is not None:
        text = data if isinstance(data, str) else orjson.dumps(data).decode()
        yield f"{name}: {text}"


def _address(told: str | Hidden | None) -> str | Hidden | None:
    if told is None or isinstance(told, Hidden):
        return told
    found: Json = orjson.loads(told)
    return " ".join(str(value) for value in found.values() if value is not None)
