"""What waits to be told: `consumers.mail_outbox`, a row for each event, and for who was put off.

A row is taken by locking it and is gone when its mail is recorded, so that a crash in between
leads to the same mail once more: with the same Message-ID, for that is the event's id.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from consumers.handler import Arrived, Begin, Cursor
from consumers.notifications.telling import kind_of
from infra.sqlfiles import load_sql

SQL: Final = load_sql(__file__, "outbox.sql")
Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Notifications:
    """The consumer: it notes which events are to be told, and tells nobody itself."""

    name: str = "notifications"
    begins: Begin = Begin.HEAD

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Put what has to be told into the outbox, in the caller's transaction."""
        told = [one.recorded for one in batch if kind_of(one.recorded) is not None]
        if not told:
            return
        lanes = [one.stream.id for one in told]
        rows = ([one.id for one in told], [one.position for one in told], lanes)
        cursor.execute(SQL["put"], rows)
        cursor.execute(SQL["wake"])


@dataclass(frozen=True, slots=True)
class Taken:
    """A row that this transaction has locked; `waits` is since when, in seconds.

    In the first `turn` (0) everybody is told, later those who are `owed` it: keyed hashes.
    """

    event: UUID
    turn: int
    tries: int
    waits: float
    owed: list[bytes] | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many events wait to be told, how many were put off, for how long the oldest waits.

    `reasons` are why: reply codes of servers and names of errors.
    """

    waiting: int
    put_off: int
    oldest_seconds: float
    reasons: tuple[str, ...]


def standing(cursor: Cursor) -> Standing:
    """Return what waits."""
    waiting, put_off, oldest, reasons = cursor.execute(SQL["standing"]).fetchall()[0]
    return Standing(waiting, put_off, oldest, tuple(sorted(reasons or ())))


def redrive(cursor: Cursor) -> int:
    """Let everything that was put off be tried at once; return how many events that are."""
    found = cursor.execute(SQL["redrive"]).rowcount
    cursor.execute(SQL["wake"])
    return found


async def take(connection: Connection) -> Taken | None:
    """Lock and return the next row that is due, None when there is none."""
    cursor = await connection.execute(SQL["take"])
    row = await cursor.fetchone()
    return None if row is None else Taken(*row)
