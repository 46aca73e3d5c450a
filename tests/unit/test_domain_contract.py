"""A contract: who its holder of record is, and which persons may do what under it."""

from datetime import timedelta
from typing import Any

import pytest
from unit.cast import (
    AGENT,
    BY_ENTREPRENEUR,
    BY_ORGANISATION,
    BY_PASSPORT,
    CONTACT,
    CUSTOMER,
    ENTREPRENEUR,
    LATER,
    NOW,
    PASSPORT,
    PORTAL,
    REASON,
    SOON,
    ask,
    identity,
    uid,
)
from unit.ownership_cast import HOLDER, registration
from unit.spec import given

from domain.contract import CONTRACT
from domain.contract.commands import (
    CloseContract,
    GrantRights,
    ImportContract,
    NamePerson,
    RevokeRights,
)
from domain.contract.documents import Category, Document
from domain.contract.events import (
    ContractClosed,
    ContractRegistered,
    Ending,
    PersonNamed,
    Right,
    RightsGranted,
    RightsRevoked,
)
from domain.contract.state import right
from domain.errors import Malformed, NotAllowed, NotFound
from domain.limits import CONTACTS_PER_CONTRACT, PERSONS_PER_CONTRACT
from domain.log import ContractUnused
from domain.values import Actor, ActorKind, Role

ANN, BOB = uid(41), uid(42)
NAME = identity("Ann Ode")
EXPIRY = {"expires_at": SOON}


def _name(**fields: Any) -> NamePerson:
    usual = {"person": ANN, "name": NAME, "login": None, "rights": (Right.READ,)}
    return ask(NamePerson, **{**usual, **fields})


NONE = given(CONTRACT)
REGISTERED = NONE.after(registration())
NAMED = REGISTERED.after(_name())
CLOSED = NAMED.after(ask(CloseContract, ending=Ending.EXPIRED))
MANAGER = Actor(ActorKind.CUSTOMER, BOB, Role.CUSTOMER)
MANAGED = NAMED.after(_name(person=BOB, rights=(Right.MANAGE_PERSONS,), **EXPIRY))

FITTING = [
    (Category.INDIVIDUAL, BY_PASSPORT),
    (Category.INDIVIDUAL_ENTREPRENEUR, BY_ENTREPRENEUR),
    (Category.LEGAL_ENTITY, BY_ORGANISATION),
    (Category.GOVERNMENT_AGENCY, BY_ORGANISATION),
]
DOCUMENTS = [
    None,
    Document(),
    BY_PASSPORT,
    BY_ENTREPRENEUR,
    BY_ORGANISATION,
    Document(passport=PASSPORT, entrepreneur=ENTREPRENEUR),
]


# Registration


@pytest.mark.parametrize(("category", "document"), FITTING)
def test_a_contract_is_registered_with_the_document_of_its_category(
    category: Category, document: Document
) -> None:
    state = NONE.when(registration(category=category, document=document)).then(
        ContractRegistered("C-1", category, HOLDER, "nl", document, (CONTACT,))
    )
    assert (state.open, state.identified, state.holder) == (True, True, HOLDER)
    assert CONTRACT.contract_of(state) == "C-1"


@pytest.mark.parametrize(
    ("category", "document"),
    [
        (category, document)
        for category, fitting in FITTING
        for document in DOCUMENTS
        if document != fitting
    ],
)
def test_any_other_document_none_or_two_do_not_fit(category: Category, document: Any) -> None:
    NONE.when(registration(category=category, document=document)).then_refused(
        "document-fits-category"
    )


def test_a_registered_contract_has_a_known_category() -> None:
    NONE.when(registration(category=Category.UNKNOWN, document=None)).then_refused(
        "category-required"
    )


@pytest.mark.parametrize("contacts", [(), (CONTACT,) * (CONTACTS_PER_CONTRACT + 1)])
def test_a_holder_can_be_reached_somehow_but_not_endlessly(contacts: Any) -> None:
    NONE.when(registration(contacts=contacts)).then_refused("contact-required")


def test_a_field_of_a_document_is_not_blank() -> None:
    blank = Document(passport=type(PASSPORT)(identity(" "), *[identity("x")] * 6))
    outcome = NONE.when(registration(document=blank))
    outcome.then_raises(Malformed)
    assert str(outcome.error).startswith("document.passport.country: ")


def test_a_number_is_used_once_in_the_whole_ledger() -> None:
    assert NONE.guards(registration()) == (ContractUnused("C-1"),)
    REGISTERED.when(registration()).then_refused("contract-exists")
    assert REGISTERED.guards(_name()) == ()


def test_an_imported_contract_knows_its_number_alone() -> None:
    command = ask(ImportContract, number="SN-1", holder=HOLDER, language="en")
    assert NONE.guards(command) == (ContractUnused("SN-1"),)
    state = NONE.when(command).then(
        ContractRegistered("SN-1", Category.UNKNOWN, HOLDER, "en", None, ())
    )
    assert (state.open, state.identified) == (True, False)


def test_a_contract_imported_again_stays_as_it_is() -> None:
    command = ask(ImportContract, number="C-1", holder=HOLDER, language="en")
    REGISTERED.when(command).then_nothing()
    assert REGISTERED.guards(command) == ()
    REGISTERED.when(ask(ImportContract, number="C-2", holder=HOLDER, language="en")).then_refused(
        "contract-exists"
    )


@pytest.mark.parametrize(
    "command", [_name(), ask(RevokeRights, person=ANN), ask(CloseContract, ending=Ending.EXPIRED)]
)
def test_nothing_else_can_be_asked_of_a_contract_that_is_not_there(command: object) -> None:
    NONE.when(command).then_raises(NotFound)


