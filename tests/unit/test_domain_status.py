"""Where a ticket stands, what the customer is told, and what is promised."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from unit.cast import (
    AGENT,
    CUSTOMER,
    LATER,
    MUCH_LATER,
    NOW,
    PORTAL,
    SOON,
    SYSTEM,
    ask,
    opened,
    said,
    uid,
)
from unit.spec import Given, given

from domain.limits import PROMISE_HORIZON
from domain.ticket import TICKET
from domain.ticket.commands import AcknowledgeTicket, ChangeStatus, PostMessage
from domain.ticket.events import (
    Audience,
    Cause,
    MessagePosted,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseMissed,
    Side,
    Status,
    StatusChanged,
    TicketAcknowledged,
)
from domain.ticket.state import FINAL
from domain.ticket.status import FOLLOWING

WHY = said("we look at the logs")
OPEN_STATUSES = sorted(set(Status) - FINAL - {Status.NEW, Status.REOPENED})
PRECEDED: dict[Status, list[Status]] = {
    Status.NEW: [],
    Status.REOPENED: [Status.RESOLVED, Status.REOPENED],
}


def _in(status: Status) -> Given:
    """A ticket in this status, with no open promise."""
    ticket = given(TICKET, opened())
    for step in PRECEDED.get(status, [status]):
        previous = ticket.state.status
        ticket = ticket.and_(StatusChanged(step, previous, Cause.STAFF, WHY, None))
    return ticket


def _to(status: Status, **fields: Any) -> ChangeStatus:
    usual: dict[str, Any] = {"explanation": WHY}
    if status not in FINAL:
        usual["next_update"] = SOON
    return ask(ChangeStatus, status=status, **{**usual, **fields})


def _said_publicly(at: datetime, **fields: Any) -> PostMessage:
    audience = fields.pop("audience", Audience.PUBLIC)
    return ask(PostMessage, at=at, message=uid(20), audience=audience, text=said("hello"), **fields)


# Acknowledging


def test_an_acknowledgement_promises_a_reaction() -> None:
    state = (
        given(TICKET, opened())
        .when(ask(AcknowledgeTicket, reaction_seconds=3600, template="received"))
        .then(TicketAcknowledged(3600, "received"), PromiseMade(PromiseKind.REACTION, SOON))
    )
    assert state.acknowledged
    assert state.due(PromiseKind.REACTION) == SOON
    assert state.due(PromiseKind.UPDATE) is None


def test_a_ticket_is_acknowledged_once() -> None:
    ticket = given(TICKET, opened(), TicketAcknowledged(60, None))
    ticket.when(ask(AcknowledgeTicket, reaction_seconds=60)).then_refused("already-acknowledged")


def test_an_acknowledgement_outlasts_every_other_change_of_status() -> None:
    acknowledge = ask(AcknowledgeTicket, reaction_seconds=60)
    for status in OPEN_STATUSES:
        ticket = given(TICKET, opened(), TicketAcknowledged(60, None))
        ticket = ticket.and_(StatusChanged(status, Status.NEW, Cause.STAFF, WHY, None))
        ticket.when(acknowledge).then_refused("already-acknowledged")


def test_a_reopened_ticket_is_acknowledged_anew() -> None:
    ticket = given(TICKET, opened(), TicketAcknowledged(60, None)).and_(
        StatusChanged(Status.RESOLVED, Status.NEW, Cause.STAFF, WHY, None),
        StatusChanged(Status.REOPENED, Status.RESOLVED, Cause.CUSTOMER_REPLY, None, None),
    )
    assert "PromiseMade" in ticket.when(ask(AcknowledgeTicket, reaction_seconds=60)).types


@pytest.mark.parametrize("seconds", [0, -1, int(PROMISE_HORIZON.total_seconds()) + 1])
def test_a_reaction_is_promised_within_bounds(seconds: int) -> None:
    given(TICKET, opened()).when(ask(AcknowledgeTicket, reaction_seconds=seconds)).then_refused(
        "reaction-out-of-range"
    )


def test_a_resolved_or_closed_ticket_waits_for_no_reaction() -> None:
    acknowledge = ask(AcknowledgeTicket, reaction_seconds=60)
    _in(Status.RESOLVED).when(acknowledge).then_refused("ticket-resolved")
    _in(Status.CLOSED).when(acknowledge).then_refused("ticket-closed")


def test_customers_acknowledge_nothing() -> None:
    given(TICKET, opened()).when(
        ask(AcknowledgeTicket, by=CUSTOMER, reaction_seconds=1)
    ).then_refused("staff-only")


# Moving on


@pytest.mark.parametrize("before", sorted(Status))
@pytest.mark.parametrize("after", sorted(Status))
def test_a_status_follows_another_exactly_as_the_table_says(before: Status, after: Status) -> None:
    outcome = _in(before).when(_to(after))
    if after in FOLLOWING[before]:
        assert outcome.types[0] == "StatusChanged"
        assert outcome.state.status is after
    elif before is Status.CLOSED and after is not Status.CLOSED:
        outcome.then_refused("ticket-closed")
    elif before is after:
        outcome.then_refused("ticket-closed" if before is Status.CLOSED else "status-unchanged")
    else:
        outcome.then_refused("status-transition")


def test_the_table_lets_nothing_become_new_nor_leave_closed() -> None:
    assert all(Status.NEW not in following for following in FOLLOWING.values())
    assert not FOLLOWING[Status.CLOSED]
    assert set(FOLLOWING) == set(Status)
    reopening = {before for before, after in FOLLOWING.items() if Status.REOPENED in after}
    assert reopening == {Status.RESOLVED}


@pytest.mark.parametrize("status", [*OPEN_STATUSES, *sorted(FINAL)])
def test_every_change_tells_the_customer_why(status: Status) -> None:
    given(TICKET, opened()).when(_to(status, explanation=None)).then_refused("explanation-required")


def test_a_template_is_an_explanation() -> None:
    given(TICKET, opened()).when(_to(Status.RESOLVED, explanation=None, template="solved")).then(
        StatusChanged(Status.RESOLVED, Status.NEW, Cause.STAFF, None, "solved")
    )


def test_templates_come_from_the_vocabulary() -> None:
    given(TICKET, opened()).when(_to(Status.RESOLVED, template="my-own")).then_refused(
        "template-unknown"
    )
    given(TICKET, opened()).when(
        ask(AcknowledgeTicket, reaction_seconds=1, template="my-own")
    ).then_refused("template-unknown")


@pytest.mark.parametrize("status", OPEN_STATUSES)
def test_every_change_that_is_not_final_promises_the_next_update(status: Status) -> None:
    given(TICKET, opened()).when(_to(status, next_update=None)).then_refused("next-update-required")
    given(TICKET, opened()).when(_to(status)).then(
        StatusChanged(status, Status.NEW, Cause.STAFF, WHY, None),
        PromiseMade(PromiseKind.UPDATE, SOON),
    )


def test_staff_who_reopen_explain_and_promise_too() -> None:
    resolved = _in(Status.RESOLVED)
    resolved.when(_to(Status.REOPENED, explanation=None)).then_refused("explanation-required")
    resolved.when(_to(Status.REOPENED, next_update=None)).then_refused("next-update-required")


@pytest.mark.parametrize("due", [NOW, NOW - timedelta(seconds=1), NOW - timedelta(days=9000)])
def test_an_update_is_promised_for_the_future(due: datetime) -> None:
    given(TICKET, opened()).when(_to(Status.IN_PROGRESS, next_update=due)).then_refused(
        "next-update-in-future"
    )


def test_an_update_is_not_promised_for_a_day_that_nobody_will_see() -> None:
    last = NOW + PROMISE_HORIZON
    given(TICKET, opened()).when(
        _to(Status.IN_PROGRESS, next_update=last + timedelta(seconds=1))
    ).then_refused("next-update-too-far")
    assert given(TICKET, opened()).when(_to(Status.IN_PROGRESS, next_update=last)).types


def test_a_closed_ticket_promises_nothing_more() -> None:
    given(TICKET, opened()).when(_to(Status.CLOSED, next_update=SOON)).then_refused(
        "promise-after-closing"
    )


def test_a_resolved_ticket_may_promise_another_look() -> None:
    state = given(TICKET, opened()).when(_to(Status.RESOLVED, next_update=SOON)).state
    assert state.due(PromiseKind.UPDATE) == SOON


def test_a_status_asked_for_again_without_a_word_changes_nothing() -> None:
    _in(Status.UNDER_STUDY).when(ask(ChangeStatus, status=Status.UNDER_STUDY)).then_nothing()


def test_the_customer_and_the_portal_change_no_status() -> None:
    for actor in (CUSTOMER, PORTAL):
        given(TICKET, opened()).when(_to(Status.CLOSED, by=actor)).then_refused("staff-only")


def test_the_system_may_move_a_ticket_by_the_same_rules() -> None:
    assert given(TICKET, opened()).when(_to(Status.CLOSED, by=SYSTEM)).types == ["StatusChanged"]


# Keeping promises


def _promised(*kinds: PromiseKind, due: datetime = SOON) -> Given:
    return given(TICKET, opened()).and_(*(PromiseMade(kind, due) for kind in kinds))


def test_a_status_change_in_time_keeps_every_open_promise_and_makes_the_next() -> None:
    _promised(PromiseKind.REACTION, PromiseKind.UPDATE).when(
        _to(Status.IN_PROGRESS, at=SOON, next_update=LATER)
    ).then(
        StatusChanged(Status.IN_PROGRESS, Status.NEW, Cause.STAFF, WHY, None),
        PromiseKept(PromiseKind.REACTION, SOON),
        PromiseKept(PromiseKind.UPDATE, SOON),
        PromiseMade(PromiseKind.UPDATE, LATER),
    )


def test_a_status_change_too_late_says_how_late() -> None:
    _promised(PromiseKind.UPDATE).when(_to(Status.RESOLVED, at=SOON + timedelta(seconds=90))).then(
        StatusChanged(Status.RESOLVED, Status.NEW, Cause.STAFF, WHY, None),
        PromiseMissed(PromiseKind.UPDATE, SOON, 90),
    )


def test_the_first_microsecond_too_late_is_a_second_late() -> None:
    late = _said_publicly(SOON + timedelta(microseconds=1))
    outcome = _promised(PromiseKind.REACTION).when(late)
    assert outcome.events[1] == PromiseMissed(PromiseKind.REACTION, SOON, 1)


def test_a_public_message_of_staff_keeps_a_promise_too() -> None:
    outcome = _promised(PromiseKind.REACTION).when(_said_publicly(NOW))
    outcome.then(
        MessagePosted(uid(20), Side.STAFF, Audience.PUBLIC, said("hello"), None, ()),
        PromiseKept(PromiseKind.REACTION, SOON),
    )


def test_a_public_message_of_staff_may_promise_the_next_update() -> None:
    outcome = _promised(PromiseKind.UPDATE).when(_said_publicly(NOW, next_update=LATER))
    assert outcome.events[1:] == (
        PromiseKept(PromiseKind.UPDATE, SOON),
        PromiseMade(PromiseKind.UPDATE, LATER),
    )
    assert outcome.state.due(PromiseKind.UPDATE) == LATER


def test_a_message_promises_for_the_future_as_well() -> None:
    given(TICKET, opened()).when(_said_publicly(NOW, next_update=NOW)).then_refused(
        "next-update-in-future"
    )


def test_an_internal_note_neither_keeps_nor_makes_a_promise() -> None:
    note = _said_publicly(LATER, audience=Audience.INTERNAL)
    assert _promised(PromiseKind.UPDATE).when(note).types == ["MessagePosted"]
    given(TICKET, opened()).when(
        _said_publicly(NOW, audience=Audience.INTERNAL, next_update=SOON)
    ).then_refused("promise-not-public")


def test_a_customer_neither_keeps_nor_makes_a_promise() -> None:
    ticket = _promised(PromiseKind.UPDATE)
    assert ticket.when(_said_publicly(LATER, by=CUSTOMER)).types == ["MessagePosted"]
    ticket.when(_said_publicly(NOW, by=CUSTOMER, next_update=SOON)).then_refused(
        "promise-not-public"
    )


def test_a_new_promise_replaces_an_open_one_of_its_kind() -> None:
    state = _promised(PromiseKind.UPDATE).and_(PromiseMade(PromiseKind.UPDATE, MUCH_LATER)).state
    assert [promise.due for promise in state.promises] == [MUCH_LATER]


def test_after_the_last_word_no_promise_is_open() -> None:
    state = (
        _promised(PromiseKind.REACTION, PromiseKind.UPDATE).when(_to(Status.CLOSED, by=AGENT)).state
    )
    assert state.promises == ()
