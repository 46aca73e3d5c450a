"""The contract's decider: which rules answer which command."""

from datetime import datetime
from typing import Final, assert_never

from domain.contract.commands import (
    CloseContract,
    ContractCommand,
    GrantRights,
    ImportContract,
    NamePerson,
    RegisterContract,
    RevokeRights,
)
from domain.contract.documents import Category, Document
from domain.contract.events import (
    ContractClosed,
    ContractEvent,
    ContractRegistered,
    PersonNamed,
    Right,
    RightsGranted,
    RightsRevoked,
)
from domain.contract.state import NOTHING, ContractState, Grant, right
from domain.errors import NotAllowed, NotFound, Refused
from domain.limits import CONTACTS_PER_CONTRACT, PERSONS_PER_CONTRACT, check_texts
from domain.log import ContractUnused, Guard
from domain.values import ActorKind

FITTING: Final = {
    Category.INDIVIDUAL: "passport",
    Category.INDIVIDUAL_ENTREPRENEUR: "entrepreneur",
    Category.LEGAL_ENTITY: "organisation",
    Category.GOVERNMENT_AGENCY: "organisation",
}
"""Which of a document's three kinds each category of holder gives."""


def decide(state: ContractState, command: ContractCommand) -> tuple[ContractEvent, ...]:
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
        case _:
            assert_never(command)


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
    if command.category is Category.UNKNOWN:
        raise Refused("category-required", "only imported contracts have no known category")
    if not _fits(command.category, command.document):
        raise Refused(
            "document-fits-category",
            f"{command.category} gives exactly one document: {FITTING[command.category]}",
        )
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
    )


def _fits(category: Category, document: Document | None) -> bool:
    kinds = ("passport", "entrepreneur", "organisation")
    return [kind for kind in kinds if getattr(document, kind, None)] == [FITTING[category]]


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
    known = state.grant(command.person)
    if known is None:
        raise Refused("person-unknown", "the person was never named under this contract")
    grant = _grantable(command.rights, command.expires_at, command.at)
    if grant == known:
        return ()
    return (RightsGranted(command.person, grant.rights, grant.expires_at),)


def _revoke(state: ContractState, command: RevokeRights) -> tuple[ContractEvent, ...]:
    _may_manage(state, command)
    known = state.grant(command.person)
    if known is None:
        raise Refused("person-unknown", "the person was never named under this contract")
    if known == NOTHING:
        return ()
    return (RightsRevoked(command.person, command.reason),)


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
