"""Asking for a change of identity data, and checking what it rests on, one by one."""

from datetime import timedelta

from domain.contract.fitting import document_fits
from domain.contract.ownership.decide import several_say_how, sound
from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import ChangeKind
from domain.errors import Refused
from domain.identity.checking import check_can_be_recorded, code_can_be_given
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity_change.commands import (
    RequestIdentityChange,
    WithdrawIdentityChange,
)
from domain.identity_change.events import (
    IdentityChangeEvent,
    IdentityChangeRequested,
    IdentityChangeWithdrawn,
    IdentityChecked,
    PhotoCodeIssued,
)
from domain.identity_change.state import Asked, IdentityChangeState, Phase
from domain.limits import CONTACTS_PER_CONTRACT, JOINT_HOLDERS, ORDERS_PER_CHANGE


def request(
    state: IdentityChangeState, command: RequestIdentityChange
) -> tuple[IdentityChangeEvent, ...]:
    """Write down what was asked for, and what the contract's identity is then."""
    if state.asked is not None:
        raise Refused("change-exists", "a change of identity data with this id was asked for")
    if not command.standing.open:
        raise Refused("contract-closed", "identity data changes only under an open contract")
    ownership = command.standing.ownership
    _fits_kind(command, ownership)
    _holders_fit(command)
    if len(command.orders) > ORDERS_PER_CHANGE:
        raise Refused("too-many", f"a change rests on at most {ORDERS_PER_CHANGE} orders")
    if any(ownership.order(order) is None for order in command.orders):
        raise Refused("order-unknown", "no such order was recorded under this contract")
    return (
        IdentityChangeRequested(
            command.contract,
            command.ticket,
            command.dispute,
            command.kind,
            ownership.version,
            command.by.id,
            command.applicant,
            command.capacity,
            command.holders,
            command.together,
            command.contacts,
            command.mandate,
            command.orders,
            ownership.contacts.version,
            ownership.contacts.given,
            command.name,
            command.words,
        ),
    )


def _fits_kind(command: RequestIdentityChange, ownership: Ownership) -> None:
    """Refuse what the kind of change does not ask for, or what it lacks."""
    present = {one.id for one in ownership.holders}
    proposed = {one.id for one in command.holders}
    match command.kind:
        case ChangeKind.AUTHORITY:
            fits = command.mandate is not None and not proposed and not command.contacts
        case ChangeKind.CONTACTS:
            fits = bool(command.contacts) and not proposed
        case ChangeKind.FIRST_IDENTITY | ChangeKind.TRANSFER:
            # Whoever holds it from now on is reached where they say, not where others said.
            fits = bool(command.contacts) and bool(proposed) and proposed != present
        case _:
            fits = bool(proposed) and proposed == present
    first = command.kind is ChangeKind.FIRST_IDENTITY
    if not fits or first != (ownership.version == 0):
        raise Refused(
            "change-fits-kind",
            "other holders need a transfer with their contacts, the first ones a first identity; "
            "contacts and authority change nothing else; every other kind keeps the holders",
        )
    if (command.mandate is not None) != (command.kind is ChangeKind.AUTHORITY):
        raise Refused("change-fits-kind", "an authority is asked for by a change of its own")
    if command.mandate is not None:
        sound(command.mandate, ownership.holders)


def _holders_fit(command: RequestIdentityChange) -> None:
    ids = [one.id for one in command.holders]
    if len(ids) != len(set(ids)):
        raise Refused("holder-named-twice", "each of several holders is named once")
    if len(ids) > JOINT_HOLDERS or len(command.contacts) > CONTACTS_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {JOINT_HOLDERS} holders")
    for holder in command.holders:
        document_fits(holder.category, holder.document)
    several_say_how(len(ids), command.together)


def issue(state: IdentityChangeState, command: IssuePhotoCode) -> tuple[IdentityChangeEvent, ...]:
    """Give out a code for a photo."""
    _checking(state)
    code_can_be_given(state.evidence, command.code, command.expires_at, command.at)
    return (PhotoCodeIssued(command.code, command.by.id, command.expires_at, command.shown),)


def check(
    state: IdentityChangeState, asked: Asked, command: RecordIdentityCheck
) -> tuple[IdentityChangeEvent, ...]:
    """Record one check; the last one of each thing counts."""
    _checking(state)
    ownership = command.standing.ownership
    check_can_be_recorded(state.evidence, command.check, command.at, ownership, asked.holders)
    return (IdentityChecked(command.by.id, command.check, command.found),)


def withdraw(command: WithdrawIdentityChange) -> tuple[IdentityChangeEvent, ...]:
    """Record that nobody asks for it any more."""
    until = command.at + timedelta(seconds=command.copies_seconds)
    return (IdentityChangeWithdrawn(command.copies_seconds, until, command.reason),)


def _checking(state: IdentityChangeState) -> None:
    if state.phase is not Phase.CHECKING:
        raise Refused("change-approved", "what it rests on was checked before it was approved")
