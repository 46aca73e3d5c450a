"""Facts about who holds a contract. Class names and field names are a storage format.

Identity data itself is sealed once: at the registration, or in the request of an identity change.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.contract.ownership.vocabulary import (
    AuthorityEnding,
    ChangeKind,
    Doubt,
    FreezeGround,
    HeldBy,
    Holder,
    OrderEffect,
    OrderSource,
    OrderStanding,
    Settlement,
    Together,
    Warned,
)
from domain.identity.proof import Capacity, Mandate
from domain.values import Sealed


@dataclass(frozen=True, slots=True)
class JointHoldersNamed:
    """The contract was registered by several: these hold it with the one registered."""

    holders: tuple[Holder, ...]
    together: Together


@dataclass(frozen=True, slots=True)
class HolderWarned:
    """The holder was warned; `organisation` is who uses a contract registered by a person."""

    warning: Warned
    organisation: Sealed | None
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class IdentityChanged:
    """There is a new version of the identity of record: the one that `change` asked for.

    `change` is the identity change's stream. `contacts` is how many ways to reach the holder it
    gave; 0: those known before stay.
    """

    version: int
    change: UUID
    kind: ChangeKind
    holders: tuple[HeldBy, ...]
    together: Together | None
    contacts: int


@dataclass(frozen=True, slots=True)
class AuthorityGiven:
    """Somebody may act for a holder from now on; the papers are in the identity change."""

    mandate: Mandate
    change: UUID


@dataclass(frozen=True, slots=True)
class AuthorityEnded:
    """Somebody may act for a holder no more; the holder stays holder."""

    person: UUID
    holder: UUID
    capacity: Capacity
    ending: AuthorityEnding
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class OrderRecorded:
    """A court or an authority ordered something; `confidential_until` None: it is not secret.

    `copies` are attachments of `ticket`.
    """

    order: UUID
    source: OrderSource
    effect: OrderEffect
    standing: OrderStanding
    confidential_until: datetime | None
    ticket: UUID | None
    copies: tuple[UUID, ...]
    issuer: Sealed
    number: Sealed
    says: Sealed


@dataclass(frozen=True, slots=True)
class OrderStandingChanged:
    """An order stands otherwise from now on, or is secret for another time."""

    order: UUID
    standing: OrderStanding
    confidential_until: datetime | None
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class HolderDoubted:
    """It is not determined any more who holds the contract: what is goes on until it is settled.

    `case` is the stream in which it came up.
    """

    doubt: UUID
    holder: UUID
    kind: Doubt
    case: UUID | None
    basis: Sealed


@dataclass(frozen=True, slots=True)
class DoubtSettled:
    """A doubt is over; a new identity version ends those about its former holders by itself."""

    doubt: UUID
    settlement: Settlement
    order: UUID | None
    reason: Sealed


@dataclass(frozen=True, slots=True)
class AccessSuspended:
    """Nobody has any right under the contract until the recovery is over."""

    recovery: UUID


@dataclass(frozen=True, slots=True)
class AccessRestored:
    """Rights work again: all of `person`'s and nobody else's, or as before if `person` is None."""

    recovery: UUID
    person: UUID | None


@dataclass(frozen=True, slots=True)
class FreezePlaced:
    """Until then neither identity nor persons and their rights change; service goes on."""

    freeze: UUID
    dispute: UUID
    ground: FreezeGround
    order: UUID | None
    until: datetime
    reason: Sealed


@dataclass(frozen=True, slots=True)
class FreezeRenewed:
    """A freeze that had not run out lasts longer."""

    freeze: UUID
    until: datetime
    reason: Sealed


@dataclass(frozen=True, slots=True)
class FreezeLifted:
    """A freeze ended before it ran out."""

    freeze: UUID
    reason: Sealed


OwnershipEvent = (
    JointHoldersNamed
    | HolderWarned
    | IdentityChanged
    | AuthorityGiven
    | AuthorityEnded
    | OrderRecorded
    | OrderStandingChanged
    | HolderDoubted
    | DoubtSettled
    | AccessSuspended
    | AccessRestored
    | FreezePlaced
    | FreezeRenewed
    | FreezeLifted
)
