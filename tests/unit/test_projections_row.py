"""A ticket's row: every event has a meaning for it, and what it needs next follows from it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest

from domain.errors import Integrity
from domain.ticket.events import Status, TicketEvent
from projections.facts import Fact, OriginRef, StreamRef
from projections.queue.next import Doing, Standing, Why, what_next
from projections.queue.row import _EFFECTS, NULL, Row, change, opened

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
OPENING = {
    "number": "000-013",
    "reference": None,
    "contract": "C-1",
    "requester": "r",
    "channel": "portal",
    "language": "en",
    "priority": "normal",
    "specialist": None,
}


def fact(
    kind: str,
    version: int = 2,
    *,
    recorded: str = "2026-03-04T06:00:00.000000Z",
    occurred: str | None = None,
    origin: str = "live",
    **data: Any,
) -> Fact:
    return Fact(
        id="e",
        position=version * 10,
        stream=StreamRef("ticket", "t", version),
        type=kind,
        type_version=1,
        recorded_at=recorded,
        origin=OriginRef(origin),
        data=data,
        sealed=msgspec.Raw(b"{}"),
        occurred_at=occurred,
    )


def row(**differing: Any) -> Row:
    made = opened(fact("TicketOpened", 1, recorded="2026-03-04T05:00:00.000000Z", **OPENING))
    for name, value in differing.items():
        setattr(made, name, value)
    return made


def after(*facts: Fact, **differing: Any) -> Row:
    made = row(**differing)
    for one in facts:
        change(made, one)
    return made


def moved(status: str, cause: str = "staff") -> Fact:
    return fact("StatusChanged", status=status, previous="new", cause=cause, template=None)


def said(side: str, audience: str = "public") -> Fact:
    return fact("MessagePosted", side=side, audience=audience)


def test_every_ticket_event_has_a_meaning_for_the_row() -> None:
    assert set(_EFFECTS) == {cls.__name__ for cls in get_args(TicketEvent)}


def test_an_event_that_the_queue_does_not_know_stops_it() -> None:
    with pytest.raises(Integrity, match="position 20"):
        after(fact("SomethingElse"))


def test_a_ticket_begins_with_its_opening_and_has_one() -> None:
    with pytest.raises(Integrity):
        opened(fact("TagAdded", 1, tag="mail"))
    with pytest.raises(Integrity):
        after(fact("TicketOpened", **OPENING))


def test_a_promise_replaces_the_open_one_of_its_kind_and_is_settled() -> None:
    first = fact("PromiseMade", promise="update", due="2026-03-05T00:00:00.000000Z")
    second = fact("PromiseMade", promise="update", due="2026-03-06T00:00:00.000000Z")
    assert after(first, second).update_due == "2026-03-06T00:00:00.000000Z"
    assert after(first, fact("PromiseKept", promise="update", due="x")).update_due == NULL
    assert after(first, fact("PromiseMissed", promise="reaction", due="x")).update_due != NULL


def test_the_customer_waits_from_their_first_unanswered_message() -> None:
    assert row().customer_waiting_since == "2026-03-04T05:00:00.000000Z"
    answered = after(said("staff"))
    assert answered.customer_waiting_since == NULL
    assert after(said("staff", "internal")).customer_waiting_since != NULL
    change(answered, said("customer"))
    assert answered.customer_waiting_since == "2026-03-04T06:00:00.000000Z"


def test_a_reply_that_reopens_is_due_at_once_until_staff_speak() -> None:
    reopened = after(moved("resolved"), said("customer"), moved("reopened", "customer_reply"))
    assert reopened.reply_due == "2026-03-04T06:00:00.000000Z"
    assert reopened.acknowledged_at == NULL
    change(reopened, said("staff"))
    assert reopened.reply_due == NULL


def test_what_occurred_earlier_never_moves_the_prefix_back() -> None:
    late = after(
        fact("TagAdded", tag="mail", occurred="2026-03-04T05:30:00.000000Z"),
        fact("TagAdded", 3, tag="dns", occurred="2026-03-01T00:00:00.000000Z"),
    )
    assert late.occurred_from == "2026-03-04T05:30:00.000000Z"
    assert late.updated_at == "2026-03-01T00:00:00.000000Z"
    assert late.tags == '{"dns","mail"}'


def test_an_imported_ticket_waits_for_nobody() -> None:
    imported = opened(fact("TicketOpened", 1, origin="imported", **OPENING))
    assert imported.imported == "t"
    assert imported.customer_waiting_since == NULL


def test_a_moved_ticket_counts_under_its_new_contract() -> None:
    out, into = fact("TicketMovedOut", to="C-2"), fact("TicketMovedIn", 3, contract="C-2")
    assert after(out).contract == "C-1"
    assert after(out, into).contract == "C-2"


STANDING = Standing(
    status=Status.IN_PROGRESS,
    status_since=NOW - HOUR,
    held=True,
    acknowledged=True,
    customer_waiting_since=None,
    reaction_due=None,
    update_due=None,
    reply_due=None,
)


@pytest.mark.parametrize(
    ("differing", "code", "why"),
    [
        ({}, Doing.CONTINUE, Why.BEING_WORKED_ON),
        ({"held": False}, Doing.TAKE, Why.NOBODY_HOLDS_IT),
        ({"update_due": NOW}, Doing.UPDATE, Why.PROMISE_OVERDUE),
        ({"update_due": NOW + HOUR / 4}, Doing.UPDATE, Why.PROMISE_DUE_SOON),
        ({"update_due": NOW + HOUR}, Doing.CONTINUE, Why.BEING_WORKED_ON),
        ({"reaction_due": NOW, "update_due": NOW + HOUR}, Doing.REACT, Why.PROMISE_OVERDUE),
        ({"reply_due": NOW - HOUR}, Doing.ANSWER, Why.REOPENED_BY_CUSTOMER),
        ({"customer_waiting_since": NOW}, Doing.ANSWER, Why.CUSTOMER_WAITING),
        (
            {"status": Status.NEW, "acknowledged": False, "customer_waiting_since": NOW},
            Doing.ACKNOWLEDGE,
            Why.NOT_ACKNOWLEDGED,
        ),
        ({"status": Status.WAITING_FOR_CUSTOMER}, Doing.WAIT, Why.WAITING_FOR_CUSTOMER),
        ({"status": Status.WAITING_FOR_THIRD_PARTY}, Doing.WAIT, Why.WAITING_FOR_THIRD_PARTY),
        ({"status": Status.RESOLVED}, Doing.CLOSE, Why.RESOLVED),
        ({"status": Status.CLOSED, "update_due": NOW}, Doing.NOTHING, Why.CLOSED),
    ],
)
def test_what_is_next_and_why(differing: dict[str, Any], code: Doing, why: Why) -> None:
    found = what_next(replace(STANDING, **differing), NOW)
    assert (found.code, found.why) == (code, why)


def test_how_long_something_is_overdue_is_told_in_seconds() -> None:
    assert what_next(replace(STANDING, update_due=NOW - HOUR), NOW).overdue == 3600
    assert what_next(replace(STANDING, update_due=NOW + HOUR), NOW).overdue == 0
