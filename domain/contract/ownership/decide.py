"""Which rules answer what is asked about a contract's ownership."""

from datetime import datetime
from typing import assert_never

from domain.contract.documents import ORGANISATIONS
from domain.contract.ownership import orders
from domain.contract.ownership.commands import (
    ApplyIdentity,
    ChangeOrderStanding,
    DoubtHolder,
    EndAuthority,
    GiveAuthority,
    LiftFreeze,
    OwnershipCommand,
    PlaceFreeze,
    RecordOrder,
    RenewFreeze,
    RestoreAccess,
    SettleDoubt,
    SuspendAccess,
    WarnHolder,
)
from domain.contract.ownership.events import (
    AccessRestored,
    AccessSuspended,
    AuthorityEnded,
    AuthorityGiven,
    HolderWarned,
    IdentityChanged,
    OwnershipEvent,
)
from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import HeldBy, Together, Warned
from domain.errors import Refused
from domain.identity.proof import Capacity, Mandate
from domain.limits import MANDATES_PER_CONTRACT
from domain.values import Actor, ActorKind, Role


def decide(  # noqa: C901, PLR0911, PLR0912 - one case a command
    ownership: Ownership, command: OwnershipCommand
) -> tuple[OwnershipEvent, ...]:
    """Return what happens when `command` is asked of a registered contract.

    What restoring access does to persons and their rights is said in `domain.contract.decide`.
    Raises Refused by a rule.
    """
    by_staff(command.by)
    match command:
        case WarnHolder():
            return _warn(ownership, command)
        case ApplyIdentity():
            return _apply(ownership, command)
        case GiveAuthority():
            return _give(ownership, command)
        case EndAuthority():
            return _end(ownership, command)
        case RecordOrder():
            return orders.record(ownership, command)
        case ChangeOrderStanding():
            return orders.change(ownership, command)
        case DoubtHolder():
            return orders.doubt(ownership, command)
        case SettleDoubt():
            return orders.settle(ownership, command)
        case SuspendAccess():
            return _suspend(ownership, command)
        case RestoreAccess():
            return _restore(ownership, command)
        case PlaceFreeze():
            return orders.freeze(ownership, command)
        case RenewFreeze():
            return orders.renew(ownership, command)
        case LiftFreeze():
            return orders.lift(ownership, command)
        case _:
            assert_never(command)


def by_staff(actor: Actor) -> None:
    """Refuse customers, and services, which only bring what customers say."""
    if actor.kind not in (ActorKind.STAFF, ActorKind.SYSTEM) or actor.role in (
        Role.CUSTOMER,
        Role.SERVICE,
    ):
        raise Refused("identity-by-staff", "identity data and authority are staff's to record")


def not_frozen(ownership: Ownership, at: datetime) -> None:
    """Refuse what would change who holds the contract, or who may act under it."""
    if ownership.frozen(at):
        raise Refused(
            "contract-frozen",
            "identity, persons and rights stay as they are until the freeze ends; service goes on",
        )


def several_say_how(holders: int, together: Together | None) -> None:
    """Refuse several holders who do not say how they act, and one who does."""
    if (holders > 1) != (together is not None):
        raise Refused(
            "joint-any-or-all", "several holders say whether any or all of them act; one does not"
        )


def _restore(ownership: Ownership, command: RestoreAccess) -> tuple[OwnershipEvent, ...]:
    if ownership.suspended != command.recovery:
        raise Refused("access-not-suspended", "this recovery did not suspend the contract's access")
    if command.person is not None:
        not_frozen(ownership, command.at)
    return (AccessRestored(command.recovery, command.person),)


def _warn(ownership: Ownership, command: WarnHolder) -> tuple[OwnershipEvent, ...]:
    by_person = not ownership.holders or any(
        one.category not in ORGANISATIONS for one in ownership.holders
    )
    if command.warning is Warned.EMPLOYEES_NAME and not by_person:
        raise Refused("warned-person", "the contract is registered in the organisation's own name")
    return (HolderWarned(command.warning, command.organisation, command.words),)


def _apply(ownership: Ownership, command: ApplyIdentity) -> tuple[OwnershipEvent, ...]:
    not_frozen(ownership, command.at)
    _next_version(ownership, command.version)
    several_say_how(len(command.holders), command.together)
    return (
        IdentityChanged(
            command.version,
            command.change,
            command.kind,
            command.holders,
            command.together,
            command.contacts,
        ),
    )


def _next_version(ownership: Ownership, version: int) -> None:
    if version != ownership.version + 1:
        raise Refused(
            "identity-moved-on", "the identity of record changed meanwhile: ask for the change anew"
        )


def _give(ownership: Ownership, command: GiveAuthority) -> tuple[OwnershipEvent, ...]:
    not_frozen(ownership, command.at)
    sound(command.mandate, ownership.holders)
    if len(ownership.mandates) >= MANDATES_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {MANDATES_PER_CONTRACT} authorities")
    return (AuthorityGiven(command.mandate, command.change),)


def sound(mandate: Mandate, holders: tuple[HeldBy, ...]) -> None:
    """Refuse an authority for somebody who holds nothing, or one that says nothing."""
    if mandate.holder not in {one.id for one in holders}:
        raise Refused("holder-unknown", "authority is given for a holder of this contract")
    itself = mandate.person == mandate.holder or mandate.capacity is Capacity.IN_PERSON
    if itself or mandate.named < 1 or not mandate.scope:
        raise Refused(
            "authority-sound",
            "authority names another person than the holder, at least one scope, and how many act "
            "together",
        )


def _end(ownership: Ownership, command: EndAuthority) -> tuple[OwnershipEvent, ...]:
    known = any(
        (one.person, one.holder, one.capacity) == (command.person, command.holder, command.capacity)
        for one in ownership.acting
    )
    if not known:
        raise Refused("authority-unknown", "this person has no such authority on record")
    return (
        AuthorityEnded(
            command.person, command.holder, command.capacity, command.ending, command.reason
        ),
    )


def _suspend(ownership: Ownership, command: SuspendAccess) -> tuple[OwnershipEvent, ...]:
    if ownership.suspended == command.recovery:
        return ()
    if ownership.suspended is not None:
        raise Refused("access-suspended", "another recovery suspended the access already")
    return (AccessSuspended(command.recovery),)
