"""A contract's ownership: versions, joint holders, authority, access."""

from typing import Any

import pytest
from unit.cast import CUSTOMER, LATER, NOW, PORTAL, REASON, SYSTEM, ask, identity, said, uid
from unit.ownership_cast import (
    ASKER,
    BUYER,
    CHANGE,
    COMPANY,
    HELD,
    HELD_BY_COMPANY,
    HOLDER,
    JOINT,
    LAWYER,
    OF_COMPANY,
    RECOVERY_ID,
    REGISTERED,
    REPRESENTATIVE,
    bought,
    mandate,
    person,
    registration,
    state_of,
)
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.commands import GrantRights, ImportContract, NamePerson, RevokeRights
from domain.contract.documents import Category
from domain.contract.events import PersonNamed, Right, RightsGranted, RightsRevoked
from domain.contract.holds import keeps
from domain.contract.ownership.commands import (
    ApplyIdentity,
    EndAuthority,
    GiveAuthority,
    RestoreAccess,
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
    JointHoldersNamed,
)
from domain.contract.ownership.state import Contacts
from domain.contract.ownership.vocabulary import (
    AuthorityEnding,
    ChangeKind,
    Holder,
    Together,
    Warned,
)
from domain.contract.state import right
from domain.errors import NotFound
from domain.identity.proof import Capacity, Scope
from domain.limits import JOINT_HOLDERS, MANDATES_PER_CONTRACT
from domain.values import Actor, ActorKind, Purpose, Role

IMPORTED = given(CONTRACT).after(ask(ImportContract, number="C-1", holder=HOLDER, language="en"))
WARNING = ask(WarnHolder, warning=Warned.EMPLOYEES_NAME)


def _apply(**fields: Any) -> ApplyIdentity:
    usual = {
        "by": SYSTEM,
        "change": CHANGE,
        "kind": ChangeKind.TRANSFER,
        "version": 2,
        "holders": (bought(),),
        "together": None,
        "contacts": 2,
    }
    return ask(ApplyIdentity, **{**usual, **fields})


def _end(**fields: Any) -> EndAuthority:
    usual = {
        "person": REPRESENTATIVE,
        "holder": HOLDER,
        "capacity": Capacity.REPRESENTATIVE,
        "ending": AuthorityEnding.LEFT,
    }
    return ask(EndAuthority, **{**usual, **fields})


# Versions


def test_registration_gives_the_first_version() -> None:
    ownership = state_of(REGISTERED).ownership
    assert (ownership.version, ownership.holders, ownership.together) == (1, (HELD,), None)
    assert ownership.contacts == Contacts(1, 1)


def test_an_imported_contract_has_no_version_and_no_holder() -> None:
    ownership = state_of(IMPORTED).ownership
    assert (ownership.version, ownership.holders) == (0, ())


def test_a_change_makes_the_next_version_and_another_holder() -> None:
    state = REGISTERED.when(_apply()).then(
        IdentityChanged(2, CHANGE, ChangeKind.TRANSFER, (bought(),), None, 2)
    )
    assert (state.holder, state.ownership.version) == (BUYER, 2)
    assert state.ownership.contacts == Contacts(2, 2)
    same = CONTRACT.evolve(state, IdentityChanged(3, CHANGE, ChangeKind.RENEWAL, (HELD,), None, 0))
    assert same.ownership.contacts == Contacts(2, 2)
    assert same.ownership.holders == (HELD,)


def test_a_first_identity_identifies_an_imported_contract() -> None:
    command = _apply(kind=ChangeKind.FIRST_IDENTITY, version=1, holders=(HELD_BY_COMPANY,))
    state = IMPORTED.after(command).state
    assert (state.identified, state.category) == (True, Category.LEGAL_ENTITY)


@pytest.mark.parametrize("version", [0, 1, 3])
def test_a_version_follows_the_last_one(version: int) -> None:
    REGISTERED.when(_apply(version=version)).then_refused("identity-moved-on")


@pytest.mark.parametrize(
    "by",
    [
        CUSTOMER,
        PORTAL,
        Actor(ActorKind.CUSTOMER, HOLDER, None),
        Actor(ActorKind.STAFF, HOLDER, Role.SERVICE),
    ],
)
@pytest.mark.parametrize(
    "command", [_apply(), WARNING, _end(), ask(SuspendAccess, recovery=RECOVERY_ID)]
)
def test_customers_and_their_portal_change_no_identity_data(by: Any, command: Any) -> None:
    asked = type(command)(
        **{name: getattr(command, name) for name in command.__dataclass_fields__} | {"by": by}
    )
    COMPANY.when(asked).then_refused("identity-by-staff")


def test_nothing_is_asked_of_a_contract_that_is_not_there() -> None:
    given(CONTRACT).when(_apply()).then_raises(NotFound)


# Joint holders


