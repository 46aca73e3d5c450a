"""Bodies of the ticket operations."""

from datetime import datetime
from typing import Final
from uuid import UUID

from pydantic import Field

from api.schemas.common import (
    Answer,
    Body,
    Code,
    Language,
    Line,
    Number,
    Paged,
    Seconds,
    Short,
    Text,
    Time,
)
from domain.notification.events import Medium, NotificationFailure, NotificationKind
from domain.ticket.events import Audience, Channel, Priority, Relation, Status


class OpenTicket(Body):
    """A request under a contract; or, without one, an enquiry that proves no identity."""

    channel: Channel
    language: Language
    subject: Line
    text: Text
    contract: Number | None = None
    requester: UUID | None = Field(None, description="The person who asks; default: the caller.")
    priority: Priority = Priority.NORMAL
    happening: Text | None = Field(None, description="What happens.")
    since: Time | None = Field(None, description="Since when.")
    resource: Short | None = Field(None, description="Which resource it concerns.")
    tried: Text | None = Field(None, description="What was tried already.")
    name: Short | None = Field(None, description="How the asker of an enquiry is called.")
    contact: Short | None = Field(None, description="Where to answer an enquiry.")
    specialist: UUID | None = Field(None, description="The staff member it is addressed to.")


class Acknowledge(Body):
    """The request arrived; a reaction comes within so many seconds."""

    reaction_seconds: Seconds
    template: Code | None = None


class PostMessage(Body):
    """A message; files are attached before and named here."""

    text: Text
    audience: Audience = Audience.PUBLIC
    language: Language | None = None
    attachments: tuple[UUID, ...] = Field((), max_length=50)
    next_update: Time | None = None


class ChangeStatus(Body):
    """The new status, what the customer is told about it, and when the next update comes."""

    status: Status
    explanation: Text | None = None
    template: Code | None = None
    next_update: Time | None = None


class Reasoned(Body):
    """A step that may need a reason."""

    reason: Short | None = None


class Assign(Reasoned):
    """Whom to give the ticket to."""

    agent: UUID


class Address(Reasoned):
    """Which specialist the ticket asks for; null: nobody in particular."""

    specialist: UUID | None


class HandOver(Body):
    """Who goes on with the ticket, and what they need to know."""

    receiver: UUID
    reason: Short


class ChangePriority(Reasoned):
    """How urgent it is."""

    priority: Priority


class ChangeTags(Body):
    """Words of the vocabulary to put on and to take off."""

    add: tuple[Code, ...] = Field((), max_length=50)
    remove: tuple[Code, ...] = Field((), max_length=50)


class Link(Body):
    """How the ticket relates to another one."""

    other: UUID
    relation: Relation


class Correct(Body):
    """The text that the customer sees from now on in place of the message's."""

    message: UUID
    text: Text
    reason: Short


class Retract(Body):
    """The message that the customer no longer sees."""

    message: UUID
    reason: Short


class Move(Body):
    """The contract that the ticket belongs to."""

    contract: Number
    reason: Short


class RecordWork(Body):
    """Work done on the customer's systems: what, where, and the state before and after."""

    what: Text
    where: Short
    before: Text | None = None
    after: Text | None = None


class FindTickets(Paged):
    """Which ticket is looked for: another system's reference, or the spoken number."""

    reference: Code | None = None
    number: Code | None = None


class AttachFile(Body):
    """What is said of a file whose bytes are the body."""

    name: Line
    audience: Audience = Audience.PUBLIC


class TicketView(Answer):
    """A ticket as of a position."""

    id: UUID
    number: str
    contract: str | None
    status: Status
    priority: Priority
    version: int
    as_of_position: int
    opened_at: datetime


class TicketList(Answer):
    """Tickets found by reference or number."""

    items: list[TicketView]
    next: str | None


class TimelineEntry(Answer):
    """Who did what, when and from where."""

    position: int
    event_id: UUID
    type: str
    recorded_at: datetime


class Timeline(Answer):
    """Everything that happened to a ticket, oldest first."""

    items: list[TimelineEntry]
    next: str | None
    as_of_position: int


_UNSAID: Final = [None]


class NotificationOutcome(Answer):
    """One thing that is recorded of telling, at which position; null: not said of this outcome.

    `person` is null where it was the contract's holders, or nobody known; `recipients` counts
    addresses. Customers are not told `recipients`, `failure`, `code` and `status`.
    """

    outcome: str = Field(pattern="^(sent|failed|bounced)$", examples=["sent"])
    position: int
    event_id: UUID
    recorded_at: datetime
    medium: Medium
    kind: NotificationKind | None
    person: UUID | None
    language: str | None
    recipients: int | None
    failure: NotificationFailure | None = Field(examples=_UNSAID)
    code: int | None = Field(examples=_UNSAID)
    status: str | None = Field(examples=_UNSAID)


class Notification(Answer):
    """What came of telling of one event."""

    event_id: UUID
    position: int
    version: int
    type: str
    recorded_at: datetime
    outcomes: list[NotificationOutcome]


class Notifications(Answer):
    """What was told about a ticket's events, in their order; events untold are left out."""

    items: list[Notification]
    next: str | None
    as_of_position: int
