"""Rebuilding the queue: computed again from position 1 beside the old one, then put in its place.

Reads and the follower go on meanwhile; the follower stands still only for the swap, which is one
short transaction. What a killed rebuild left behind, the next one clears away.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import sql

from domain.errors import Unavailable
from infra.garbage import collect_rarely
from infra.sqlfiles import load_sql
from projections.projection import Cursor
from projections.queue.write import COLUMNS, QueueWriter

_SQL: Final = load_sql(__file__, "rebuild.sql")
_RANGE: Final = 20_000
_IN_MEMORY: Final = 200_000
_NEAR: Final = 2_000
_SWAP_SECONDS: Final = 60.0
_PAUSE: Final = 0.2

Connection = psycopg.Connection[tuple[Any, ...]]
Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Difference:
    """Rows and versions of both sides as of `position`; at most ten of the `tickets` concerned."""

    position: int
    rows: int
    removed: int
    added: int
    tickets: tuple[UUID, ...]

    @property
    def empty(self) -> bool:
        """Say that the rebuild changed nothing."""
        return self.removed == self.added == 0


def rebuild_queue(owner: str, progress: Progress = lambda _done, _head: None) -> Difference:
    """Rebuild the queue through role ledger_owner and return what that changed.

    `progress` is called with (position, head). Raises Unavailable when another rebuild runs, or
    when readers keep the tables busy for a minute.
    """
    with rebuilt(owner, progress) as (writing, old):
        return _difference(writing, old)


@contextmanager
def rebuilt(
    owner: str, progress: Progress = lambda _done, _head: None
) -> Iterator[tuple[Connection, int]]:
    """Rebuild and swap; the old tables stay in views_old, as of a position, while the block runs.

    Yields a connection and that position.
    """
    collect_rarely()
    with _connect(owner) as reading, _connect(owner) as writing:
        row = writing.execute(_SQL["take_turn"]).fetchone()
        if row is None or not row[0]:
            raise Unavailable("another rebuild of the queue runs: wait for it")
        writing.execute(_SQL["clear"])
        writing.execute(_SQL["create_beside"])
        builder = Builder(reading, writing, progress)
        builder.build()
        yield writing, builder.swap()
        writing.execute(_SQL["clear"])


def _connect(owner: str) -> Connection:
    connection = psycopg.connect(owner, autocommit=True, application_name="ledger rebuild")
    connection.execute(_SQL["faster"])
    return connection


class Builder:
    """Builds views_next and swaps it in."""

    def __init__(self, reading: Connection, writing: Connection, progress: Progress) -> None:
        self._reading = reading
        self._writing = writing
        self._progress = progress
        self._writer = QueueWriter("views_next")
        self._built = 0
        self._empty = True

    def build(self) -> None:
        """Fold the log range by range until little is left, then make the indexes."""
        self._fold_to(self._head())
        for (definition,) in self._writing.execute(_SQL["indexes"]).fetchall():
            self._writing.execute(definition.encode())
        self._writing.execute(_SQL["analyse"])
        while (head := self._head()) - self._built > _NEAR:
            self._fold_to(head)

    def swap(self) -> int:
        """Put the new tables in place; return the position at which the old ones stood still."""
        deadline = time.monotonic() + _SWAP_SECONDS
        while True:
            try:
                with self._writing.transaction():
                    return self._swap()
            except psycopg.errors.LockNotAvailable:
                if time.monotonic() > deadline:
                    raise Unavailable(
                        "the queue is read without a pause: try the rebuild again later"
                    ) from None
                time.sleep(_PAUSE)

    def _swap(self) -> int:
        self._writing.execute(_SQL["lock_timeout"])
        row = self._writing.execute(_SQL["hold_follower"]).fetchone()
        assert row is not None
        old = int(row[0])
        built = max(self._built, min(old, self._head()))  # the old one may know lost events
        with self._writing.cursor() as cursor:
            self._writer.gather(cursor, self._envelopes(self._built, built))
            self._writer.flush(cursor)
        self._writing.execute(_SQL["swap"])
        last = self._writing.execute(_SQL["last_event"], [built]).fetchone()
        if last is not None:
            self._writing.execute(_SQL["follow_from"], last)
        return old

    def _fold_to(self, head: int) -> None:
        """Fold range by range; the next one is read while one is folded."""
        ends = [*range(self._built + _RANGE, head, _RANGE), head]
        with ThreadPoolExecutor(1) as reader:
            coming = reader.submit(self._envelopes, self._built, ends[0])
            for end, following in zip(ends, [*ends[1:], head], strict=True):
                envelopes = coming.result()
                coming = reader.submit(self._envelopes, end, following)
                with self._writing.transaction(), self._writing.cursor() as cursor:
                    self._writer.gather(cursor, envelopes)
                    if len(self._writer) > _IN_MEMORY or end == head:
                        self._save(cursor)
                self._built = end
                self._progress(end, head)

    def _envelopes(self, after: int, upto: int) -> bytes:
        with self._reading.cursor(binary=True) as cursor:
            row = cursor.execute(_SQL["read_range"], [after, upto]).fetchone()
        assert row is not None
        return bytes(row[0])

    def _save(self, cursor: Cursor) -> None:
        if self._empty:
            self._writer.pour(cursor)
            self._empty = False
        else:
            self._writer.flush(cursor)

    def _head(self) -> int:
        row = self._reading.execute(_SQL["head"]).fetchone()
        assert row is not None
        return int(row[0])


def _difference(connection: Connection, position: int) -> Difference:
    statement = sql.SQL(_SQL["difference"]).format(columns=COLUMNS)
    row = connection.execute(statement, {"position": position}).fetchone()
    assert row is not None
    rows, removed, added, tickets = row
    return Difference(position, rows, removed, added, tuple(tickets))
