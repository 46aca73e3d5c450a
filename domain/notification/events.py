"""Facts about telling the customer. Class names and field names are a storage format.

The stream's id is the id of the event that is told of; it counts under that event's contract.
"""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.values import Sealed


class NotificationKind(StrEnum):
    """What the customer is told.

    `opened`: a ticket was opened for them; `attention`: something about identity, access or a
    dispute, of which nothing is said; `guidance`: how to open a ticket, to who wrote otherwise.
    """

    OPENED = "opened"
    ACKNOWLEDGEMENT = "acknowledgement"
    STATUS = "status"
    MESSAGE = "message"
    ATTENTION = "attention"
    GUIDANCE = "guidance"


class Medium(StrEnum):
    """By what way."""

    MAIL = "mail"


class MailForm(StrEnum):
    """How mail is written: as plain text alone, or as HTML too."""

    PLAIN = "plain"
    HTML = "html"


class NotificationFailure(StrEnum):
    """Why nobody was told.

    `own_address`: it would have come back to us; `too_many`: the address got as much as anybody
    gets in an hour; `erased`: what would have been said, or to whom; `gave_up`: for too long
    nobody took it.
    """

    NO_ADDRESS = "no_address"
    INVALID_ADDRESS = "invalid_address"
    REFUSED = "refused"
    GAVE_UP = "gave_up"
    OWN_ADDRESS = "own_address"
    TOO_MANY = "too_many"
    ERASED = "erased"
    NOT_RENDERED = "not_rendered"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Where a message went, or should have gone."""

    mail: Sealed


@dataclass(frozen=True, slots=True)
class NotificationSent:
    """The next server took a message for these addresses, and answers for it from then on.

    `person` is the customer whom it tells, None where it is the contract's holders or nobody known.
    """

    contract: str | None
    ticket: UUID | None
    person: UUID | None
    kind: NotificationKind
    language: str
    medium: Medium
    to: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class NotificationFailed:
    """Nobody was told, or not at these addresses; `code` is the reply of the server, 400 to 599."""

    contract: str | None
    ticket: UUID | None
    person: UUID | None
    kind: NotificationKind
    medium: Medium
    failure: NotificationFailure
    code: int | None
    to: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class NotificationBounced:
    """Some server said later that it could not deliver; `status` as in RFC 3463, such as `5.1.1`.

    `report` is the report as it came, or as much of it as is kept.
    """

    medium: Medium
    status: str
    report: Sealed | None


NotificationEvent = NotificationSent | NotificationFailed | NotificationBounced
