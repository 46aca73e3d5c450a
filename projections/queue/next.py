"""What a ticket needs next, and why: a code each, and the times that they rest on."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from domain.ticket.events import PromiseKind, Status

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
    """What to do, why, since when that is so; `due` is the next promise, `overdue` in seconds."""

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
    promise: PromiseKind | None
    due: datetime | None


def what_next(ticket: Standing, at: datetime) -> Next:
    """Return what the ticket needs at the moment `at`."""
    overdue = max(0, int((at - ticket.due).total_seconds())) if ticket.due else 0
    code, why, since = _judge(ticket, at)
    return Next(code, why, since, ticket.due, overdue)


def _judge(ticket: Standing, at: datetime) -> tuple[Doing, Why, datetime]:
    if ticket.status is Status.CLOSED:
        return Doing.NOTHING, Why.CLOSED, ticket.status_since
    if ticket.due is not None and ticket.due <= at + SOON:
        code = Doing.REACT if ticket.promise is PromiseKind.REACTION else Doing.UPDATE
        overdue = ticket.due <= at
        return code, Why.PROMISE_OVERDUE if overdue else Why.PROMISE_DUE_SOON, ticket.due
    if ticket.status is Status.RESOLVED:
        return Doing.CLOSE, Why.RESOLVED, ticket.status_since
    if ticket.customer_waiting_since is not None:
        fresh = ticket.status is Status.NEW and not ticket.acknowledged
        code, why = _FRESH if fresh else _ASKED
        return code, why, ticket.customer_waiting_since
    code, why = _BY_STATUS.get(ticket.status, _HELD if ticket.held else _FREE)
    return code, why, ticket.status_since


_FRESH: Final = (Doing.ACKNOWLEDGE, Why.NOT_ACKNOWLEDGED)
_ASKED: Final = (Doing.ANSWER, Why.CUSTOMER_WAITING)
_HELD: Final = (Doing.CONTINUE, Why.BEING_WORKED_ON)
_FREE: Final = (Doing.TAKE, Why.NOBODY_HOLDS_IT)
_BY_STATUS: Final = {
    Status.WAITING_FOR_CUSTOMER: (Doing.WAIT, Why.WAITING_FOR_CUSTOMER),
    Status.WAITING_FOR_THIRD_PARTY: (Doing.WAIT, Why.WAITING_FOR_THIRD_PARTY),
}
