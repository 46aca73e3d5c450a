"""What can be asked of a mail stream."""

from dataclasses import dataclass
from uuid import UUID

from domain.command import Command
from domain.mail.events import MailReason
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclineMail(Command):
    """Do not take a mail as a request; its sender is told how to make one."""

    mail: UUID
    reason: MailReason
    language: str
    size: int
    sender: Sealed
    message_id: Sealed | None
    headers: Sealed
    digest: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBounce(Command):
    """Note that a report about a notification came."""

    notification: UUID


MailCommand = DeclineMail | TakeBounce
