"""Facts about mail that opened no ticket. Class names and field names are a storage format.

A stream is one sender's day, or one report; its id is made under a key that is destroyed two days
later, so that nobody can find out whose it was. It counts under no contract.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.values import Sealed


class MailReason(StrEnum):
    """Why a mail opened no ticket: mail proves nobody's identity.

    `reply`: it answers a mail of ours or names a ticket; `contract`: it names what looks like a
    contract's number; `account`: it speaks of what belongs to an account; `wordless`: it says
    nothing, so it may be about anything.
    """

    REPLY = "reply"
    CONTRACT = "contract"
    ACCOUNT = "account"
    WORDLESS = "wordless"


@dataclass(frozen=True, slots=True)
class MailDeclined:
    """A mail was not taken as a request: `sender` is to be told how to open a ticket.

    `mail` is the id by which the same mail is recognised for a day, `size` its bytes, `digest`
    their SHA-256 (hex). `message_id` is the mail's own; text and files are not kept.
    """

    mail: UUID
    reason: MailReason
    language: str
    size: int
    sender: Sealed
    message_id: Sealed | None
    headers: Sealed
    digest: Sealed


@dataclass(frozen=True, slots=True)
class BounceReceived:
    """A report came that `notification`, by its stream's id, could not be delivered."""

    notification: UUID


MailEvent = MailDeclined | BounceReceived
