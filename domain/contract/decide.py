"""The contract's decider: which rules answer which command."""

from datetime import datetime
from uuid import UUID

from domain.contract import holds, preferences
from domain.contract.commands import (
    CloseContract,
    ConfirmHoldRelease,
    ContractCommand,
    GrantRights,
    ImportContract,
    NamePerson,
    PlaceLegalHold,
    RegisterContract,
    RequestHoldRelease,
    RevokeRights,
    StatePreferences,
)
from domain.contract.documents import ORGANISATIONS, Category
from domain.contract.events import (
    ContractClosed,
    ContractEvent,
    ContractRegistered,
    PersonNamed,
    Right,
    RightsGranted,
    RightsRevoked,
)
from domain.contract.fitting import document_fits
from domain.contract.ownership.commands import RestoreAccess
from domain.contract.ownership.decide import decide as decide_ownership
from domain.contract.ownership.decide import not_frozen, several_say_how
from domain.contract.ownership.events import HolderWarned, JointHoldersNamed
from domain.contract.ownership.vocabulary import Warned
from domain.contract.state import NOTHING, ContractState, Grant, right
from domain.erasure import (
    REVIEW,
    CompleteErasure,
    EraseSubject,
    Kept,
    SubjectErased,
    complete,
    erase,
)
from domain.errors import NotAllowed, NotFound, Refused
from domain.limits import (
    CONTACTS_PER_CONTRACT,
    JOINT_HOLDERS,
    PERSONS_PER_CONTRACT,
    check_texts,
)
from domain.log import ContractUnused, Guard
from domain.values import ActorKind, Purpose


def decide(state: ContractState, command: ContractCommand) -> tuple[ContractEvent, ...]:  # noqa: C901, PLR0911, PLR0912 - one case a command
    """Return what happens when `command` is asked of a contract in `state`.

    Raises NotFound before it was registered, Refused by a rule, NotAllowed to persons without the
    right to manage others, Malformed by a text's size.
    """
    check_texts(command)
    match command:
        case RegisterContract():
            return _register(state, command)
        case ImportContract():
            return _import(state, command)
        case CompleteErasure():
            return complete(state.erasures, command)
        case _ if state.number is None:
            raise NotFound("there is no such contract")
        case NamePerson():
            return _name(state, command)
        case GrantRights():
            return _grant(state, command)
        case RevokeRights():
            return _revoke(state, command)
        case CloseContract():
            _still_open(state)
            return (ContractClosed(command.ending, command.reason),)
        case RestoreAccess():
            return (*decide_ownership(state.ownership, command), *_restored(state, command))
        case PlaceLegalHold():
            return holds.place(state, command)
        case RequestHoldRelease():
            return holds.request_release(state, command)
        case ConfirmHoldRelease():
            return holds.confirm_release(state, command)
        case StatePreferences():
            return preferences.prefer(state, command)
        case EraseSubject():
            return _erase(state, command)
        case _:
            return decide_ownership(state.ownership, command)


def contract_of(state: ContractState) -> str | None:
    """Return the contract's own number: its events count under it."""
    return state.number


def guards(state: ContractState, command: ContractCommand) -> tuple[Guard, ...]:
    """Return what must hold elsewhere: a new contract's number was never used."""
    if isinstance(command, RegisterContract | ImportContract) and state.number is None:
        return (ContractUnused(command.number),)
    return ()


def _register(state: ContractState, command: RegisterContract) -> tuple[ContractEvent, ...]:
    if state.number is not None:
        raise Refused("contract-exists", "a contract with this id was registered before")
    document_fits(command.category, command.document)
    _joint_fit(command)
    if not 0 < len(command.contacts) <= CONTACTS_PER_CONTRACT:
        raise Refused("contact-required", f"give 1 to {CONTACTS_PER_CONTRACT} ways to reach them")
    return (
        ContractRegistered(
            command.number,
            command.category,
            command.holder,
            command.language,
            command.document,
            command.contacts,
        ),
        *_joint(command),
        *_warned(command),
    )


def _joint_fit(command: RegisterContract) -> None:
    ids = {command.holder, *(one.id for one in command.joint)}
    if len(ids) <= len(command.joint):
        raise Refused("holder-named-twice", "each of several holders is named once")
    if len(ids) > JOINT_HOLDERS:
        raise Refused("too-many", f"a contract has at most {JOINT_HOLDERS} holders")
    several_say_how(len(ids), command.together)
    for holder in command.joint:
        document_fits(holder.category, holder.document)


