"""Facts about a ticket. Class names and field names are a storage format: they never change.

Fields are ids, numbers, times and closed vocabularies; everything free or personal is `Sealed`.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.erasure import Basis, KeysDestroyed
from domain.values import Purpose, Sealed


class Channel(StrEnum):
    """How the request reached the provider."""

    PORTAL = "portal"
    API = "api"
    MAIL = "mail"
    PHONE = "phone"
    OFFICE = "office"
    LETTER = "letter"


class Status(StrEnum):
    """Where a ticket stands, from the customer's view."""

    NEW = "new"
    IN_PROGRESS = "in_progress"
    UNDER_STUDY = "under_study"
    WAITING_FOR_CUSTOMER = "waiting_for_customer"
    WAITING_FOR_THIRD_PARTY = "waiting_for_third_party"
    RESOLVED = "resolved"
    CLOSED = "closed"
    REOPENED = "reopened"


class Priority(StrEnum):
    """How soon, compared with other tickets."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class Side(StrEnum):
    """Who speaks."""

    CUSTOMER = "customer"
    STAFF = "staff"


class Audience(StrEnum):
    """Who may read: `public` is the customer and staff, `internal` staff only."""

    PUBLIC = "public"
    INTERNAL = "internal"


class PromiseKind(StrEnum):
    """What was promised: the reaction time, or the moment of the next update."""

    REACTION = "reaction"
    UPDATE = "update"


class Cause(StrEnum):
    """Why a status changed: a decision of staff, the customer's reply, another system's log."""

    STAFF = "staff"
    CUSTOMER_REPLY = "customer_reply"
    IMPORT = "import"


class Relation(StrEnum):
    """How this ticket relates to the other one."""

    RELATES_TO = "relates_to"
    DUPLICATES = "duplicates"
    FOLLOWS = "follows"
    FOLLOWED_BY = "followed_by"
    CAUSED_BY = "caused_by"


@dataclass(frozen=True, slots=True)
class TicketOpened:
    """A ticket under `contract`, or a general enquiry (None), which proves no identity.

    `number` is the short number that can be spoken. `requester` is the person whose words these
    are. `reference` is another system's number of an imported ticket, `stated_opened_at` what
    that system said of its opening; only there `channel` may be None: the log does not say.
    `follows` is the closed ticket that this one continues.
    """

    number: str
    contract: str | None
    requester: UUID
    channel: Channel | None
    language: str
    priority: Priority
    subject: Sealed | None
    text: Sealed | None
    happening: Sealed | None = None
    since: datetime | None = None
    resource: Sealed | None = None
    tried: Sealed | None = None
    name: Sealed | None = None
    contact: Sealed | None = None
    specialist: UUID | None = None
    follows: UUID | None = None
    reference: str | None = None
    stated_opened_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class TicketAcknowledged:
    """The customer was told that the request arrived and when to expect a reaction (seconds)."""

    reaction_seconds: int
    template: str | None


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """The customer was promised something by `due`; it replaces an open promise of its kind."""

    promise: PromiseKind
    due: datetime


@dataclass(frozen=True, slots=True)
class PromiseKept:
    """What was promised by `due` happened in time."""

    promise: PromiseKind
    due: datetime


@dataclass(frozen=True, slots=True)
class PromiseMissed:
    """What was promised by `due` happened `late_seconds` after it."""

    promise: PromiseKind
    due: datetime
    late_seconds: int


@dataclass(frozen=True, slots=True)
class MessagePosted:
    """Somebody wrote; `attachments` were added to the ticket before."""

    message: UUID
    side: Side
    audience: Audience
    text: Sealed
    language: str | None
    attachments: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class MessageCorrected:
    """The customer's view of a message shows `text` from now on; staff see every version."""

    message: UUID
    text: Sealed
    reason: Sealed


@dataclass(frozen=True, slots=True)
class MessageRetracted:
    """The customer's view no longer shows the message; staff see it and the reason."""

    message: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True)
