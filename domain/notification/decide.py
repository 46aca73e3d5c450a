"""Where a notification stands, and which rules answer which command."""

import re
from dataclasses import dataclass, replace
from typing import Final, assert_never
from uuid import UUID

from domain.errors import Malformed, NotFound, Refused
from domain.limits import BOUNCES_PER_NOTIFICATION, check_texts
from domain.log import Guard
from domain.notification.commands import (
    NotificationCommand,
    RecordBounced,
    RecordFailed,
    RecordSent,
)
from domain.notification.events import (
    NotificationBounced,
    NotificationEvent,
    NotificationFailed,
    NotificationKind,
    NotificationSent,
)

STATUS_CODE: Final = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
"""An enhanced status code (RFC 3463, section 2)."""


@dataclass(frozen=True, slots=True)
class NotificationState:
    """What became of telling of one event; `kind` is None before anything did."""

    contract: str | None = None
    ticket: UUID | None = None
    person: UUID | None = None
    kind: NotificationKind | None = None
    sent: bool = False
    failed: bool = False
    bounces: int = 0


def evolve(state: NotificationState, event: NotificationEvent) -> NotificationState:
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case NotificationSent():
            return replace(_told(state, event), sent=True)
        case NotificationFailed():
            return replace(_told(state, event), failed=True)
        case NotificationBounced():
            return replace(state, bounces=state.bounces + 1)
        case _:
            assert_never(event)


def decide(state: NotificationState, command: NotificationCommand) -> tuple[NotificationEvent, ...]:
    """Return the fact; what was recorded of the first turn is not recorded again.

    Raises NotFound for the bounce of what was never sent, Refused for more bounces than are kept,
    Malformed by a text's size or for what is no status code.
    """
    check_texts(command)
    match command:
        case RecordSent():
            return () if state.sent and not command.turn else (_sent(command),)
        case RecordFailed():
            return () if state.failed and not command.turn else (_failed(command),)
        case RecordBounced():
            return _bounced(state, command)
        case _:
            assert_never(command)


def contract_of(state: NotificationState) -> str | None:
    """Return the contract of the event that is told of."""
    return state.contract


def guards(state: NotificationState, command: NotificationCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: what was sent was sent, also under a contract that ended."""
    return ()


def _told(
    state: NotificationState, event: NotificationSent | NotificationFailed
) -> NotificationState:
    return replace(
        state,
        contract=event.contract,
        ticket=event.ticket,
        person=event.person,
        kind=event.kind,
    )


def _sent(command: RecordSent) -> NotificationSent:
    return NotificationSent(
        command.contract,
        command.ticket,
        command.person,
        command.kind,
        command.language,
        command.medium,
        command.to,
    )


def _failed(command: RecordFailed) -> NotificationFailed:
    return NotificationFailed(
        command.contract,
        command.ticket,
        command.person,
        command.kind,
        command.medium,
        command.failure,
        command.code,
        command.to,
    )


def _bounced(state: NotificationState, command: RecordBounced) -> tuple[NotificationBounced, ...]:
    if not state.sent:
        raise NotFound("nothing was sent because of this event")
    if not STATUS_CODE.fullmatch(command.status):
        raise Malformed("is no status code as in RFC 3463, such as 5.1.1", "status")
    if state.bounces >= BOUNCES_PER_NOTIFICATION:
        raise Refused(
            "too-many", f"of one message at most {BOUNCES_PER_NOTIFICATION} bounces are kept"
        )
    return (NotificationBounced(command.medium, command.status, command.report),)
