"""Which status follows which, and what the customer is told and promised with it.

new -> in_progress | under_study | waiting_for_customer | waiting_for_third_party
each of these and reopened -> each other of these
any -> resolved -> reopened
any -> closed, which is the end
"""

from datetime import datetime, timedelta
from math import ceil
from typing import Final

from domain.errors import Refused
from domain.limits import PROMISE_HORIZON
from domain.ticket.commands import AcknowledgeTicket, ChangeStatus
from domain.ticket.events import (
    Cause,
    PromiseKept,
    PromiseKind,
    PromiseMade,
    PromiseMissed,
    Status,
    StatusChanged,
    TicketAcknowledged,
    TicketEvent,
)
from domain.ticket.rules import can_be_promised, known_template, not_closed, staff_only
from domain.ticket.state import FINAL, TicketState

_WORKED: Final = frozenset(
    {
        Status.IN_PROGRESS,
        Status.UNDER_STUDY,
        Status.WAITING_FOR_CUSTOMER,
        Status.WAITING_FOR_THIRD_PARTY,
    }
)
_ONWARD: Final = _WORKED | FINAL

FOLLOWING: Final = {
    Status.NEW: _ONWARD,
    **{status: _ONWARD - {status} for status in _WORKED},
    Status.REOPENED: _ONWARD,
    Status.RESOLVED: frozenset({Status.REOPENED, Status.CLOSED}),
    Status.CLOSED: frozenset[Status](),
}
"""The statuses to which staff may move a ticket from each one."""


def acknowledge(state: TicketState, command: AcknowledgeTicket) -> tuple[TicketEvent, ...]:
    """Promise a reaction; once for each opening and reopening."""
    staff_only(command.by)
    not_closed(state)
    known_template(command.template)
    if state.status is Status.RESOLVED:
        raise Refused("ticket-resolved", "a resolved ticket waits for no reaction")
    if state.acknowledged:
        raise Refused("already-acknowledged", "the customer was told already: write a message")
    if not 0 < command.reaction_seconds <= PROMISE_HORIZON.total_seconds():
        raise Refused(
            "reaction-out-of-range", f"a reaction comes within 1 s to {PROMISE_HORIZON.days} days"
        )
    due = command.at + timedelta(seconds=command.reaction_seconds)
    return (
        TicketAcknowledged(command.reaction_seconds, command.template),
        PromiseMade(PromiseKind.REACTION, due),
    )


def change_status(state: TicketState, command: ChangeStatus) -> tuple[TicketEvent, ...]:
    """Move the ticket on, telling the customer why and, unless final, when to hear more."""
    staff_only(command.by)
    told = command.explanation or command.template or command.next_update
    if command.status is state.status and not told:
        return ()
    not_closed(state)
    if command.status is state.status:
        raise Refused("status-unchanged", f"the ticket is {state.status} already: write a message")
    if command.status not in FOLLOWING[state.status]:
        follow = ", ".join(sorted(FOLLOWING[state.status]))
        raise Refused(
            "status-transition", f"{command.status} does not follow {state.status}: {follow} do"
        )
    known_template(command.template)
    if command.explanation is None and command.template is None:
        raise Refused("explanation-required", "tell the customer why: an explanation or a template")
    return (
        StatusChanged(
            command.status, state.status, Cause.STAFF, command.explanation, command.template
        ),
        *settled(state, command.at),
        *_next_promise(command),
    )


def settled(state: TicketState, at: datetime) -> tuple[TicketEvent, ...]:
    """Return whether each open promise was kept: staff told the customer something at `at`."""
    return tuple(
        PromiseKept(promise.kind, promise.due)
        if at <= promise.due
        else PromiseMissed(promise.kind, promise.due, ceil((at - promise.due).total_seconds()))
        for promise in state.promises
    )


def updated_by(at: datetime, due: datetime) -> tuple[TicketEvent, ...]:
    """Return the promise that the next update comes by `due`."""
    can_be_promised(at, due)
    return (PromiseMade(PromiseKind.UPDATE, due),)


def _next_promise(command: ChangeStatus) -> tuple[TicketEvent, ...]:
    if command.next_update is None:
        if command.status in FINAL:
            return ()
        raise Refused("next-update-required", "tell the customer when the next update comes")
    if command.status is Status.CLOSED:
        raise Refused("promise-after-closing", "a closed ticket promises nothing more")
    return updated_by(command.at, command.next_update)
