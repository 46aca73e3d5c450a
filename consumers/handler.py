"""What a consumer is: it writes the effect of events into the transaction of its inbox.

Whatever feeds it, Kafka or the store, a consumer gets every event at least once in the order of
its stream; the inbox (`consumers.inbox`) makes of that exactly once.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

import psycopg

from domain.log import Recorded
from infra.envelope import Envelope, parse
from infra.reading import recorded_of

Cursor = psycopg.Cursor[tuple[Any, ...]]


class Begin(StrEnum):
    """Where a consumer starts that is added to a ledger: behind its last event, or at the first."""

    HEAD = "head"
    FIRST = "first"


@dataclass(slots=True)
class Arrived:
    """An event as it came in: `origin` is `store/POSITION` or `TOPIC/PARTITION/OFFSET`.

    `parsed` and `recorded` raise Malformed for what is no event that this version knows.
    """

    envelope: bytes
    origin: str
    _parsed: Envelope | None = field(default=None, init=False, repr=False, compare=False)
    _recorded: Recorded | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def parsed(self) -> Envelope:
        """Return the envelope's members."""
        if self._parsed is None:
            self._parsed = parse(self.envelope)
        return self._parsed

    @property
    def recorded(self) -> Recorded:
        """Return the event as the domain reads it, sealed fields closed."""
        if self._recorded is None:
            self._recorded = recorded_of(self.parsed, self.envelope)
        return self._recorded


class Consumer(Protocol):
    """Something that happens elsewhere because of an event. `name` is its group's, for ever."""

    @property
    def name(self) -> str:
        """Its name: `^[a-z][a-z0-9-]{0,39}$`."""

    @property
    def begins(self) -> Begin:
        """Where it starts when it is added."""

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Write the effects in the caller's transaction; never commit, never talk to the outside.

        A batch keeps the order of every stream and holds nothing that was handled before. What it
        raises, but for a lost database and Unavailable, counts as the fault of an event: the
        events are then tried one by one, and the one at fault is parked.
        """
