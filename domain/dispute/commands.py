"""What can be asked of a dispute: by staff and the system, never by claimants.

`standing` is the contract as the plan read it.
"""

from dataclasses import dataclass
from uuid import UUID

from domain.command import Command
from domain.contract.documents import Contact, Document
from domain.contract.ownership.vocabulary import FreezeGround, Together
from domain.contract.state import UNREAD, ContractState
from domain.dispute.vocabulary import ClaimRule, Closing, DisputeKind, Outcome, Wish
from domain.identity.answer import HeldOfRecord, Undetermined
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity.proof import Capacity
from domain.identity_change.events import Means
from domain.ticket.events import Channel
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDispute(Command):
    """Open a dispute, from a ticket under a contract or from a general enquiry."""

    number: str
    kind: DisputeKind
    ticket: UUID
    language: str
    contract: str | None = None
    words: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachDispute(Command):
    """Say which contract it is about."""

    contract: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiveClaim(Command):
    """Write down a claim; `ticket` None: it came by the dispute's own."""

    claim: UUID
    claimant: UUID
    capacity: Capacity
    wish: Wish
    channel: Channel
    words: Sealed
    ticket: UUID | None = None
    order: UUID | None = None
    attachments: tuple[UUID, ...] = ()
    recordings: tuple[UUID, ...] = ()
    name: Sealed | None = None
    document: Document | None = None
    contact: Contact | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueClaimCode(IssuePhotoCode):
    """Give out a code for a claimant's photo."""

    claim: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordClaimCheck(RecordIdentityCheck):
    """Record one check of a claim."""

    claim: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseClaim(Command):
    """Refuse a claim by a rule."""

    claim: UUID
    rule: ClaimRule
    explanation: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class UpholdClaim(Command):
    """Say that the claimant's authority is proved."""

    claim: UUID
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class TellHolder(Command):
    """Record that the holder is told of attempts, without the claimants' names."""

    means: Means
    contacts: tuple[int, ...] = ()
    ticket: UUID | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFreeze(Command):
    """Decide on a freeze; only the plan that places it asks this."""

    freeze: UUID
    ground: FreezeGround


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeServiceSuspension(Command):
    """Ask that the service be suspended."""

    suspension: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmServiceSuspension(Command):
    """Suspend the service, as the second person."""

    suspension: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ResumeService(Command):
    """Let the service go on."""

    suspension: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class MakeDetermination(Command):
    """Write down `answer`: what `holder_of_record` says of the history as of `as_of`."""

    determination: UUID
    as_of: int
    answer: HeldOfRecord | Undetermined
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDetermination(Command):
    """Agree with the last determination, as a person."""

    determination: UUID
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposeDeparture(Command):
    """Ask to depart from the last determination."""

    determination: UUID
    departure: UUID
    outcome: Outcome
    reason: Sealed
    holders: tuple[UUID, ...] = ()
    together: Together | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmDeparture(Command):
    """Depart from a determination, as the second person."""

    departure: UUID
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseDispute(Command):
    """End a dispute."""

    closing: Closing
    explanation: Sealed


DisputeCommand = (
    OpenDispute
    | AttachDispute
    | ReceiveClaim
    | IssueClaimCode
    | RecordClaimCheck
    | RefuseClaim
    | UpholdClaim
    | TellHolder
    | OrderFreeze
    | ProposeServiceSuspension
    | ConfirmServiceSuspension
    | ResumeService
    | MakeDetermination
    | ConfirmDetermination
    | ProposeDeparture
    | ConfirmDeparture
    | CloseDispute
)
