"""What can be asked of a ticket."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.command import Command
from domain.erasure import Basis, CompleteErasure
from domain.ticket.events import Audience, Channel, Priority, Relation, Status
from domain.values import Purpose, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTicket(Command):
    """Open a ticket under a contract, or a general enquiry (`contract` None).

    Only a ticket that `follows` a closed one may go without a subject of its own.
    """

    number: str
    contract: str | None
    requester: UUID
    channel: Channel
    language: str
    subject: Sealed | None
    text: Sealed
    priority: Priority = Priority.NORMAL
    happening: Sealed | None = None
    since: datetime | None = None
    resource: Sealed | None = None
    tried: Sealed | None = None
    name: Sealed | None = None
    contact: Sealed | None = None
    specialist: UUID | None = None
    follows: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcknowledgeTicket(Command):
    """Tell the customer that it arrived, and promise a reaction within so many seconds."""

    reaction_seconds: int
    template: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostMessage(Command):
    """Write in the ticket. A staff message to the customer may promise the next update."""

    message: UUID
    audience: Audience
    text: Sealed
    language: str | None = None
    attachments: tuple[UUID, ...] = ()
    next_update: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectMessage(Command):
    """Show the customer another text in place of a message's."""

    message: UUID
    text: Sealed
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RetractMessage(Command):
    """Take a message out of the customer's view."""

    message: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class AddAttachment(Command):
    """Record that a file was received; its sealed bytes are stored already."""

    attachment: UUID
    audience: Audience
    name: Sealed
    claimed_type: Sealed
    detected_type: str
    size: int
    digest: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeStatus(Command):
    """Move the ticket on, telling the customer why and when the next update comes."""

    status: Status
    explanation: Sealed | None = None
    template: str | None = None
    next_update: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimTicket(Command):
    """Take the ticket oneself."""

    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignTicket(Command):
    """Give the ticket to an agent."""

    agent: UUID
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressTicket(Command):
    """Ask for a named specialist, or for nobody in particular (None)."""

    specialist: UUID | None
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOverTicket(Command):
    """Pass the ticket on to another agent, saying why."""

    receiver: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseTicket(Command):
    """Let the ticket go."""

    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePriority(Command):
    """Make the ticket more or less urgent."""

    priority: Priority
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeTags(Command):
    """Put words of the vocabulary on the ticket and take others off."""

    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkTicket(Command):
    """Say how the ticket relates to another one."""

    other: UUID
    relation: Relation


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveTicket(Command):
    """Put a ticket under the contract that it belongs to."""

    contract: str
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordWork(Command):
    """Record work done on the customer's systems."""

    work: UUID
    what: Sealed
    where: Sealed
    before: Sealed | None = None
    after: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRow(Command):
    """Record one row of another system's log as history.

    Exempt from the rules on channel, explanation and promise; it invents nothing: a field that
    is None says nothing. `row` is the row's ordinal in the ticket, from 1; row 0 is the opening
    alone, which is recorded first because it has its own time. `reopenings` is how many times the
    row's own counter rose since the last row; each is a status change before the row's own.
    `ImportedUpdateRecorded` ends the row's events when there are `columns`, or nothing else.
    """

    row: int
    number: str
    reference: str
    contract: str | None
    requester: UUID
    language: str
    channel: Channel | None
    opened_at: datetime | None = None
    priority: Priority | None = None
    status: Status | None = None
    reopenings: int = 0
    reassignments: int | None = None
    team: UUID | None = None
    assignee: UUID | None = None
    columns: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeepMail(Command):
    """Keep what came with the mail that opened the ticket."""

    size: int
    digest: Sealed
    headers: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseMessage(Command):
    """Erase what one event of the ticket says; `purposes` are those for which it says anything."""

    erasure: UUID
    event: UUID
    purposes: tuple[Purpose, ...]
    basis: Basis


TicketCommand = (
    OpenTicket
    | AcknowledgeTicket
    | PostMessage
    | CorrectMessage
    | RetractMessage
    | AddAttachment
    | ChangeStatus
    | ClaimTicket
    | AssignTicket
    | AddressTicket
    | HandOverTicket
    | ReleaseTicket
    | ChangePriority
    | ChangeTags
    | LinkTicket
    | MoveTicket
    | RecordWork
    | ImportRow
    | KeepMail
    | EraseMessage
    | CompleteErasure
)
