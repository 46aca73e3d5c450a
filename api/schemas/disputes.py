"""Bodies of disputes."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Body, Language, Line, Number, Paged, Short, Time, Written
from api.schemas.contracts import Contact, Document
from api.schemas.ownership import CaseEvent, Check
from domain.contract.ownership.vocabulary import FreezeGround, Together
from domain.dispute.vocabulary import ClaimRule, Closing, DisputeKind, Outcome, Wish
from domain.identity.answer import Unclear
from domain.identity.proof import Capacity
from domain.identity_change.events import Means
from domain.ticket.events import Channel


class Disputes(Paged):
    """Which disputes to list: all, or those alone that are open or closed."""

    only: Literal["open", "closed"] | None = None


class OpenDispute(Body):
    """By which ticket there is a dispute; `contract` null: nobody knows yet which one."""

    ticket: UUID
    kind: DisputeKind
    language: Language
    contract: Number | None = None
    words: Short | None = None


class AttachDispute(Body):
    """Which contract it is about."""

    contract: Number


class ReceiveClaim(Body):
    """What somebody claims; `claimant` null: somebody new, `ticket` null: the dispute's own.

    `attachments` (papers) and `recordings` (calls) are attachments of the ticket.
    """

    capacity: Capacity
    wish: Wish
    channel: Channel
    words: Short
    claimant: UUID | None = None
    ticket: UUID | None = None
    order: UUID | None = None
    attachments: tuple[UUID, ...] = Field((), max_length=50)
    recordings: tuple[UUID, ...] = Field((), max_length=50)
    name: Line | None = None
    document: Document | None = None
    contact: Contact | None = None


class CheckClaim(Check):
    """One look at one thing about a claim."""

    claim: UUID


class RefuseClaim(Body):
    """By which rule a claim is refused."""

    rule: ClaimRule
    explanation: Short


class TellHolder(Body):
    """How the holder is told; `contacts` are places, from 0, among those of record."""

    means: Means = Means.PORTAL
    contacts: tuple[int, ...] = Field((), max_length=20)


class PlaceFreeze(Body):
    """Why nothing of the contract's ownership may change, and until when."""

    ground: FreezeGround
    until: Time
    reason: Short
    order: UUID | None = None


class RenewFreeze(Body):
    """Until when a freeze lasts now."""

    until: Time
    reason: Short


class Because(Body):
    """Why."""

    reason: Short


class MakeDetermination(Body):
    """The position as of which the history is asked; null: now."""

    as_of_position: int | None = Field(None, ge=1, le=2**53)


class ConfirmDetermination(Body):
    """Which determination is confirmed: the last one."""

    determination: UUID


class ProposeDeparture(Body):
    """Who is to count as holder instead of whom the last determination names."""

    determination: UUID
    outcome: Outcome
    reason: Short
    holders: tuple[UUID, ...] = Field((), max_length=10)
    together: Together | None = None


class CloseDispute(Body):
    """How a dispute ends."""

    closing: Closing
    explanation: Short


class DisputeWritten(Written):
    """The dispute's spoken number."""

    number: str


class ClaimWritten(Written):
    """The ids of the claim and of whoever claims."""

    claim: UUID
    claimant: UUID


class FreezeWritten(Written):
    """The freeze's id."""

    freeze: UUID


class SuspensionWritten(Written):
    """The suspension's id."""

    suspension: UUID


class DeterminationWritten(Written):
    """The determination's id."""

    determination: UUID


class DepartureWritten(Written):
    """The departure's id."""

    departure: UUID


class ClaimView(Answer):
    """Where a claim stands; `upheld` null: it is not decided."""

    claim: UUID
    claimant: UUID
    wish: Wish
    ticket: UUID
    order: UUID | None
    upheld: bool | None


class DeterminationView(Answer):
    """The last determination; `holders` of one that is undetermined are the status quo."""

    id: UUID
    outcome: Outcome
    holders: list[UUID]
    reason: Unclear | None
    version: int
    departure: UUID | None
    confirmed: bool


class AskedView(Answer):
    """What one person asked for and a second one confirms."""

    id: UUID
    proposer: UUID
    confirmed: bool


class FreezeView(Answer):
    """The dispute's freeze that was placed and not lifted; it ends by itself."""

    id: UUID
    until: datetime


class DisputeItem(Answer):
    """Where a dispute stands; `undecided` of its claims wait."""

    id: UUID
    number: str
    kind: DisputeKind
    contract: str | None
    ticket: UUID
    opened_at: datetime
    undecided: int
    closed: bool
    version: int


class DisputeList(Answer):
    """Disputes in the order in which they were opened."""

    items: list[DisputeItem]
    next: str | None


class DisputeView(DisputeItem):
    """A dispute with its evidence; this read was recorded.

    `contract_version` is what freezes are renewed and lifted on.
    """

    as_of_position: int
    contract_version: int | None
    claims: list[ClaimView]
    determination: DeterminationView | None
    departure: AskedView | None
    suspension: AskedView | None
    freeze: FreezeView | None
    events: list[CaseEvent]
