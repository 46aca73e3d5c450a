"""Asking for a change of identity data, and checking it, one thing at a time."""

from typing import Any

import pytest
from unit.cast import BY_ORGANISATION, CONTACT, CUSTOMER, PORTAL, SOON, ask, said, uid
from unit.change_cast import (
    APPLIED,
    APPROVED,
    ASKED,
    CHECKED,
    DRAWN,
    MONTH,
    STANDING,
    WORDS,
    approve,
    checked,
    draw,
    renamed,
    request,
    sale,
)
from unit.ownership_cast import (
    ASKER,
    BUYER,
    CHECKER,
    COMPANY,
    HELD_BY_COMPANY,
    HOLDER,
    JOINT,
    LAWYER,
    REPRESENTATIVE,
    TICKET,
    days,
    mandate,
    on_record,
    order,
    papers,
    person,
    photo,
    registration,
    state_of,
    visit,
)
from unit.ownership_cast import standing as after
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.documents import Category
from domain.contract.events import ContractClosed, ContractRegistered, Ending
from domain.contract.ownership.events import HolderDoubted
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    Doubt,
    Holder,
    OrderEffect,
    OrderStanding,
    Together,
)
from domain.contract.state import UNREAD
from domain.errors import Malformed, NotFound
from domain.identity.commands import IssuePhotoCode
from domain.identity.proof import Capacity, Scope
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.commands import WithdrawIdentityChange
from domain.identity_change.events import (
    IdentityChangeRequested,
    IdentityChangeWithdrawn,
    IdentityChecked,
    PhotoCodeIssued,
)
from domain.limits import CONTACTS_PER_CONTRACT, JOINT_HOLDERS, ORDERS_PER_CHANGE

NONE = given(IDENTITY_CHANGE)
COMPANYS = state_of(COMPANY)
BY_COMPANY = Holder(HOLDER, Category.LEGAL_ENTITY, BY_ORGANISATION)
CODE = uid(80)
SHOWN = said("K7-RAVEN")
IMPORTED = ContractRegistered("C-1", Category.UNKNOWN, HOLDER, "en", None, ())


def _asks_for(kind: ChangeKind, *, version: int = 1, **fields: Any) -> Any:
    state = STANDING if version else state_of(given(CONTRACT).and_(IMPORTED))
    return request(**{"kind": kind, "standing": state, "holders": (), **fields})


# Asking


def test_a_change_is_asked_for_by_a_ticket_and_says_what_it_replaces() -> None:
    state = NONE.when(request()).then(
        IdentityChangeRequested(
            "C-1",
            TICKET,
            None,
            ChangeKind.RENEWAL,
            1,
            ASKER.id,
            HOLDER,
            Capacity.IN_PERSON,
            (person(HOLDER),),
            None,
            (),
            None,
            (),
            1,
            1,
            None,
            WORDS,
        )
    )
    assert IDENTITY_CHANGE.contract_of(state) == "C-1"
    assert IDENTITY_CHANGE.guards(state, request()) == ()
    assert "Sealed" not in repr(state)


@pytest.mark.parametrize("by", [CUSTOMER, PORTAL])
@pytest.mark.parametrize("given_", [NONE, ASKED])
def test_customers_never_change_identity_data(by: Any, given_: Given) -> None:
    command = request(by=by) if given_ is NONE else checked(visit(1), by)
    given_.when(command).then_refused("identity-by-staff")


def test_an_id_names_one_change_and_the_contract_is_open() -> None:
    ASKED.when(request()).then_refused("change-exists")
    closed = after(ContractClosed(Ending.EXPIRED, None))
    NONE.when(request(standing=closed)).then_refused("contract-closed")
    NONE.when(request(standing=UNREAD)).then_refused("contract-closed")
    NONE.when(checked(visit(1))).then_raises(NotFound)


SAME, OTHER, REACHED = (person(HOLDER),), (person(BUYER),), (CONTACT,)