@pytest.mark.parametrize("together", Together)
def test_several_register_and_say_how_they_act(together: Together) -> None:
    joint = person(JOINT)
    outcome = given(CONTRACT).when(registration(joint=(joint,), together=together))
    assert outcome.events[1:] == (JointHoldersNamed((joint,), together),)
    ownership = outcome.state.ownership
    assert [one.id for one in ownership.holders] == [HOLDER, JOINT]
    assert ownership.together is together


@pytest.mark.parametrize(
    ("joint", "together"), [((person(JOINT),), None), ((), Together.ANY), ((), Together.ALL)]
)
def test_one_holder_does_not_say_how_and_several_must(joint: Any, together: Any) -> None:
    given(CONTRACT).when(registration(joint=joint, together=together)).then_refused(
        "joint-any-or-all"
    )


def test_a_later_version_with_several_holders_says_it_too() -> None:
    REGISTERED.when(_apply(holders=(HELD, bought()))).then_refused("joint-any-or-all")


@pytest.mark.parametrize("joint", [(person(HOLDER),), (person(JOINT), person(JOINT))])
def test_each_of_several_holders_is_named_once(joint: Any) -> None:
    given(CONTRACT).when(registration(joint=joint, together=Together.ANY)).then_refused(
        "holder-named-twice"
    )


def test_a_joint_holder_gives_the_document_of_their_category() -> None:
    joint = Holder(JOINT, Category.LEGAL_ENTITY, person(JOINT).document)
    given(CONTRACT).when(registration(joint=(joint,), together=Together.ANY)).then_refused(
        "document-fits-category"
    )


def test_there_are_not_endlessly_many_holders() -> None:
    joint = tuple(person(uid(100 + number)) for number in range(JOINT_HOLDERS))
    given(CONTRACT).when(registration(joint=joint, together=Together.ANY)).then_refused("too-many")


# An organisation in an employee's name


def test_an_organisation_that_registers_in_an_employees_name_is_warned() -> None:
    used_by = identity("Ode BV")
    outcome = given(CONTRACT).when(registration(used_by=used_by))
    assert outcome.events[1:] == (HolderWarned(Warned.EMPLOYEES_NAME, used_by, None),)


def test_an_organisation_that_registers_itself_is_not_warned() -> None:
    outcome = given(CONTRACT).when(registration(used_by=identity("Ode BV"), **OF_COMPANY))
    assert outcome.types == ["ContractRegistered"]


def test_a_warning_comes_later_too_and_changes_nothing() -> None:
    words = said("the contract is yours, not the company's")
    state = REGISTERED.when(ask(WarnHolder, warning=Warned.EMPLOYEES_NAME, words=words)).then(
        HolderWarned(Warned.EMPLOYEES_NAME, None, words)
    )
    assert state == REGISTERED.state
    IMPORTED.when(WARNING).then(HolderWarned(Warned.EMPLOYEES_NAME, None, None))


def test_a_contract_in_the_organisations_own_name_needs_no_warning() -> None:
    COMPANY.when(WARNING).then_refused("warned-person")


# Authority


def test_the_documents_representative_has_authority() -> None:
    (acting,) = state_of(COMPANY).ownership.acting
    assert (acting.person, acting.holder, acting.scope) == (REPRESENTATIVE, HOLDER, tuple(Scope))


def test_a_representative_who_leaves_loses_authority_and_the_organisation_stays_holder() -> None:
    state = COMPANY.when(_end(reason=REASON)).then(
        AuthorityEnded(
            REPRESENTATIVE, HOLDER, Capacity.REPRESENTATIVE, AuthorityEnding.LEFT, REASON
        )
    )
    assert state.ownership.acting == ()
    assert [one.id for one in state.ownership.holders] == [HOLDER]
    assert state.holder == HOLDER


def test_another_representatives_leaving_changes_nothing_of_the_documents_one() -> None:
    other = mandate(capacity=Capacity.REPRESENTATIVE)
    given_ = COMPANY.after(ask(GiveAuthority, mandate=other, change=CHANGE))
    state = given_.after(_end(person=LAWYER)).state
    assert [one.person for one in state.ownership.acting] == [REPRESENTATIVE]


def test_an_authority_is_given_again_with_another_scope() -> None:
    narrow = mandate(scope=(Scope.TICKETS,))
    given_ = REGISTERED.after(ask(GiveAuthority, mandate=mandate(), change=CHANGE))
    state = given_.when(ask(GiveAuthority, mandate=narrow, change=CHANGE)).then(
        AuthorityGiven(narrow, CHANGE)
    )
    assert state.ownership.acting == (narrow,)
    gone = given_.after(_end(person=LAWYER, capacity=Capacity.ATTORNEY))
    assert gone.state.ownership.acting == ()
    gone.when(_end(person=LAWYER, capacity=Capacity.ATTORNEY)).then_refused("authority-unknown")


