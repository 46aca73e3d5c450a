"""Handling a batch so that an event that cannot be handled harms no other stream than its own.

A batch that fails is halved until the event at fault is alone. It is tried three times, then it is
parked, and so is what follows in its stream.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import psycopg

from consumers.handler import Consumer, Cursor
from consumers.messages import Event, Foreign
from domain.errors import LedgerError, Unavailable
from infra.logs import logger

TRIES: Final = 3
TRANSIENT: Final = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    psycopg.errors.InsufficientPrivilege,
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.UndefinedTable,
    Unavailable,
)
"""What no event is at fault for, a migration that is missing too: the batch is tried again."""

BEHIND: Final = "behind what is parked in its stream"
_LONGEST: Final = 500
_LOG: Final = logger("consumers")


class Parked(NamedTuple):
    """A message that waits for somebody, why, and how often it was tried."""

    what: Event | Foreign
    reason: str
    attempts: int


@dataclass(slots=True)
class Outcome:
    """What of a batch could not be handled, and how often something was tried again."""

    parked: list[Parked] = field(default_factory=list)
    retried: int = 0


class Isolation:
    """Handles batches of one consumer."""

    def __init__(self, consumer: Consumer) -> None:
        self._consumer = consumer

    def handle(self, cursor: Cursor, events: Sequence[Event], blocked: set[str]) -> Outcome:
        """Handle events, in order of each lane; those of `blocked` lanes are parked.

        Raises only what is TRANSIENT.
        """
        outcome = Outcome()
        blocked = set(blocked)
        sound = []
        for event in events:
            if event.lane in blocked:
                outcome.parked.append(Parked(event, BEHIND, 0))
            elif event.fault is not None:
                blocked.add(event.lane)
                outcome.parked.append(Parked(event, event.fault, 1))
            else:
                sound.append(event)
        self._isolate(cursor, sound, outcome, set())
        return outcome

    def _isolate(
        self, cursor: Cursor, events: list[Event], outcome: Outcome, failed: set[str]
    ) -> None:
        for event in events:
            if event.lane in failed:
                outcome.parked.append(Parked(event, BEHIND, 0))
        events = [event for event in events if event.lane not in failed]
        error = self._try(cursor, events)
        if error is None:
            return
        if len(events) > 1:
            middle = len(events) // 2
            self._isolate(cursor, events[:middle], outcome, failed)
            self._isolate(cursor, events[middle:], outcome, failed)
            return
        for _ in range(TRIES - 1):
            outcome.retried += 1
            error = self._try(cursor, events)
            if error is None:
                return
        (event,) = events
        failed.add(event.lane)
        outcome.parked.append(Parked(event, reason_of(error), TRIES))
        name = self._consumer.name
        _LOG.error("an event is parked", consumer=name, origin=event.message.origin, exc_info=error)

    def _try(self, cursor: Cursor, events: Sequence[Event]) -> Exception | None:
        if not events:
            return None
        try:
            with cursor.connection.transaction():
                self._consumer.handle(cursor, [event.arrived for event in events])
        except TRANSIENT:
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, the other streams go on
            return error
        return None


def reason_of(error: Exception) -> str:
    """Say what went wrong; other errors than the ledger's may quote a person's words."""
    name = type(error).__name__
    if isinstance(error, LedgerError):
        return f"{name}: {error}"[:_LONGEST]
    if isinstance(error, psycopg.Error) and error.sqlstate:
        return f"{name} ({error.sqlstate})"
    return name
