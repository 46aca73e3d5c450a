"""The inbox: what a consumer handled, written in the transaction of the effect.

Every feed brings every event at least once; these rows make of that exactly once, and keep the
order of each stream, whoever handles at the same time: the members of a group, one that lost its
partitions and does not know yet, the store's feed and Kafka's.

*Once.* A position is taken by inserting its row, which waits for whoever holds the same one. Rows
below the low-water mark are gone, so the mark is read again after the insert: a row that was folded
away before the insert belongs to a transaction that was committed before, and its mark is seen.

*In order.* A feed brings the events of a stream in order, and starts where everything before is
handled. So whoever takes an event has taken the stream's event before it, or has found it taken by
a transaction that has ended: no event is handled before that one was, or was parked. What is parked
is seen for the same reason, and the lock of its lane orders it with whoever works it off.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from consumers import parking
from consumers.handler import Consumer, Cursor
from consumers.isolation import Isolation, Outcome, Parked
from consumers.judging import Judge
from consumers.messages import Event, Foreign, Message, Where
from domain.errors import Unavailable
from domain.ledger import LedgerContinued
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "inbox.sql")
_FOLDED_AT_ONCE: Final = 50_000
_CONTINUED: Final = LedgerContinued.__name__

Bury = Callable[[Sequence[Parked]], None]
"""Tells others what is parked; called before that is committed, perhaps more than once."""


class Hop(StrEnum):
    """The steps of a batch, each told when it is done."""

    POLLED = "polled"
    TAKEN = "taken"
    HANDLED = "handled"
    FOLDED = "folded"
    RECORDED = "recorded"
    COMMITTED = "committed"


Step = Callable[[Hop], None]


class Progress:
    """The low-water mark of each epoch."""

    def __init__(self, rows: Sequence[tuple[int, int, datetime | None]]) -> None:
        self._upto = {epoch: upto for epoch, upto, _ in rows}
        self._first = min(self._upto)
        self.last = Where(*max(self._upto.items()))
        """The mark of the last epoch that began."""

        times = [at for _, _, at in rows]
        self.since = None if None in times else min(at for at in times if at is not None)
        """Everything that was recorded before is handled; None: nothing is known to be."""

    def covers(self, where: Where) -> bool:
        """Say whether it is at or below the mark, or of an epoch before the consumer's first."""
        return where.epoch < self._first or where.position <= self._upto.get(where.epoch, 0)


def read_progress(cursor: Cursor, consumer: str) -> Progress:
    """Return how far a consumer is; raise Unavailable when its rows are gone."""
    rows = cursor.execute(_SQL["progress"], [consumer]).fetchall()
    if not rows:
        raise Unavailable("the consumer's rows are gone: begin again")
    return Progress([(epoch, upto, at) for epoch, upto, at in rows])


def knows(cursor: Cursor, consumer: str, where: Where) -> bool:
    """Say whether an event was handled or parked, in a transaction that has ended."""
    values = {"consumer": consumer, "epoch": where.epoch, "position": where.position}
    (row,) = cursor.execute(_SQL["knows"], values).fetchall()
    return bool(row[0]) or read_progress(cursor, consumer).covers(where)


class Inbox:
    """One consumer's inbox; each call is made in a transaction that the caller commits."""

    def __init__(self, consumer: Consumer, judge: Judge, step: Step = lambda _: None) -> None:
        self.name = consumer.name
        self._judge = judge
        self._isolation = Isolation(consumer)
        self._step = step

    def receive(self, cursor: Cursor, messages: Sequence[Message], bury: Bury) -> None:
        """Handle what is new among the messages; park what cannot be handled.

        Raises only what no message is at fault for: nothing was done then.
        """
        judged = self._judge.compare(messages)
        fresh = self._take(cursor, [one for one in judged if isinstance(one, Event)])
        self._step(Hop.TAKEN)
        blocked = parking.blocked(cursor, self.name, {event.lane for event in fresh})
        outcome = self._isolation.handle(cursor, fresh, blocked)
        self._step(Hop.HANDLED)
        foreign = [one for one in judged if isinstance(one, Foreign)]
        if foreign:
            known = parking.known(cursor, self.name, {one.message.origin for one in foreign})
            outcome.parked += [
                Parked(one, one.fault, 1) for one in foreign if one.message.origin not in known
            ]
        parking.park(cursor, self.name, outcome)
        self._fold(cursor, fresh)
        if outcome.parked:
            bury(outcome.parked)
        self._step(Hop.FOLDED)

    def work_off(self, cursor: Cursor) -> bool:
        """Handle what is due of one lane; False when nothing is, or others are at it."""
        lane = parking.due(cursor, self.name)
        if lane is None:
            return False
        held = parking.held(cursor, self.name, lane)
        judged = self._judge.judge(held)
        others = [one for one in judged if one.lane != lane or isinstance(one, Foreign)]
        if not others:
            events = [one for one in judged if isinstance(one, Event)]
            outcome = self._isolation.handle(cursor, events, set())
            parking.settle(cursor, self.name, lane, events, outcome)
        elif isinstance(other := self._judge.compare([others[0].message])[0], Foreign):
            parking.keep(cursor, self.name, lane, other)
        else:  # it was foreign to the version, or the store, that parked it
            parking.settle(cursor, self.name, lane, [other], Outcome())
            self.receive(cursor, held, lambda _: None)
        return True

    def fold(self, cursor: Cursor) -> None:
        """Fold what members that handled at the same moment left to each other."""
        for (epoch,) in cursor.execute(_SQL["unfolded"], [self.name]).fetchall():
            values = {"first": None, "at": None, "limit": _FOLDED_AT_ONCE}
            cursor.execute(_SQL["fold"], self._of(epoch) | values)

    def _take(self, cursor: Cursor, events: Sequence[Event]) -> list[Event]:
        progress = read_progress(cursor, self.name)
        wanted = {
            event.where: event for event in reversed(events) if not progress.covers(event.where)
        }
        if not wanted:
            return []
        taken = [
            Where(*row) for row in cursor.execute(_SQL["take"], self._values(wanted)).fetchall()
        ]
        progress = read_progress(cursor, self.name)
        if folded := [where for where in taken if progress.covers(where)]:
            cursor.execute(_SQL["give_back"], self._values(folded))
        return [wanted[where] for where in sorted(set(taken) - set(folded))]

    def _fold(self, cursor: Cursor, fresh: Sequence[Event]) -> None:
        first: dict[int, Event] = {}
        for event in fresh:
            first.setdefault(event.where.epoch, event)
            if event.outline.type == _CONTINUED:
                before = event.where.position - 1
                values = {"upto": before, "reached_at": event.outline.recorded_at}
                cursor.execute(_SQL["next_epoch"], self._of(event.where.epoch) | values)
        for epoch, event in first.items():
            values = {"first": event.where.position, "at": event.outline.recorded_at}
            values |= {"limit": _FOLDED_AT_ONCE}
            cursor.execute(_SQL["fold"], self._of(epoch) | values)

    def _of(self, epoch: int) -> dict[str, Any]:
        return {"consumer": self.name, "epoch": epoch}

    def _values(self, places: Collection[Where]) -> dict[str, Any]:
        return {
            "consumer": self.name,
            "epochs": [where.epoch for where in places],
            "positions": [where.position for where in places],
        }