def _joint(command: RegisterContract) -> tuple[ContractEvent, ...]:
    if command.together is None:
        return ()
    return (JointHoldersNamed(command.joint, command.together),)


def _warned(command: RegisterContract) -> tuple[ContractEvent, ...]:
    """Return the warning that an organisation gets which registers in its employee's name."""
    categories = {command.category, *(one.category for one in command.joint)}
    if command.used_by is None or categories <= ORGANISATIONS:
        return ()
    return (HolderWarned(Warned.EMPLOYEES_NAME, command.used_by, None),)


def _import(state: ContractState, command: ImportContract) -> tuple[ContractEvent, ...]:
    if state.number == command.number:
        return ()
    if state.number is not None:
        raise Refused("contract-exists", "a contract with this id was registered before")
    return (
        ContractRegistered(
            command.number, Category.UNKNOWN, command.holder, command.language, None, ()
        ),
    )


def _name(state: ContractState, command: NamePerson) -> tuple[ContractEvent, ...]:
    _may_manage(state, command)
    _still_open(state)
    not_frozen(state.ownership, command.at)
    if state.grant(command.person) is not None:
        raise Refused("person-already-named", "the person was named before: grant them rights")
    if len(state.persons) >= PERSONS_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {PERSONS_PER_CONTRACT} persons")
    grant = _grantable(command.rights, command.expires_at, command.at)
    return (
        PersonNamed(command.person, command.name, command.login, grant.rights, grant.expires_at),
    )


def _grant(state: ContractState, command: GrantRights) -> tuple[ContractEvent, ...]:
    _may_manage(state, command)
    _still_open(state)
    not_frozen(state.ownership, command.at)
    known = state.grant(command.person)
    if known is None:
        raise Refused("person-unknown", "the person was never named under this contract")
    grant = _grantable(command.rights, command.expires_at, command.at)
    if grant == known:
        return ()
    return (RightsGranted(command.person, grant.rights, grant.expires_at),)


def _revoke(state: ContractState, command: RevokeRights) -> tuple[ContractEvent, ...]:
    _may_manage(state, command)
    if command.by.kind is not ActorKind.STAFF:
        not_frozen(state.ownership, command.at)
    known = state.grant(command.person)
    if known is None:
        raise Refused("person-unknown", "the person was never named under this contract")
    if known == NOTHING:
        return ()
    return (RightsRevoked(command.person, command.reason),)


def _restored(state: ContractState, command: RestoreAccess) -> tuple[ContractEvent, ...]:
    """Return what gives every right to one person and takes all rights from the others."""
    person = command.person
    if person is None:
        return ()
    revoked = (
        RightsRevoked(other, None)
        for other, grant in state.persons
        if other != person and grant != NOTHING
    )
    return (_all_rights(state, command, person), *revoked)


def _all_rights(state: ContractState, command: RestoreAccess, person: UUID) -> ContractEvent:
    if state.grant(person) is not None:
        return RightsGranted(person, tuple(Right), None)
    if command.name is None:
        raise Refused("person-unknown", "name the person who was never named under this contract")
    return PersonNamed(person, command.name, command.login, tuple(Right), None)


def _erase(state: ContractState, command: EraseSubject) -> tuple[SubjectErased, ...]:
    def keeps(purpose: Purpose) -> Kept | None:
        subject, at = command.subject, command.at
        kept = holds.keeps(state, subject, purpose, at, command.limitation, command.ended_at)
        if kept is None and purpose is Purpose.ADDRESS and subject != state.holder:
            return Kept(purpose, "addresses-of-all", at + REVIEW)
        return kept

    return erase(state.erasures, command, state.number, keeps, state.holder)


def _may_manage(state: ContractState, command: NamePerson | GrantRights | RevokeRights) -> None:
    actor = command.by
    if actor.kind is ActorKind.CUSTOMER and not right(
        state, actor.id, Right.MANAGE_PERSONS, command.at
    ):
        raise NotAllowed("managing persons needs the right manage_persons under this contract")


def _still_open(state: ContractState) -> None:
    if not state.open:
        raise Refused("contract-closed", "the contract ended: only rights can still be revoked")


def _grantable(rights: tuple[Right, ...], expires_at: datetime | None, at: datetime) -> Grant:
    if not rights:
        raise Refused("rights-required", "name at least one right, or revoke them")
    if expires_at is not None and expires_at <= at:
        raise Refused("expiry-in-future", "the rights would have expired already")
    return Grant(tuple(one for one in Right if one in rights), expires_at)
