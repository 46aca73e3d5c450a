"""What a ticket needs next, and why: a code each, and the times that they rest on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.ticket.events import Status

SOON: Final = timedelta(minutes=30)
"""How long before its time a promise goes to the head of the queue."""


class Doing(StrEnum):
    """What to do next."""

    REACT = "react"
    UPDATE = "update"
    ACKNOWLEDGE = "acknowledge"
    ANSWER = "answer"
    TAKE = "take"
    CONTINUE = "continue"
    WAIT = "wait"
    CLOSE = "close"
    NOTHING = "nothing"


class Why(StrEnum):
    """Why that comes next."""

    PROMISE_OVERDUE = "promise_overdue"
    PROMISE_DUE_SOON = "promise_due_soon"
    REOPENED_BY_CUSTOMER = "reopened_by_customer"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    CUSTOMER_WAITING = "customer_waiting"
    NOBODY_HOLDS_IT = "nobody_holds_it"
    BEING_WORKED_ON = "being_worked_on"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Next:
    """What to do, why, since when; `due` is what is due first, `overdue` how long, in seconds."""

    code: Doing
    why: Why
    since: datetime
    due: datetime | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What the answer depends on."""

    status: Status
    status_since: datetime
    held: bool
    acknowledged: bool
    customer_waiting_since: datetime | None
    reaction_due: datetime | None
    update_due: datetime | None
    reply_due: datetime | None


def what_next(ticket: Standing, at: datetime) -> Next:
    """Return what the ticket needs at the moment `at`."""
    first = _first_due(ticket)
    due = first[1] if first else None
    overdue = max(0, int((at - due).total_seconds())) if due else 0
    code, why, since = _judge(ticket, first, at)
    return Next(code, why, since, due, overdue)


def _first_due(ticket: Standing) -> tuple[Doing, datetime] | None:
    times = (
        (Doing.ANSWER, ticket.reply_due),
        (Doing.REACT, ticket.reaction_due),
        (Doing.UPDATE, ticket.update_due),
    )
    known = [(code, due) for code, due in times if due is not None]
    return min(known, key=lambda one: one[1]) if known else None


def _judge(
    ticket: Standing, first: tuple[Doing, datetime] | None, at: datetime
) -> tuple[Doing, Why, datetime]:
    if ticket.status is Status.CLOSED:
        return Doing.NOTHING, Why.CLOSED, ticket.status_since
    if first is not None and first[1] <= at + SOON:
        code, due = first
        if code is Doing.ANSWER:
            return code, Why.REOPENED_BY_CUSTOMER, due
        return code, Why.PROMISE_OVERDUE if due <= at else Why.PROMISE_DUE_SOON, due
    if ticket.status is Status.RESOLVED:
        return Doing.CLOSE, Why.RESOLVED, ticket.status_since
    if ticket.customer_waiting_since is not None:
        fresh = ticket.status in _UNTOUCHED and not ticket.acknowledged
        code, why = _FRESH if fresh else _ASKED
        return code, why, ticket.customer_waiting_since
    code, why = _BY_STATUS.get(ticket.status, _HELD if ticket.held else _FREE)
    return code, why, ticket.status_since


_UNTOUCHED: Final = frozenset({Status.NEW, Status.REOPENED})
_FRESH: Final = (Doing.ACKNOWLEDGE, Why.NOT_ACKNOWLEDGED)
_ASKED: Final = (Doing.ANSWER, Why.CUSTOMER_WAITING)
_HELD: Final = (Doing.CONTINUE, Why.BEING_WORKED_ON)
_FREE: Final = (Doing.TAKE, Why.NOBODY_HOLDS_IT)
_BY_STATUS: Final = {
    Status.WAITING_FOR_CUSTOMER: (Doing.WAIT, Why.WAITING_FOR_CUSTOMER),
    Status.WAITING_FOR_THIRD_PARTY: (Doing.WAIT, Why.WAITING_FOR_THIRD_PARTY),
}
