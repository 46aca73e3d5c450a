"""Parking: what a consumer cannot handle, with its lane, until somebody redrives it.

A lane is a stream, or by itself a message that is no event. While it has a row, what comes for it
goes behind what is parked; whoever adds holds the row in common, whoever works it off alone.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
import psycopg

from consumers.handler import Cursor
from consumers.isolation import BEHIND, Outcome, Parked
from consumers.messages import Event, Foreign, Message
from domain.errors import NotFound, Unavailable
from infra.envelope import MAX_BYTES
from infra.logs import logger
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "parking.sql")
_LOG: Final = logger("consumers")
_AT_ONCE: Final = 500
_HEADERS: Final = msgspec.json.Decoder(tuple[tuple[str, bytes], ...]).decode


@dataclass(frozen=True, slots=True)
class Redriven:
    """How many lanes will be worked off, and how many messages wait in them."""

    lanes: int
    messages: int


def redrive(dsn: str, group: str) -> Redriven:
    """Let the running consumer handle again, in order, what it parked.

    What fails again stays parked. Raises NotFound when the consumer was never run, Unavailable.
    """
    try:
        with psycopg.connect(dsn, connect_timeout=3) as connection:
            row = connection.execute(_SQL["redrive"], {"consumer": group}).fetchone()
    except psycopg.OperationalError as error:
        raise Unavailable("the database cannot be reached") from error
    assert row is not None
    lanes, messages, there = row
    if not there:
        raise NotFound(f"no consumer {group} was ever run")
    return Redriven(lanes, messages)


def blocked(cursor: Cursor, consumer: str, lanes: Collection[str]) -> set[str]:
    """Return which of the lanes are parked; they stay so until the transaction ends."""
    if not lanes:
        return set()
    values = {"consumer": consumer, "lanes": list(lanes)}
    return {lane for (lane,) in cursor.execute(_SQL["blocked"], values).fetchall()}


def known(cursor: Cursor, consumer: str, origins: Collection[str]) -> set[str]:
    """Return which of these messages are parked already."""
    values = {"consumer": consumer, "origins": list(origins)}
    return {origin for (origin,) in cursor.execute(_SQL["known"], values).fetchall()}


def park(cursor: Cursor, consumer: str, outcome: Outcome) -> None:
    """Write what could not be handled."""
    if outcome.retried:
        cursor.execute(_SQL["count_retried"], {"consumer": consumer, "retried": outcome.retried})
    if not outcome.parked:
        return
    for one in outcome.parked:
        if one.reason != BEHIND:
            origin = one.what.message.origin
            _LOG.warning("parked", consumer=consumer, origin=origin, reason=one.reason)
    lanes = sorted({one.what.lane for one in outcome.parked})
    cursor.execute(_SQL["block"], {"consumer": consumer, "lanes": lanes})
    cursor.executemany(_SQL["park"], [_row(consumer, one) for one in outcome.parked])


def due(cursor: Cursor, consumer: str) -> str | None:
    """Return a lane to work off and hold it; None when there is none that nobody else holds."""
    row = cursor.execute(_SQL["due"], [consumer]).fetchone()
    return None if row is None else str(row[0])


def held(cursor: Cursor, consumer: str, lane: str) -> list[Message]:
    """Return what is parked in a lane, in order, not too many at once."""
    values = {"consumer": consumer, "lane": lane, "limit": _AT_ONCE}
    rows = cursor.execute(_SQL["held"], values).fetchall()
    return [
        Message(envelope, origin, key, None if headers is None else _HEADERS(headers))
        for envelope, origin, key, headers in rows
    ]


def settle(
    cursor: Cursor, consumer: str, lane: str, tried: Sequence[Event], outcome: Outcome
) -> None:
    """Forget what was handled; what failed again waits for another redrive."""
    kept = {one.what.message.origin for one in outcome.parked}
    done = [one.message.origin for one in tried if one.message.origin not in kept]
    cursor.execute(_SQL["release"], {"consumer": consumer, "origins": done})
    for one in outcome.parked:
        if one.reason != BEHIND:
            _keep(cursor, consumer, one)
    which = "rest" if outcome.parked else "unblock"
    cursor.execute(_SQL[which], {"consumer": consumer, "lane": lane})
    retried = len(tried) + outcome.retried
    cursor.execute(_SQL["count_retried"], {"consumer": consumer, "retried": retried})


def keep(cursor: Cursor, consumer: str, lane: str, foreign: Foreign) -> None:
    """Let a lane whose message still is no event wait for another redrive."""
    _keep(cursor, consumer, Parked(foreign, foreign.fault, 1))
    cursor.execute(_SQL["rest"], {"consumer": consumer, "lane": lane})
    cursor.execute(_SQL["count_retried"], {"consumer": consumer, "retried": 1})


def _keep(cursor: Cursor, consumer: str, parked: Parked) -> None:
    values = {"reason": parked.reason, "attempts": parked.attempts}
    origin = parked.what.message.origin
    cursor.execute(_SQL["keep"], {"consumer": consumer, "origin": origin} | values)


def _row(consumer: str, parked: Parked) -> dict[str, Any]:
    what, message = parked.what, parked.what.message
    said = message.headers
    where = what.where if isinstance(what, Event) else None
    return {
        "consumer": consumer,
        "origin": message.origin,
        "lane": what.lane,
        "epoch": where and where.epoch,
        "position": where and where.position,
        "stream": what.outline.stream if isinstance(what, Event) else None,
        "key": message.key,
        "envelope": message.value[:MAX_BYTES],
        "headers": None if said is None else msgspec.json.encode(said).decode(),
        "reason": parked.reason,
        "attempts": parked.attempts,
    }
