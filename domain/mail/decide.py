"""Where a mail stream stands, and what it answers: each says one thing once."""

from dataclasses import dataclass
from typing import assert_never
from uuid import UUID

from domain.limits import check_texts
from domain.log import Guard
from domain.mail.commands import DeclineMail, MailCommand, TakeBounce
from domain.mail.events import BounceReceived, MailDeclined, MailEvent, MailReason


@dataclass(frozen=True, slots=True)
class MailState:
    """What became of a sender's day, or of a report: `mail` is None before anything was declined.

    `notification` is what a report was about.
    """

    mail: UUID | None = None
    reason: MailReason | None = None
    notification: UUID | None = None


def evolve(state: MailState, event: MailEvent) -> MailState:
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case MailDeclined(mail=mail, reason=reason):
            return MailState(mail, reason, state.notification)
        case BounceReceived(notification=notification):
            return MailState(state.mail, state.reason, notification)
        case _:
            assert_never(event)


def decide(state: MailState, command: MailCommand) -> tuple[MailEvent, ...]:
    """Return the fact, nothing if one is known: a sender is answered once a day.

    Raises Malformed by a text's size.
    """
    check_texts(command)
    if state != MailState():
        return ()
    match command:
        case DeclineMail():
            return (
                MailDeclined(
                    command.mail,
                    command.reason,
                    command.language,
                    command.size,
                    command.sender,
                    command.message_id,
                    command.headers,
                    command.digest,
                ),
            )
        case TakeBounce():
            return (BounceReceived(command.notification),)
        case _:
            assert_never(command)


def contract_of(state: MailState) -> None:
    """Return None: mail proves no account."""


def guards(state: MailState, command: MailCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: what came, came."""
    return ()