@pytest.mark.parametrize(
    "command",
    [
        *(
            _asks_for(kind, holders=SAME)
            for kind in (
                ChangeKind.RENEWAL,
                ChangeKind.NAME_CHANGE,
                ChangeKind.REGISTER_EXTRACT,
                ChangeKind.REPRESENTATIVE,
            )
        ),
        _asks_for(ChangeKind.NAME_CHANGE, holders=(renamed(person(HOLDER)),), contacts=REACHED),
        _asks_for(ChangeKind.CONTACTS, contacts=REACHED),
        _asks_for(ChangeKind.TRANSFER, holders=OTHER, contacts=REACHED),
        _asks_for(ChangeKind.AUTHORITY, mandate=mandate()),
        _asks_for(ChangeKind.FIRST_IDENTITY, version=0, holders=OTHER, contacts=REACHED),
    ],
)
def test_each_kind_asks_for_what_it_is(command: Any) -> None:
    assert NONE.when(command).types == ["IdentityChangeRequested"]


@pytest.mark.parametrize(
    "command",
    [
        _asks_for(ChangeKind.RENEWAL),
        _asks_for(ChangeKind.RENEWAL, holders=OTHER),
        _asks_for(ChangeKind.RENEWAL, holders=SAME, mandate=mandate()),
        _asks_for(ChangeKind.CONTACTS),
        _asks_for(ChangeKind.CONTACTS, holders=SAME, contacts=REACHED),
        _asks_for(ChangeKind.TRANSFER, holders=SAME, contacts=REACHED),
        _asks_for(ChangeKind.TRANSFER, holders=OTHER),
        _asks_for(ChangeKind.TRANSFER, version=0, holders=OTHER, contacts=REACHED),
        _asks_for(ChangeKind.AUTHORITY),
        _asks_for(ChangeKind.AUTHORITY, mandate=mandate(), holders=SAME),
        _asks_for(ChangeKind.AUTHORITY, mandate=mandate(), contacts=REACHED),
        _asks_for(ChangeKind.FIRST_IDENTITY, holders=OTHER, contacts=REACHED),
        _asks_for(ChangeKind.FIRST_IDENTITY, version=0, holders=OTHER),
        _asks_for(ChangeKind.FIRST_IDENTITY, version=0, contacts=REACHED),
    ],
)
def test_no_kind_asks_for_more_or_less(command: Any) -> None:
    NONE.when(command).then_refused("change-fits-kind")


def test_proposed_holders_are_as_sound_as_registered_ones() -> None:
    wrong = Holder(BUYER, Category.LEGAL_ENTITY, person(BUYER).document)
    NONE.when(sale(holders=(wrong,))).then_refused("document-fits-category")
    NONE.when(sale(holders=OTHER * 2, together=Together.ANY)).then_refused("holder-named-twice")
    NONE.when(sale(holders=(*OTHER, person(JOINT)))).then_refused("joint-any-or-all")
    NONE.when(sale(together=Together.ANY)).then_refused("joint-any-or-all")
    many = tuple(person(uid(100 + number)) for number in range(JOINT_HOLDERS + 1))
    NONE.when(sale(holders=many, together=Together.ANY)).then_refused("too-many")
    contacts = (CONTACT,) * (CONTACTS_PER_CONTRACT + 1)
    NONE.when(sale(contacts=contacts)).then_refused("too-many")
    authority = _asks_for(ChangeKind.AUTHORITY, mandate=mandate(holder=BUYER))
    NONE.when(authority).then_refused("holder-unknown")


def test_a_field_of_a_proposed_document_is_not_blank() -> None:
    blank = Holder(HOLDER, Category.INDIVIDUAL, person(HOLDER).document)
    passport = blank.document.passport
    assert passport is not None
    empty = type(passport)(*[said(" ")] * 7)
    holders = (Holder(HOLDER, Category.INDIVIDUAL, type(blank.document)(passport=empty)),)
    NONE.when(request(holders=holders)).then_raises(Malformed)


def test_a_change_rests_on_known_orders_and_few() -> None:
    NONE.when(sale(orders=(uid(71),))).then_refused("order-unknown")
    state = after(order())
    assert NONE.when(sale(orders=(uid(71),), standing=state)).types
    many = (uid(71),) * (ORDERS_PER_CHANGE + 1)
    NONE.when(sale(orders=many, standing=state)).then_refused("too-many")


# Checking


