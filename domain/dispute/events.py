"""Facts about a dispute. Class names and field names are a storage format.

What claimants say of themselves is sealed for the purpose `claim`; no rule looks at it.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.contract.documents import Contact, Document
from domain.contract.ownership.vocabulary import FreezeGround, Together
from domain.dispute.vocabulary import ClaimRule, Closing, DisputeKind, Outcome, Wish
from domain.identity.answer import Unclear
from domain.identity.proof import Capacity, Check
from domain.identity_change.events import Means
from domain.ticket.events import Channel
from domain.values import Sealed


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    """There is a dispute, by `ticket`; `contract` None: nobody said yet which one it is about."""

    number: str
    kind: DisputeKind
    contract: str | None
    ticket: UUID
    language: str
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class DisputeAttached:
    """It is about this contract, and counts under it from now on."""

    contract: str


@dataclass(frozen=True, slots=True)
class ClaimReceived:
    """Somebody said that the account is theirs, or asked for something that is the holder's.

    `attachments` and `recordings` are attachments of `ticket`: papers as received, calls.
    `order` is the one that the claim rests on.
    """

    claim: UUID
    claimant: UUID
    capacity: Capacity
    wish: Wish
    channel: Channel
    ticket: UUID
    order: UUID | None
    attachments: tuple[UUID, ...]
    recordings: tuple[UUID, ...]
    name: Sealed | None
    document: Document | None
    contact: Contact | None
    words: Sealed


@dataclass(frozen=True, slots=True)
class ClaimCodeIssued:
    """A code that a claimant's photo has to show was given out; good for one photo, once."""

    claim: UUID
    code: UUID
    issuer: UUID
    expires_at: datetime
    shown: Sealed


@dataclass(frozen=True, slots=True)
class ClaimChecked:
    """One thing about a claim was checked."""

    claim: UUID
    checker: UUID
    check: Check
    found: Sealed | None


@dataclass(frozen=True, slots=True)
class ClaimRefused:
    """A claim was refused by `rule`; `checks` are those of the claim until then."""

    claim: UUID
    rule: ClaimRule
    decider: UUID
    checks: tuple[UUID, ...]
    explanation: Sealed


@dataclass(frozen=True, slots=True)
class ClaimUpheld:
    """The claimant's authority is proved; who holds the contract is what it was."""

    claim: UUID
    decider: UUID
    checks: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class HolderTold:
    """The holder was told that `claims` claims came so far, never by whom.

    `contacts` are places (from 0) of identity version `version`; `ticket` tells it in the portal.
    """

    claims: int
    means: Means
    version: int
    contacts: tuple[int, ...]
    ticket: UUID | None


@dataclass(frozen=True, slots=True)
class HolderTellingWithheld:
    """The holder was not told of claims that rest on an order that is confidential."""

    order: UUID


@dataclass(frozen=True, slots=True)
class FreezeOrdered:
    """Somebody decided on a freeze, which stands in the contract's stream."""

    freeze: UUID
    orderer: UUID
    ground: FreezeGround


@dataclass(frozen=True, slots=True)
class ServiceSuspensionProposed:
    """Somebody asked that the service be suspended; it goes on until somebody else confirms."""

    suspension: UUID
    proposer: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True)
class ServiceSuspensionConfirmed:
    """A second person agreed: the service is suspended."""

    suspension: UUID
    confirmer: UUID


@dataclass(frozen=True, slots=True)
class ServiceResumed:
    """The service goes on."""

    suspension: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True)
class DeterminationMade:
    """Who holds the contract, by its history as of position `as_of`; `rests_on` are event ids.

    `holders` of an outcome `undetermined` are those with whom what is goes on, `reason` is why.
    `version` is the identity's, 0: none. `departure` is the earlier one that it follows.
    """

    determination: UUID
    as_of: int
    outcome: Outcome
    holders: tuple[UUID, ...]
    reason: Unclear | None
    version: int
    departure: UUID | None
    rests_on: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class DeterminationConfirmed:
    """A person looked at a determination and agreed."""

    determination: UUID
    confirmer: UUID


@dataclass(frozen=True, slots=True)
class DepartureProposed:
    """Somebody asked to depart from a determination, and said why."""

    determination: UUID
    departure: UUID
    proposer: UUID
    outcome: Outcome
    holders: tuple[UUID, ...]
    together: Together | None
    reason: Sealed


@dataclass(frozen=True, slots=True)
class DepartureConfirmed:
    """A second person agreed: the departure is the answer until the next identity version."""

    departure: UUID
    confirmer: UUID


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """The dispute is over; the freeze that it placed is lifted with it."""

    closing: Closing
    decider: UUID
    explanation: Sealed


DisputeEvent = (
    DisputeOpened
    | DisputeAttached
    | ClaimReceived
    | ClaimCodeIssued
    | ClaimChecked
    | ClaimRefused
    | ClaimUpheld
    | HolderTold
    | HolderTellingWithheld
    | FreezeOrdered
    | ServiceSuspensionProposed
    | ServiceSuspensionConfirmed
    | ServiceResumed
    | DeterminationMade
    | DeterminationConfirmed
    | DepartureProposed
    | DepartureConfirmed
    | DisputeClosed
)
