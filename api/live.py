"""The live queue: ticket events as they are recorded, for any number of readers, without gaps.

One task follows the log; its latest events lie in a ring. A reader is a position: what it lacks
comes from the ring, or from the log when it was away for longer than the ring remembers.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Final
from uuid import UUID

from domain.errors import Unavailable
from domain.stream import StreamKind
from infra.envelope import parse
from infra.logs import logger
from infra.reader import Reader

POLL_SECONDS: Final = 0.2
RING: Final = 8_192
_DESTROYED: Final = b',"type":"KeysDestroyed",'

_log = logger("live")


@dataclass(frozen=True, slots=True)
class Change:
    """Something happened to a ticket."""

    position: int
    event_id: UUID
    type: str
    ticket: UUID
    version: int
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Progress:
    """Changes up to a position: what lies between the last one and it concerns no ticket."""

    changes: tuple[Change, ...]
    position: int


class Live:
    """Follows the log for the readers of the live queue.

    `forget` is called when keys were destroyed, so that this process remembers them no minute long.
    """

    def __init__(
        self, reader: Reader, ring: int = RING, forget: Callable[[], None] = lambda: None
    ) -> None:
        self._reader = reader
        self._forget = forget
        self._ring: deque[Change] = deque(maxlen=ring)
        self._floor = 0
        self._head: int | None = None
        self._moved = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.closing = False

    def start(self) -> None:
        """Begin to follow."""
        self._task = asyncio.create_task(self._follow(), name="live")

    async def close(self) -> None:
        """End every reader's stream and stop following."""
        self.stop_readers()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def stop_readers(self) -> None:
        """End every reader's stream."""
        self.closing = True
        self._wake()

    async def head(self) -> int:
        """Return the last position followed."""
        while self._head is None and not self.closing:
            await self._wait(1.0)
        return self._head or 0

    async def after(self, position: int, pause: float) -> AsyncIterator[Progress]:
        """Yield what happened after `position`, for ever; nothing new for `pause` s: no changes."""
        while not self.closing:
            head = await self.head()
            if position >= head:
                await self._wait(pause)
                if position >= (self._head or 0):
                    yield Progress((), position)
                continue
            progress = await self._since(position, head)
            position = progress.position
            yield progress

    async def _since(self, position: int, head: int) -> Progress:
        if position < self._floor:
            upto = min(head, position + RING // 8)
            found = [
                change
                async for _, envelope in self._reader.by_positions(position, upto)
                if (change := _change(envelope)) is not None
            ]
            return Progress(tuple(found), upto)
        newer = islice(reversed(self._ring), len(self._ring))
        found = []
        for change in newer:
            if change.position <= position:
                break
            found.append(change)
        return Progress(tuple(reversed(found)), head)

    async def _follow(self) -> None:
        while True:
            try:
                await self._catch_up()
            except Unavailable:
                _log.warning("live_queue_waits", reason="the database cannot be read")
            await asyncio.sleep(POLL_SECONDS)

    async def _catch_up(self) -> None:
        head = (await self._reader.head()).position
        if self._head is None:
            self._head = self._floor = head
        async for position, envelope in self._reader.by_positions(self._head, head):
            if _DESTROYED in envelope:
                self._forget()
            change = _change(envelope)
            if change is not None:
                if len(self._ring) == self._ring.maxlen:
                    self._floor = self._ring[0].position
                self._ring.append(change)
            self._head = position
        self._wake()

    async def _wait(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._moved.wait(), seconds)

    def _wake(self) -> None:
        """Let everybody who waits look again; who waits next waits for the next change."""
        self._moved.set()
        self._moved = asyncio.Event()


def _change(envelope: bytes) -> Change | None:
    parts = parse(envelope)
    if parts.stream.kind is not StreamKind.TICKET:
        return None
    return Change(
        parts.position,
        parts.id,
        parts.type,
        parts.stream.id,
        parts.stream.version,
        parts.recorded_at,
    )