def test_a_check_says_who_checked_whom_and_how() -> None:
    found = said("the passport and the face")
    state = ASKED.when(checked(visit(1), found=found)).then(
        IdentityChecked(CHECKER.id, visit(1), found)
    )
    assert state.evidence_at == 2
    CHECKED.when(checked(visit(1))).then_refused("check-exists")


def test_a_photo_uses_up_a_code_that_the_ticket_showed() -> None:
    issue = ask(IssuePhotoCode, code=CODE, expires_at=SOON, shown=SHOWN)
    state = ASKED.when(issue).then(PhotoCodeIssued(CODE, issue.by.id, SOON, SHOWN))
    assert issue.by.id in state.involved
    given_ = ASKED.after(issue)
    assert given_.when(checked(photo(1, CODE))).types == ["IdentityChecked"]
    given_.after(checked(photo(1, CODE))).when(checked(photo(2, CODE))).then_refused(
        "photo-code-unknown"
    )
    ASKED.when(checked(photo(1, CODE))).then_refused("photo-code-unknown")


def test_an_organisation_that_holds_or_buys_shows_itself_by_people() -> None:
    held = NONE.after(request(holders=(BY_COMPANY,), standing=COMPANYS))
    held.when(checked(visit(1), standing=COMPANYS)).then_refused("organisation-through-people")
    assert held.state.asked.holders == (HELD_BY_COMPANY,)
    buyer = Holder(BUYER, Category.LEGAL_ENTITY, BY_ORGANISATION)
    bought = NONE.after(sale(holders=(buyer,)))
    bought.when(checked(visit(1, BUYER))).then_refused("organisation-through-people")


def test_an_authority_on_record_is_one_that_the_contract_gives() -> None:
    given_ = NONE.after(request(holders=(BY_COMPANY,), standing=COMPANYS))
    (has,) = COMPANYS.ownership.acting
    good = checked(on_record(1, has), standing=COMPANYS)
    assert given_.when(good).types == ["IdentityChecked"]
    foreign = on_record(1, mandate())
    given_.when(checked(foreign, standing=COMPANYS)).then_refused("authority-unknown")


@pytest.mark.parametrize("given_", [APPROVED, APPLIED])
def test_after_the_approval_nothing_is_checked_any_more(given_: Given) -> None:
    rule = "change-approved" if given_ is APPROVED else "change-over"
    given_.when(checked(visit(2))).then_refused(rule)
    issue = ask(IssuePhotoCode, code=CODE, expires_at=SOON, shown=SHOWN)
    given_.when(issue).then_refused(rule)


def test_a_change_is_withdrawn_until_it_is_decided() -> None:
    command = ask(WithdrawIdentityChange, copies_seconds=MONTH, reason=WORDS)
    for given_ in (ASKED, CHECKED, DRAWN, APPROVED):
        state = given_.when(command).then(IdentityChangeWithdrawn(MONTH, days(30), WORDS))
        assert state.phase == "withdrawn"
    APPLIED.when(command).then_refused("change-over")


# Whose word it takes


def _ready(given_: Given, **fields: Any) -> bool:
    return given_.when(draw(**fields)).passes("checks-missing")


def test_a_renewal_takes_the_holders_word() -> None:
    assert not _ready(ASKED)
    assert not _ready(ASKED.after(checked(visit(1, BUYER))))
    assert _ready(CHECKED)


def test_a_transfer_takes_the_word_of_both_sides() -> None:
    given_ = NONE.after(sale())
    assert not _ready(given_.after(checked(visit(1, HOLDER))))
    assert not _ready(given_.after(checked(visit(1, BUYER))))
    assert _ready(given_.after(checked(visit(1, HOLDER)), checked(visit(2, BUYER))))


@pytest.mark.parametrize(
    ("scope", "good"), [((Scope.IDENTITY,), False), ((Scope.IDENTITY, Scope.TRANSFER), True)]
)
def test_an_attorney_sells_only_if_the_papers_say_so(scope: Any, good: bool) -> None:  # noqa: FBT001 - the case
    attorney = papers(1, mandate(scope=scope))
    given_ = NONE.after(sale(), checked(attorney), checked(visit(2, LAWYER)))
    assert _ready(given_.after(checked(visit(3, BUYER)))) == good


