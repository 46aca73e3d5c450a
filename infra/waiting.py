"""Callers that wait for their append: a bounded queue in, answers out."""

import asyncio
import concurrent.futures
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from domain.errors import Unavailable
from domain.log import Accepted
from infra.codec import PreparedRequest

QUEUE_REQUESTS: Final = 20_000
"""How many requests may wait; one more is refused, so that memory and delay stay bounded."""

Outcome = Accepted | Exception


@dataclass(slots=True, eq=False)
class Pending:
    """A request and whoever waits for its answer.

    `loop` None: a thread waits on a concurrent future. `submitted` is on the steady clock.
    `in_doubt`: its commit was sent and not confirmed. `epoch` is the one that it was decided in,
    0 when that was not known.
    """

    prepared: PreparedRequest
    asked_at: datetime
    submitted: float
    future: "asyncio.Future[Accepted] | concurrent.futures.Future[Accepted]"
    loop: asyncio.AbstractEventLoop | None
    in_doubt: bool = field(default=False)
    epoch: int = field(default=0)


class Waiting:
    """The queue between callers and the flusher's thread."""

    def __init__(self, limit: int = QUEUE_REQUESTS) -> None:
        self._limit = limit
        self._items: deque[Pending] = deque()
        self._changed = threading.Condition()
        self._closed = False

    def put(self, pending: Pending) -> None:
        """Add a request; raise Unavailable when the queue is full or closed."""
        with self._changed:
            if self._closed:
                raise Unavailable("the store is closing")
            if len(self._items) >= self._limit:
                raise Unavailable(f"{self._limit} requests wait to be recorded: try again later")
            self._items.append(pending)
            if len(self._items) == 1:
                self._changed.notify()

    def take(self, events: int) -> list[Pending]:
        """Wait, then return what waits, up to so many events; [] when closed and empty."""
        with self._changed:
            while not self._items and not self._closed:
                self._changed.wait()
            batch: list[Pending] = []
            while self._items and (not batch or events >= _size(self._items[0])):
                pending = self._items.popleft()
                events -= _size(pending)
                batch.append(pending)
            return batch

    def take_older(self, than: float) -> list[Pending]:
        """Return, and no longer keep, what was submitted before a moment of the steady clock."""
        with self._changed:
            old: list[Pending] = []
            while self._items and self._items[0].submitted < than:
                old.append(self._items.popleft())
            return old

    def close(self) -> None:
        """Refuse further requests; what waits can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()


def _size(pending: Pending) -> int:
    """Return for how many events a request counts; without any it still costs as much as one."""
    return max(1, len(pending.prepared.drafts))


def answer(outcomes: Sequence[tuple[Pending, Outcome]]) -> None:
    """Give everybody their answer; each event loop is woken once."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Pending, Outcome]]] = {}
    for pending, outcome in outcomes:
        if pending.loop is None:
            _resolve(pending, outcome)
        else:
            by_loop.setdefault(pending.loop, []).append((pending, outcome))
    for loop, theirs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_resolve_all, theirs)
        except RuntimeError:
            # The loop was closed by callers who gave up: nobody is there to be told.
            continue


def _resolve_all(outcomes: Iterable[tuple[Pending, Outcome]]) -> None:
    for pending, outcome in outcomes:
        _resolve(pending, outcome)


def _resolve(pending: Pending, outcome: Outcome) -> None:
    future = pending.future
    try:
        if future.done():
            return
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
    except concurrent.futures.InvalidStateError:
        # Answered at the same moment by the watch over stuck batches.
        return