# Persons and rights


def test_a_person_is_named_with_rights_that_end_by_themselves() -> None:
    state = REGISTERED.when(_name(rights=(Right.WRITE, Right.READ), **EXPIRY)).then(
        PersonNamed(ANN, NAME, None, (Right.READ, Right.WRITE), SOON)
    )
    assert right(state, ANN, Right.WRITE, SOON - timedelta(microseconds=1))
    assert not right(state, ANN, Right.WRITE, SOON)
    assert not right(state, ANN, Right.MANAGE_PERSONS, NOW)
    assert not right(state, BOB, Right.READ, NOW)


def test_rights_without_an_end_last_until_they_are_revoked() -> None:
    assert right(NAMED.state, ANN, Right.READ, NOW + timedelta(days=36_500))
    state = NAMED.when(ask(RevokeRights, person=ANN, reason=REASON)).then(
        RightsRevoked(ANN, REASON)
    )
    assert not right(state, ANN, Right.READ, NOW)


def test_the_holder_has_no_right_by_being_the_holder() -> None:
    assert not any(right(NAMED.state, HOLDER, one, NOW) for one in Right)


def test_a_person_is_named_once_and_granted_rights_afterwards() -> None:
    NAMED.when(_name()).then_refused("person-already-named")
    state = NAMED.when(ask(GrantRights, person=ANN, rights=(Right.WRITE,), **EXPIRY)).then(
        RightsGranted(ANN, (Right.WRITE,), SOON)
    )
    assert not right(state, ANN, Right.READ, NOW)


def test_the_same_rights_in_another_order_change_nothing() -> None:
    both = NAMED.after(ask(GrantRights, person=ANN, rights=(Right.WRITE, Right.READ)))
    both.when(
        ask(GrantRights, person=ANN, rights=(Right.READ, Right.WRITE, Right.READ))
    ).then_nothing()
    again = both.when(ask(GrantRights, person=ANN, rights=(Right.READ, Right.WRITE), **EXPIRY))
    assert again.types == ["RightsGranted"]


def test_revoked_rights_can_be_granted_again_and_revoked_once() -> None:
    revoked = NAMED.after(ask(RevokeRights, person=ANN))
    revoked.when(ask(RevokeRights, person=ANN)).then_nothing()
    assert revoked.when(ask(GrantRights, person=ANN, rights=(Right.READ,))).types


@pytest.mark.parametrize(
    "command", [ask(GrantRights, person=BOB, rights=(Right.READ,)), ask(RevokeRights, person=BOB)]
)
def test_only_persons_who_were_named_get_and_lose_rights(command: object) -> None:
    NAMED.when(command).then_refused("person-unknown")


def test_a_grant_names_rights_that_have_not_expired() -> None:
    for command in (_name, lambda **f: ask(GrantRights, **{"person": ANN, **f})):
        base = REGISTERED if command is _name else NAMED
        base.when(command(rights=())).then_refused("rights-required")
        base.when(command(rights=(Right.READ,), expires_at=NOW)).then_refused("expiry-in-future")


def test_a_contract_has_so_many_persons_and_no_more() -> None:
    many = [
        PersonNamed(uid(2000 + n), NAME, None, (Right.READ,), None)
        for n in range(PERSONS_PER_CONTRACT)
    ]
    REGISTERED.and_(*many).when(_name()).then_refused("too-many")
    assert REGISTERED.and_(*many[1:]).when(_name()).types == ["PersonNamed"]


def test_a_customer_manages_persons_by_right_while_it_lasts() -> None:
    grant = {"person": ANN, "rights": (Right.WRITE,)}
    assert MANAGED.when(ask(GrantRights, by=MANAGER, **grant)).types == ["RightsGranted"]
    assert MANAGED.when(_name(by=MANAGER, person=uid(43))).types == ["PersonNamed"]
    MANAGED.when(ask(GrantRights, by=MANAGER, at=LATER, **grant)).then_raises(NotAllowed)


@pytest.mark.parametrize(
    "command",
    [
        _name(by=CUSTOMER, person=uid(43)),
        ask(GrantRights, by=CUSTOMER, person=ANN, rights=(Right.WRITE,)),
        ask(RevokeRights, by=CUSTOMER, person=ANN),
    ],
)
def test_a_customer_without_the_right_manages_nobody(command: object) -> None:
    MANAGED.when(command).then_raises(NotAllowed)


def test_staff_and_the_portal_manage_persons_as_their_roles_allow() -> None:
    for actor in (AGENT, PORTAL):
        assert NAMED.when(ask(RevokeRights, by=actor, person=ANN)).types == ["RightsRevoked"]


# The end


def test_a_contract_ends_once_and_says_why() -> None:
    state = NAMED.when(ask(CloseContract, ending=Ending.BY_CUSTOMER, reason=REASON)).then(
        ContractClosed(Ending.BY_CUSTOMER, REASON)
    )
    assert not state.open
    CLOSED.when(ask(CloseContract, ending=Ending.EXPIRED)).then_refused("contract-closed")


def test_after_the_end_nobody_gets_rights_but_some_lose_theirs() -> None:
    CLOSED.when(_name(person=BOB)).then_refused("contract-closed")
    CLOSED.when(ask(GrantRights, person=ANN, rights=(Right.WRITE,))).then_refused("contract-closed")
    assert CLOSED.when(ask(RevokeRights, person=ANN)).types == ["RightsRevoked"]


def test_the_end_takes_no_right_so_that_customers_still_read_and_reply() -> None:
    assert right(CLOSED.state, ANN, Right.READ, NOW)