@pytest.mark.parametrize(("together", "enough"), [(Together.ANY, True), (Together.ALL, False)])
def test_joint_holders_agree_as_they_said(together: Together, enough: bool) -> None:  # noqa: FBT001 - the case
    joint = registration(joint=(person(JOINT),), together=together)
    state = state_of(given(CONTRACT).after(joint))
    command = sale(standing=state)
    one = NONE.after(command, checked(visit(1, JOINT)), checked(visit(2, BUYER)))
    assert _ready(one, standing=state) == enough
    assert _ready(one.after(checked(visit(3, HOLDER))), standing=state)


def test_a_first_identity_takes_the_word_of_who_gives_it() -> None:
    state = state_of(given(CONTRACT).and_(IMPORTED))
    given_ = NONE.after(sale(kind=ChangeKind.FIRST_IDENTITY, standing=state))
    assert not _ready(given_, standing=state)
    assert _ready(given_.after(checked(visit(1, BUYER))), standing=state)


def test_an_authority_takes_the_holders_word_the_papers_and_the_person() -> None:
    given_ = NONE.after(_asks_for(ChangeKind.AUTHORITY, mandate=mandate()))
    both = given_.after(checked(visit(1)), checked(visit(2, LAWYER)))
    assert not _ready(both)
    narrow = papers(3, mandate(scope=(Scope.TICKETS,)))
    assert not _ready(both.after(checked(narrow)))
    assert _ready(both.after(checked(papers(3, mandate()))))
    assert not _ready(given_.after(checked(visit(1)), checked(papers(3, mandate()))))


@pytest.mark.parametrize("effect", OrderEffect)
@pytest.mark.parametrize("state", OrderStanding)
def test_only_an_order_in_force_to_transfer_stands_for_the_holders_word(
    effect: OrderEffect, state: OrderStanding
) -> None:
    standing = after(order(effect, state))
    given_ = NONE.after(sale(orders=(uid(71),), standing=standing), checked(visit(1, BUYER)))
    good = effect is OrderEffect.TRANSFER and state is OrderStanding.IN_FORCE
    assert _ready(given_, standing=standing) == good


def test_the_heirs_of_a_holder_who_died_act_together() -> None:
    doubted = after(HolderDoubted(uid(72), HOLDER, Doubt.DECEASED, None, WORDS))
    heirs = [
        mandate(who, capacity=Capacity.HEIR, named=2, scope=(Scope.TRANSFER,))
        for who in (uid(46), uid(47))
    ]
    given_ = NONE.after(sale(standing=doubted), checked(visit(1, BUYER)), checked(visit(2)))
    assert not _ready(given_, standing=doubted)
    one = given_.after(checked(papers(3, heirs[0])), checked(visit(4, uid(46))))
    assert not _ready(one, standing=doubted)
    two = one.after(checked(papers(5, heirs[1])), checked(visit(6, uid(47))))
    assert _ready(two, standing=doubted)


@pytest.mark.parametrize("kind", [Doubt.CONFLICTING_EXTRACTS, Doubt.NO_PROVEN_AUTHORITY])
def test_while_extracts_conflict_only_an_order_changes_anything(kind: Doubt) -> None:
    doubt = HolderDoubted(uid(72), HOLDER, kind, None, WORDS)
    CHECKED.when(draw(standing=after(doubt))).then_refused("holder-doubted")
    DRAWN.when(approve(standing=after(doubt))).then_refused("holder-doubted")
    state = after(doubt, order())
    given_ = NONE.after(sale(orders=(uid(71),), standing=state), checked(visit(1, BUYER)))
    assert _ready(given_, standing=state)


def test_a_representative_on_record_speaks_for_the_organisation() -> None:
    (has,) = COMPANYS.ownership.acting
    given_ = NONE.after(
        request(holders=(BY_COMPANY,), standing=COMPANYS),
        checked(on_record(1, has), standing=COMPANYS),
    )
    assert not _ready(given_, standing=COMPANYS)
    assert _ready(given_.after(checked(visit(2, REPRESENTATIVE))), standing=COMPANYS)
