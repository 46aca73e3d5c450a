"""What waits to be sent to each endpoint: the table `consumers.webhooks`."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from consumers.handler import Cursor
from infra.envelope import Envelope
from infra.sqlfiles import load_sql

Connection = psycopg.Connection[tuple[Any, ...]]

_SQL: Final = load_sql(__file__, "outbox.sql")
_KEPT_DAYS: Final = 30
_PRUNED_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Told:
    """An endpoint is to be told of an event."""

    endpoint: str
    parts: Envelope
    body: bytes


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that is held by the transaction that asked for it, until it is sent or not."""

    endpoint: str
    epoch: int
    position: int
    stream: UUID
    event: UUID
    body: bytes
    tries: int
    first_tried_at: datetime | None


@dataclass(frozen=True, slots=True)
class Standing:
    """How many messages wait for an endpoint, how many of them only for a redrive.

    `since` is the first try of the oldest that was tried; `gone`: the endpoint said that it is.
    """

    endpoint: str
    waiting: int
    parked: int
    since: datetime | None
    gone: bool


def put(cursor: Cursor, told: Sequence[Told]) -> None:
    """Note what is to be sent, in the caller's transaction."""
    rows = [
        (
            one.endpoint,
            one.parts.ledger.epoch,
            one.parts.position,
            one.parts.stream.id,
            one.parts.id,
            one.body,
        )
        for one in told
    ]
    cursor.execute(_SQL["put"], [list(column) for column in zip(*rows, strict=True)])


def next_of(connection: Connection, endpoint: str) -> Waiting | None:
    """Return what an endpoint is to be sent next, held until the transaction ends; None: nothing.

    Never a message before which another one of its stream waits.
    """
    row = connection.execute(_SQL["next"], [endpoint]).fetchone()
    return None if row is None else Waiting(endpoint, *row)


def sent(connection: Connection, one: Waiting) -> None:
    """Note that it was accepted; its body goes."""
    connection.execute(_SQL["sent"], _row(one))


def failed(connection: Connection, one: Waiting, reason: str, again: float | None) -> None:
    """Note why it was not accepted, and in how many seconds its stream is tried again.

    `again` None: not before a redrive; what follows in the stream waits with it.
    """
    connection.execute(_SQL["failed"], {**_row(one), "reason": reason})
    if again is None:
        connection.execute(_SQL["park"], _row(one))
    else:
        connection.execute(_SQL["postpone"], {**_row(one), "seconds": again})


def retried(connection: Connection) -> None:
    """Count that something has to be tried again."""
    connection.execute(_SQL["retried"])


def is_gone(connection: Connection, endpoint: str, url: str) -> bool:
    """Say whether the endpoint said, at this address, that it is gone for ever."""
    row = connection.execute(_SQL["is_gone"], [endpoint, url]).fetchone()
    return row is not None and bool(row[0])


def moved(connection: Connection, endpoint: str, url: str) -> None:
    """Forget that the endpoint was gone at another address than this one."""
    connection.execute(_SQL["moved"], [endpoint, url])


def gone(connection: Connection, endpoint: str, url: str) -> None:
    """Note that the endpoint at this address is gone."""
    connection.execute(_SQL["gone"], [endpoint, url])


def redrive(cursor: Cursor) -> int:
    """Let everything that waits be tried at once; return how many messages that are."""
    cursor.execute(_SQL["come_back"])
    return cursor.execute(_SQL["redrive"]).rowcount


def standing(cursor: Cursor) -> list[Standing]:
    """Return how each endpoint stands for which something waits."""
    return [Standing(*row) for row in cursor.execute(_SQL["standing"]).fetchall()]


def unnamed(connection: Connection, endpoints: Collection[str]) -> dict[str, int]:
    """Return how much waits for each other endpoint than these; 0: it only said it is gone."""
    rows = connection.execute(_SQL["unnamed"], {"endpoints": list(endpoints)}).fetchall()
    return dict(rows)


def drop(connection: Connection, endpoints: Collection[str]) -> Counter[str]:
    """Drop what waits for these endpoints; return how many messages that are."""
    values = {"endpoints": list(endpoints)}
    with connection.transaction():
        connection.execute(_SQL["drop_gone"], values)
        return Counter(endpoint for (endpoint,) in connection.execute(_SQL["drop"], values))


def was_run(dsn: str) -> bool:
    """Say whether this ledger ever had an endpoint."""
    with psycopg.connect(dsn, connect_timeout=3) as connection:
        row = connection.execute(_SQL["was_run"]).fetchone()
    return row is not None and bool(row[0])


def prune(connection: Connection) -> bool:
    """Take away records of what was sent more than 30 days ago; False when more may be left."""
    values = {"days": _KEPT_DAYS, "limit": _PRUNED_AT_ONCE}
    return connection.execute(_SQL["prune"], values).rowcount < _PRUNED_AT_ONCE


def _row(one: Waiting) -> dict[str, Any]:
    return {
        "endpoint": one.endpoint,
        "epoch": one.epoch,
        "position": one.position,
        "stream": one.stream,
    }
