"""What can be asked of a notification's stream."""

from dataclasses import dataclass
from uuid import UUID

from domain.command import Command
from domain.notification.events import Medium, NotificationFailure, NotificationKind, Recipient
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordSent(Command):
    """Record that a message was handed over for these addresses.

    In a later `turn` than the first (0) only who was put off in the one before is told.
    """

    contract: str | None
    ticket: UUID | None
    person: UUID | None
    kind: NotificationKind
    language: str
    medium: Medium
    to: tuple[Recipient, ...]
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFailed(Command):
    """Record that nobody was told, or not at these addresses."""

    contract: str | None
    ticket: UUID | None
    person: UUID | None
    kind: NotificationKind
    medium: Medium
    failure: NotificationFailure
    code: int | None = None
    to: tuple[Recipient, ...] = ()
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordBounced(Command):
    """Record that a message that was handed over was not delivered."""

    medium: Medium
    status: str
    report: Sealed | None = None


NotificationCommand = RecordSent | RecordFailed | RecordBounced
