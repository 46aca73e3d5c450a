"""Where a contract's ownership stands: what the rules need, without personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple, assert_never
from uuid import UUID

from domain.contract.ownership.events import (
    AccessRestored,
    AccessSuspended,
    AuthorityEnded,
    AuthorityGiven,
    DoubtSettled,
    FreezeLifted,
    FreezePlaced,
    FreezeRenewed,
    HolderDoubted,
    HolderWarned,
    IdentityChanged,
    JointHoldersNamed,
    OrderRecorded,
    OrderStandingChanged,
    OwnershipEvent,
)
from domain.contract.ownership.vocabulary import (
    Doubt,
    HeldBy,
    OrderEffect,
    OrderStanding,
    Together,
    held_by,
)
from domain.identity.proof import Capacity, Mandate, Scope


class Order(NamedTuple):
    """An order and how it stands; `copies` are attachments."""

    id: UUID
    effect: OrderEffect
    standing: OrderStanding
    confidential_until: datetime | None
    copies: tuple[UUID, ...]


class OpenDoubt(NamedTuple):
    """A doubt that was not settled."""

    id: UUID
    holder: UUID
    kind: Doubt


class Freeze(NamedTuple):
    """The last freeze that was placed and not lifted."""

    id: UUID
    dispute: UUID
    until: datetime


class Contacts(NamedTuple):
    """Which identity version gave the ways to reach the holder, and how many."""

    version: int
    given: int


NO_CONTACTS: Final = Contacts(0, 0)


@dataclass(frozen=True, slots=True)
class Ownership:
    """Who holds a contract; `version` 0: nobody gave an identity document yet.

    `ever` has everybody who ever held it or acted for a holder by record.
    """

    version: int = 0
    holders: tuple[HeldBy, ...] = ()
    together: Together | None = None
    contacts: Contacts = NO_CONTACTS
    mandates: tuple[Mandate, ...] = ()
    orders: tuple[Order, ...] = ()
    doubts: tuple[OpenDoubt, ...] = ()
    suspended: UUID | None = None
    freeze: Freeze | None = None
    ever: frozenset[UUID] = frozenset()

    def order(self, order: UUID | None) -> Order | None:
        """Return an order of this contract."""
        return next((one for one in self.orders if one.id == order), None)

    def in_force(self, order: UUID | None, *effects: OrderEffect) -> bool:
        """Say whether an order with one of the effects is to be followed now."""
        known = self.order(order)
        if known is None or known.effect not in effects:
            return False
        return known.standing is OrderStanding.IN_FORCE

    def confidential(self, order: UUID, at: datetime) -> bool:
        """Say whether nobody may be told of an order yet."""
        known = self.order(order)
        until = known.confidential_until if known is not None else None
        return until is not None and at < until

    def frozen(self, at: datetime) -> bool:
        """Say whether ownership may not change now; a freeze ends by itself."""
        return self.freeze is not None and at < self.freeze.until

    def ended(self, holder: UUID) -> bool:
        """Say whether a holder is said to have died or to be dissolved."""
        ends = (Doubt.DECEASED, Doubt.DISSOLVED)
        return any(one.holder == holder and one.kind in ends for one in self.doubts)

    @property
    def contested(self) -> bool:
        """Say whether everything has to stay as it is until those concerned agree, or an order."""
        ends = (Doubt.CONFLICTING_EXTRACTS, Doubt.NO_PROVEN_AUTHORITY)
        return any(one.kind in ends for one in self.doubts)

    @property
    def acting(self) -> tuple[Mandate, ...]:
        """Return every authority on record; a document's representative may do everything."""
        by_document = (
            Mandate(one.representative, one.id, Capacity.REPRESENTATIVE, tuple(Scope), None, 1)
            for one in self.holders
            if one.representative is not None
        )
        return (*by_document, *self.mandates)


UNOWNED: Final = Ownership()
"""What is known before a contract is registered."""


