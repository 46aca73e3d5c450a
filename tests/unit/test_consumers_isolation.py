"""Isolation: an event that cannot be handled takes only what follows in its stream with it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from consumers.handler import Arrived, Begin
from consumers.isolation import BEHIND, Isolation
from consumers.messages import Event, Message, Outline, Where
from domain.errors import Malformed, Unavailable


class Database:
    """A cursor whose transactions undo what was handled in them."""

    def __init__(self) -> None:
        self.done: list[int] = []
        self.connection = self

    @contextmanager
    def transaction(self) -> Iterator[None]:
        before = list(self.done)
        try:
            yield
        except BaseException:
            self.done[:] = before
            raise


class Picky:
    """Handles positions into the database, and refuses those of `bad`."""

    name, begins = "picky", Begin.FIRST

    def __init__(self, bad: frozenset[int], error: Exception | None = None) -> None:
        self.bad, self.error = bad, error or Malformed("it is bad")

    def handle(self, cursor: Any, batch: Sequence[Arrived]) -> None:
        for one in batch:
            cursor.done.append(int(one.origin))
            if int(one.origin) in self.bad:
                raise self.error


def event(position: int, lane: str, fault: str | None = None) -> Event:
    arrived = Arrived(b"", str(position))
    outline = Outline(UUID(int=0), 1, UUID(int=0), position, UUID(int=0), "", 1, "")
    message = Message(b"", str(position))
    return Event(message, Where(1, position), lane, outline, arrived, fault)


@given(
    st.lists(st.sampled_from("abcd"), max_size=30),
    st.frozensets(st.integers(0, 29)),
    st.frozensets(st.integers(0, 29)),
    st.frozensets(st.sampled_from("abcd"), max_size=2),
)
def test_exactly_what_comes_before_the_first_bad_event_of_a_lane_is_handled(
    lanes: list[str], bad: frozenset[int], faulty: frozenset[int], blocked: frozenset[str]
) -> None:
    events = [event(n, lane, "new" if n in faulty else None) for n, lane in enumerate(lanes)]
    database: Any = Database()
    with capture_logs():
        outcome = Isolation(Picky(bad)).handle(database, events, set(blocked))
    wanted, reasons = [], {}
    stuck, failed = set(blocked), set()
    for n, lane in enumerate(lanes):
        if lane in stuck:
            reasons[n] = BEHIND
        elif n in faulty:
            stuck.add(lane)
            reasons[n] = "new"
        elif lane in failed:
            reasons[n] = BEHIND
        elif n in bad:
            failed.add(lane)
            reasons[n] = "Malformed: it is bad"
        else:
            wanted.append(n)
    assert database.done == wanted
    told = {int(one.what.message.origin): one.reason for one in outcome.parked}
    assert told == reasons


@pytest.mark.parametrize(
    "error",
    [psycopg.OperationalError(), psycopg.errors.UndefinedTable(), Unavailable("not now")],
)
def test_what_no_event_is_at_fault_for_is_raised(error: Exception) -> None:
    database: Any = Database()
    with pytest.raises(type(error)):
        Isolation(Picky(frozenset({1}), error)).handle(
            database, [event(0, "a"), event(1, "b")], set()
        )
    assert database.done == []


def test_words_of_a_person_that_an_error_quotes_are_not_kept() -> None:
    database: Any = Database()
    consumer = Picky(frozenset({0}), ValueError("Ivan Petrov, 12 Long Street"))
    with capture_logs():
        outcome = Isolation(consumer).handle(database, [event(0, "a")], set())
    assert [one.reason for one in outcome.parked] == ["ValueError"]