class AttachmentAdded:
    """A file was received; `digest` is the SHA-256 (hex) of its bytes, `size` in bytes.

    `claimed_type` is what the sender said, `detected_type` what its first bytes say
    (a media type with `/` written as `.`, or `unknown`).
    """

    attachment: UUID
    audience: Audience
    side: Side
    name: Sealed
    claimed_type: Sealed
    detected_type: str
    size: int
    digest: Sealed


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The ticket stands elsewhere; `explanation` or `template` is what the customer is told."""

    status: Status
    previous: Status
    cause: Cause
    explanation: Sealed | None
    template: str | None


@dataclass(frozen=True, slots=True)
class TicketClaimed:
    """An agent took the ticket; `reason` where it was addressed to, or held by, somebody else."""

    agent: UUID
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class TicketAssigned:
    """Somebody gave the ticket to an agent."""

    agent: UUID
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class TicketAddressed:
    """The ticket asks for a named specialist from now on (None: for nobody in particular)."""

    specialist: UUID | None
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class TicketHandedOver:
    """The ticket went from one agent to another, who needs `reason` to go on."""

    giver: UUID
    receiver: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True)
class TicketReleased:
    """The agent let the ticket go; anybody may take it."""

    agent: UUID
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class PriorityChanged:
    """The ticket became more or less urgent."""

    priority: Priority
    previous: Priority
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class TagAdded:
    """A word of the vocabulary was put on the ticket."""

    tag: str


@dataclass(frozen=True, slots=True)
class TagRemoved:
    """A word of the vocabulary was taken off the ticket."""

    tag: str


@dataclass(frozen=True, slots=True)
class TicketLinked:
    """This ticket relates to another one."""

    other: UUID
    relation: Relation


@dataclass(frozen=True, slots=True)
class TicketMovedOut:
    """Last event under the wrong contract: the ticket goes to the contract `to`."""

    to: str
    reason: Sealed


@dataclass(frozen=True, slots=True)
class TicketMovedIn:
    """First event under the right contract: the ticket came from `came_from` (None: an enquiry)."""

    contract: str
    came_from: str | None


@dataclass(frozen=True, slots=True)
class WorkRecorded:
    """Work done on the customer's systems: what, where, and the state before and after."""

    work: UUID
    what: Sealed
    where: Sealed
    before: Sealed | None
    after: Sealed | None


@dataclass(frozen=True, slots=True)
class ImportedAssignmentRecorded:
    """Another system's log gave the ticket to a team or person; `times` is its own count so far."""

    team: UUID | None
    assignee: UUID | None
    times: int


@dataclass(frozen=True, slots=True)
class ImportedUpdateRecorded:
    """One row of another system's log, kept whole: `row` is its ordinal in the ticket.

    `columns` is one sealed JSON object of every column that has no event of its own.
    """

    row: int
    columns: Sealed | None


@dataclass(frozen=True, slots=True)
class MailReceived:
    """The mail that opened this ticket: its bytes, their SHA-256 (hex), its headers as they came.

    The ticket's id is made from the mail, so that the same mail opens it once.
    """

    size: int
    digest: Sealed
    headers: Sealed


@dataclass(frozen=True, slots=True)
class MessageErased:
    """What one event of this ticket says is erased, as far as it is kept for these purposes.

    `event` is its id; an added attachment goes with its bytes.
    """

    erasure: UUID
    event: UUID
    purposes: tuple[Purpose, ...]
    basis: Basis


TicketEvent = (
    TicketOpened
    | TicketAcknowledged
    | PromiseMade
    | PromiseKept
    | PromiseMissed
    | MessagePosted
    | MessageCorrected
    | MessageRetracted
    | AttachmentAdded
    | StatusChanged
    | TicketClaimed
    | TicketAssigned
    | TicketAddressed
    | TicketHandedOver
    | TicketReleased
    | PriorityChanged
    | TagAdded
    | TagRemoved
    | TicketLinked
    | TicketMovedOut
    | TicketMovedIn
    | WorkRecorded
    | ImportedAssignmentRecorded
    | ImportedUpdateRecorded
    | MailReceived
    | MessageErased
    | KeysDestroyed
)