def evolve(ownership: Ownership, event: OwnershipEvent) -> Ownership:  # noqa: C901, PLR0911, PLR0912 - one case an event
    """Return the ownership after `event`; takes every event that was ever recorded."""
    match event:
        case JointHoldersNamed():
            more = tuple(held_by(one.id, one.category, one.document) for one in event.holders)
            return replace(
                ownership,
                holders=(*ownership.holders, *more),
                together=event.together,
                ever=ownership.ever | people(more),
            )
        case HolderWarned():
            return ownership
        case IdentityChanged():
            return _changed(ownership, event)
        case AuthorityGiven(mandate=mandate):
            return replace(
                ownership,
                mandates=(*_without(ownership, mandate), mandate),
                ever=ownership.ever | {mandate.person},
            )
        case AuthorityEnded():
            return _ended(ownership, event)
        case OrderRecorded():
            until = event.confidential_until
            order = Order(event.order, event.effect, event.standing, until, event.copies)
            return replace(ownership, orders=(*ownership.orders, order))
        case OrderStandingChanged():
            return replace(ownership, orders=_standing(ownership, event))
        case HolderDoubted():
            doubt = OpenDoubt(event.doubt, event.holder, event.kind)
            return replace(ownership, doubts=(*ownership.doubts, doubt))
        case DoubtSettled(doubt=settled):
            doubts = tuple(one for one in ownership.doubts if one.id != settled)
            return replace(ownership, doubts=doubts)
        case AccessSuspended(recovery=recovery):
            return replace(ownership, suspended=recovery)
        case AccessRestored():
            return replace(ownership, suspended=None)
        case FreezePlaced():
            return replace(ownership, freeze=Freeze(event.freeze, event.dispute, event.until))
        case FreezeRenewed(until=until):
            renewed = ownership.freeze and ownership.freeze._replace(until=until)
            return replace(ownership, freeze=renewed)
        case FreezeLifted():
            return replace(ownership, freeze=None)
        case _:
            assert_never(event)


def people(holders: tuple[HeldBy, ...]) -> frozenset[UUID]:
    """Return holders and those who act for them by their document."""
    acting = {one.representative for one in holders if one.representative is not None}
    return frozenset({one.id for one in holders} | acting)


def _changed(ownership: Ownership, event: IdentityChanged) -> Ownership:
    """Return what a new version leaves: nothing of those who are no holders any more."""
    ids = {one.id for one in event.holders}
    contacts = Contacts(event.version, event.contacts) if event.contacts else ownership.contacts
    return replace(
        ownership,
        version=event.version,
        holders=event.holders,
        together=event.together,
        contacts=contacts,
        mandates=tuple(one for one in ownership.mandates if one.holder in ids),
        doubts=tuple(one for one in ownership.doubts if one.holder in ids),
        ever=ownership.ever | people(event.holders),
    )


def _without(ownership: Ownership, mandate: Mandate | AuthorityEnded) -> tuple[Mandate, ...]:
    same = (mandate.person, mandate.holder, mandate.capacity)
    return tuple(
        one for one in ownership.mandates if (one.person, one.holder, one.capacity) != same
    )


def _ended(ownership: Ownership, event: AuthorityEnded) -> Ownership:
    """Return what is left without somebody's authority: the holder stays."""
    holders = ownership.holders
    if event.capacity is Capacity.REPRESENTATIVE:
        holders = tuple(
            replace(one, representative=None)
            if (one.id, one.representative) == (event.holder, event.person)
            else one
            for one in holders
        )
    return replace(ownership, holders=holders, mandates=_without(ownership, event))


def _standing(ownership: Ownership, event: OrderStandingChanged) -> tuple[Order, ...]:
    return tuple(
        one._replace(standing=event.standing, confidential_until=event.confidential_until)
        if one.id == event.order
        else one
        for one in ownership.orders
    )