@pytest.mark.parametrize(
    "wrong",
    [{"named": 0}, {"scope": ()}, {"who": HOLDER}, {"capacity": Capacity.IN_PERSON}],
)
def test_an_authority_lets_another_do_something(wrong: Any) -> None:
    REGISTERED.when(ask(GiveAuthority, mandate=mandate(**wrong), change=CHANGE)).then_refused(
        "authority-sound"
    )


def test_an_authority_is_given_for_a_holder() -> None:
    command = ask(GiveAuthority, mandate=mandate(holder=BUYER), change=CHANGE)
    REGISTERED.when(command).then_refused("holder-unknown")


def test_there_are_not_endlessly_many_authorities() -> None:
    events = [
        AuthorityGiven(mandate(who=uid(2000 + number)), CHANGE)
        for number in range(MANDATES_PER_CONTRACT)
    ]
    command = ask(GiveAuthority, mandate=mandate(), change=CHANGE)
    REGISTERED.and_(*events).when(command).then_refused("too-many")


def test_nobody_acts_for_a_holder_of_the_past() -> None:
    given_ = REGISTERED.after(ask(GiveAuthority, mandate=mandate(), change=CHANGE), _apply())
    assert given_.state.ownership.acting == ()


def test_the_identity_of_all_who_ever_held_it_stays_while_the_contract_lives() -> None:
    given_ = COMPANY.after(
        ask(GiveAuthority, mandate=mandate(), change=CHANGE),
        ask(NamePerson, person=HOLDER, name=said("A"), login=None, rights=(Right.READ,)),
        ask(RevokeRights, person=HOLDER),
        _apply(),
    )
    for known in (HOLDER, REPRESENTATIVE, LAWYER, BUYER):
        kept = keeps(state_of(given_), known, Purpose.IDENTITY, NOW, (), None)
        assert kept is not None
        assert kept.rule == "contract-live"


def test_the_identity_of_somebody_who_never_held_it_goes() -> None:
    assert keeps(state_of(REGISTERED), uid(64), Purpose.IDENTITY, NOW, (), None) is None


# Access


NAMED: Given = REGISTERED.after(
    *(
        ask(NamePerson, person=uid(number), name=identity("A"), login=None, rights=(Right.READ,))
        for number in (61, 62, 63)
    ),
    ask(RevokeRights, person=uid(63)),
)
SUSPENDED: Given = NAMED.after(ask(SuspendAccess, recovery=RECOVERY_ID))


def _restore(**fields: Any) -> RestoreAccess:
    return ask(RestoreAccess, **{"recovery": RECOVERY_ID, **fields})


def test_while_access_is_suspended_nobody_has_a_right() -> None:
    assert right(NAMED.state, uid(61), Right.READ, NOW)
    state = NAMED.when(ask(SuspendAccess, recovery=RECOVERY_ID)).then(AccessSuspended(RECOVERY_ID))
    assert not right(state, uid(61), Right.READ, NOW)
    assert state.open


def test_one_recovery_at_a_time_suspends() -> None:
    SUSPENDED.when(ask(SuspendAccess, recovery=RECOVERY_ID)).then_nothing()
    SUSPENDED.when(ask(SuspendAccess, recovery=uid(901))).then_refused("access-suspended")


def test_access_comes_back_to_one_person_and_to_nobody_else() -> None:
    state = SUSPENDED.when(_restore(person=uid(62))).then(
        AccessRestored(RECOVERY_ID, uid(62)),
        RightsGranted(uid(62), tuple(Right), None),
        RightsRevoked(uid(61), None),
    )
    assert right(state, uid(62), Right.MANAGE_PERSONS, LATER)
    assert not any(right(state, uid(one), Right.READ, LATER) for one in (61, 63))


def test_access_comes_back_to_somebody_who_was_never_named() -> None:
    name, login = identity("Ann Ode"), identity("issuer subject")
    outcome = SUSPENDED.when(_restore(person=HOLDER, name=name, login=login))
    assert outcome.events[1] == PersonNamed(HOLDER, name, login, tuple(Right), None)
    SUSPENDED.when(_restore(person=HOLDER)).then_refused("person-unknown")


def test_access_comes_back_as_it_was_when_nothing_was_recovered() -> None:
    state = SUSPENDED.when(_restore()).then(AccessRestored(RECOVERY_ID, None))
    assert state == NAMED.state


@pytest.mark.parametrize("given_", [NAMED, SUSPENDED.after(_restore())])
def test_only_what_was_suspended_is_restored(given_: Given) -> None:
    given_.when(_restore(person=uid(61))).then_refused("access-not-suspended")
    SUSPENDED.when(_restore(recovery=uid(901))).then_refused("access-not-suspended")


def test_rights_can_be_set_by_staff_while_access_is_suspended() -> None:
    grant = ask(GrantRights, by=ASKER, person=uid(61), rights=(Right.WRITE,))
    assert SUSPENDED.when(grant).types == ["RightsGranted"]
