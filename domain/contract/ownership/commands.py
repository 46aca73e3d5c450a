"""What can be asked about who holds a contract: by staff and by the system, never by customers."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.command import Command
from domain.contract.ownership.vocabulary import (
    AuthorityEnding,
    ChangeKind,
    Doubt,
    FreezeGround,
    HeldBy,
    OrderEffect,
    OrderSource,
    OrderStanding,
    Settlement,
    Together,
    Warned,
)
from domain.identity.proof import Capacity, Mandate
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnHolder(Command):
    """Note that the holder was warned."""

    warning: Warned
    organisation: Sealed | None = None
    words: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyIdentity(Command):
    """Make what an identity change asked for the new version; only its plan asks this."""

    change: UUID
    kind: ChangeKind
    version: int
    holders: tuple[HeldBy, ...]
    together: Together | None
    contacts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveAuthority(Command):
    """Let somebody act for a holder; only an identity change's plan asks this."""

    mandate: Mandate
    change: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EndAuthority(Command):
    """Let somebody act for a holder no more."""

    person: UUID
    holder: UUID
    capacity: Capacity
    ending: AuthorityEnding
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordOrder(Command):
    """Record an order of a court or an authority."""

    order: UUID
    source: OrderSource
    effect: OrderEffect
    standing: OrderStanding
    issuer: Sealed
    number: Sealed
    says: Sealed
    confidential_until: datetime | None = None
    ticket: UUID | None = None
    copies: tuple[UUID, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeOrderStanding(Command):
    """Say how an order stands now, and how long it is secret."""

    order: UUID
    standing: OrderStanding
    confidential_until: datetime | None = None
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtHolder(Command):
    """Say why it is not determined who holds the contract."""

    doubt: UUID
    holder: UUID
    kind: Doubt
    basis: Sealed
    case: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleDoubt(Command):
    """End a doubt."""

    doubt: UUID
    settlement: Settlement
    reason: Sealed
    order: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SuspendAccess(Command):
    """Take effect from everybody's rights; only a recovery's plan asks this."""

    recovery: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreAccess(Command):
    """Give rights to `person` alone, named now if they were not; None: everybody's as before.

    Only a recovery's plan asks this.
    """

    recovery: UUID
    person: UUID | None = None
    name: Sealed | None = None
    login: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceFreeze(Command):
    """Let nothing of the contract's ownership change until a moment; a dispute's plan asks this."""

    freeze: UUID
    dispute: UUID
    ground: FreezeGround
    until: datetime
    reason: Sealed
    order: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenewFreeze(Command):
    """Let a freeze last longer."""

    freeze: UUID
    until: datetime
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class LiftFreeze(Command):
    """End a freeze."""

    freeze: UUID
    reason: Sealed


OwnershipCommand = (
    WarnHolder
    | ApplyIdentity
    | GiveAuthority
    | EndAuthority
    | RecordOrder
    | ChangeOrderStanding
    | DoubtHolder
    | SettleDoubt
    | SuspendAccess
    | RestoreAccess
    | PlaceFreeze
    | RenewFreeze
    | LiftFreeze
)
