"""Which claimants are upheld: holders, and who acts for them by proof; nobody else."""

from typing import Any

import pytest
from unit.cast import uid
from unit.dispute_cast import (
    CLAIM,
    CLAIMED,
    CONTRACTOR,
    ENQUIRY,
    OPENED,
    OTHER_CLAIM,
    RIVAL,
    checked,
    claim,
    doubted,
    uphold,
)
from unit.ownership_cast import (
    ASKER,
    COMPANY,
    HOLDER,
    JOINT,
    LAWYER,
    LEFT,
    ORDER,
    REPRESENTATIVE,
    days,
    mandate,
    on_record,
    order,
    papers,
    person,
    registration,
    standing,
    visit,
)
from unit.spec import given

from domain.contract import CONTRACT
from domain.contract.ownership.vocabulary import (
    Doubt,
    OrderEffect,
    OrderStanding,
    Together,
)
from domain.dispute.events import (
    ClaimUpheld,
)
from domain.dispute.vocabulary import Wish
from domain.identity.proof import Capacity, Finding, Scope


def _own(*checks: Any, wish: Wish = Wish.TRANSFER, who: Any = LAWYER, **fields: Any) -> Any:
    """A claim, and what was checked of it."""
    return OPENED.after(claim(who=who, wish=wish, **fields), *map(checked, checks))


def test_a_claim_is_not_upheld_before_the_contract_is_known() -> None:
    ENQUIRY.after(claim(), checked(visit(1, CONTRACTOR))).when(uphold()).then_refused(
        "dispute-unattached"
    )


def test_whoever_is_not_the_holder_proves_nothing_by_a_good_passport() -> None:
    CLAIMED.when(uphold()).then_refused("claim-unproved")
    CLAIMED.after(checked(visit(1, CONTRACTOR))).when(uphold()).then_refused("claim-unproved")


def test_the_holder_who_shows_the_document_is_upheld() -> None:
    own = _own(visit(1), who=HOLDER)
    own.when(uphold()).then(ClaimUpheld(CLAIM, ASKER.id, (uid(1),)))
    own.after(checked(visit(2, finding=Finding.FAILED))).when(uphold()).then_refused(
        "claim-unproved"
    )


def test_the_holders_visit_proves_nothing_for_another_claimant() -> None:
    both = _own(visit(1), who=HOLDER).after(
        claim(OTHER_CLAIM, LAWYER), checked(visit(2, LAWYER), OTHER_CLAIM)
    )
    both.when(uphold(OTHER_CLAIM)).then_refused("claim-unproved")
    unproved = both.after(checked(papers(3, mandate(), Finding.UNCLEAR), OTHER_CLAIM))
    unproved.when(uphold(OTHER_CLAIM)).then_refused("claim-unproved")
    three = mandate(named=3)
    several = both.after(checked(papers(4, three), OTHER_CLAIM))
    several.when(uphold(OTHER_CLAIM)).then_refused("claim-unproved")


def test_an_attorney_with_good_papers_is_upheld() -> None:
    good = _own(visit(1, LAWYER), papers(2, mandate()))
    good.when(uphold()).then(ClaimUpheld(CLAIM, ASKER.id, (uid(1), uid(2))))


@pytest.mark.parametrize(
    "checks",
    [
        (papers(2, mandate()),),
        (papers(2, mandate()), visit(3, RIVAL), papers(4, mandate(RIVAL))),
        (visit(1, LAWYER), papers(2, mandate(), Finding.FAILED)),
        (visit(1, LAWYER), papers(2, mandate(holder=JOINT))),
        (visit(1, LAWYER), papers(2, mandate(scope=(Scope.TICKETS,)))),
        (visit(1, LAWYER), papers(2, mandate(named=2))),
        (visit(1, LAWYER, Finding.UNCLEAR), papers(2, mandate())),
    ],
    ids=["unseen", "another seen", "bad papers", "for another", "scope", "one of two", "unclear"],
)
def test_an_attorney_without_is_not(checks: Any) -> None:
    _own(*checks).when(uphold()).then_refused("claim-unproved")


def test_papers_that_expired_meanwhile_prove_nothing() -> None:
    soon = _own(visit(1, LAWYER), papers(2, mandate(expires_at=days(1))))
    assert soon.when(uphold()).types == ["ClaimUpheld"]
    late = uphold()
    object.__setattr__(late, "at", days(2))
    soon.when(late).then_refused("claim-unproved")


@pytest.mark.parametrize(
    ("wish", "scope"),
    [
        (Wish.ACCESS, Scope.ACCESS),
        (Wish.TRANSFER, Scope.TRANSFER),
        (Wish.DATA, Scope.ACCESS),
        (Wish.STOP_SERVICE, Scope.ACCESS),
        (Wish.INFORMATION, Scope.TICKETS),
    ],
)
def test_each_wish_needs_its_scope(wish: Wish, scope: Scope) -> None:
    for one in Scope:
        has = _own(visit(1, LAWYER), papers(2, mandate(scope=(one,))), wish=wish)
        outcome = has.when(uphold())
        if one is scope:
            assert outcome.types == ["ClaimUpheld"]
        else:
            outcome.then_refused("claim-unproved")


def test_heirs_are_upheld_when_all_whom_the_papers_name_came() -> None:
    dead = standing(doubted())
    heirs = [mandate(who, capacity=Capacity.HEIR, named=2) for who in (LAWYER, RIVAL)]
    first = _own(visit(1, LAWYER), papers(2, heirs[0]))
    first.when(uphold(standing=dead)).then_refused("claim-unproved")
    both = first.after(
        claim(OTHER_CLAIM, RIVAL),
        checked(visit(3, RIVAL), OTHER_CLAIM),
        checked(papers(4, heirs[1]), OTHER_CLAIM),
    )
    assert both.when(uphold(standing=dead)).types == ["ClaimUpheld"]
    assert both.when(uphold(OTHER_CLAIM, dead)).types == ["ClaimUpheld"]


def test_after_the_holders_death_neither_attorney_nor_the_holders_name_goes_on() -> None:
    dead = standing(doubted())
    _own(visit(1, LAWYER), papers(2, mandate())).when(uphold(standing=dead)).then_refused(
        "claim-unproved"
    )
    _own(visit(1), who=HOLDER).when(uphold(standing=dead)).then_refused("claim-unproved")


@pytest.mark.parametrize("kind", [Doubt.CONFLICTING_EXTRACTS, Doubt.NO_PROVEN_AUTHORITY])
def test_while_extracts_conflict_nobody_is_upheld_but_by_order(kind: Doubt) -> None:
    unsure = standing(doubted(kind))
    good = _own(visit(1, LAWYER), papers(2, mandate()))
    good.when(uphold(standing=unsure)).then_refused("holder-doubted")
    ordered = standing(doubted(kind), order())
    by_order = _own(visit(1, LAWYER), order=ORDER, standing=ordered)
    assert by_order.when(uphold(standing=ordered)).types == ["ClaimUpheld"]


@pytest.mark.parametrize("effect", OrderEffect)
@pytest.mark.parametrize("wish", Wish)
def test_an_order_in_force_stands_for_the_holders_word(effect: OrderEffect, wish: Wish) -> None:
    good = {
        Wish.ACCESS: {OrderEffect.TRANSFER, OrderEffect.GUARDIANSHIP},
        Wish.TRANSFER: {OrderEffect.TRANSFER},
        Wish.DATA: {OrderEffect.DISCLOSURE},
        Wish.STOP_SERVICE: {OrderEffect.HOLD},
        Wish.INFORMATION: {OrderEffect.DISCLOSURE},
    }
    ordered = standing(order(effect))
    by_order = _own(visit(1, CONTRACTOR), who=CONTRACTOR, wish=wish, order=ORDER, standing=ordered)
    outcome = by_order.when(uphold(standing=ordered))
    if effect in good[wish]:
        assert outcome.types == ["ClaimUpheld"]
    else:
        outcome.then_refused("claim-unproved")


def test_an_order_helps_only_who_showed_who_they_are_and_while_it_is_in_force() -> None:
    ordered = standing(order())
    unseen = _own(who=CONTRACTOR, order=ORDER, standing=ordered)
    unseen.when(uphold(standing=ordered)).then_refused("claim-unproved")
    seen = unseen.after(checked(visit(1, CONTRACTOR)))
    assert seen.when(uphold(standing=ordered)).types == ["ClaimUpheld"]
    appealed = standing(order(standing=OrderStanding.APPEALED))
    seen.when(uphold(standing=appealed)).then_refused("claim-unproved")


def test_a_manager_who_left_after_the_check_is_not_upheld() -> None:
    acting = standing(since=COMPANY)
    has = acting.ownership.acting[0]
    seen = on_record(2, has)
    given_ = OPENED.after(
        claim(who=REPRESENTATIVE, standing=acting),
        checked(visit(1, REPRESENTATIVE), standing=acting),
        checked(seen, standing=acting),
    )
    assert given_.when(uphold(standing=acting)).types == ["ClaimUpheld"]
    left = standing(LEFT, since=COMPANY)
    given_.when(uphold(standing=left)).then_refused("claim-unproved")
    older = OPENED.after(
        claim(who=REPRESENTATIVE, standing=acting),
        checked(visit(1, REPRESENTATIVE), standing=acting),
        checked(papers(3, has), standing=acting),
    )
    assert older.when(uphold(standing=left)).types == ["ClaimUpheld"]
    both = older.after(checked(seen, standing=acting))
    both.when(uphold(standing=left)).then_refused("claim-unproved")
    anew = both.after(checked(papers(4, has), standing=left))
    assert anew.when(uphold(standing=left)).types == ["ClaimUpheld"]


@pytest.mark.parametrize(
    ("together", "alone"), [(Together.ANY, True), (Together.ALL, False)], ids=["any", "all"]
)
def test_joint_holders_act_as_they_said(together: Together, alone: bool) -> None:  # noqa: FBT001 - a case
    two = given(CONTRACT).after(registration(joint=(person(JOINT),), together=together))
    both = standing(since=two)
    first = _own(visit(1), who=HOLDER, standing=both)
    outcome = first.when(uphold(standing=both))
    if alone:
        assert outcome.types == ["ClaimUpheld"]
    else:
        outcome.then_refused("claim-unproved")
    second = first.after(claim(OTHER_CLAIM, JOINT), checked(visit(2, JOINT), OTHER_CLAIM))
    assert second.when(uphold(standing=both)).types == ["ClaimUpheld"]


def test_a_dead_holder_claims_nothing_though_the_other_one_lives() -> None:
    two = given(CONTRACT).after(registration(joint=(person(JOINT),), together=Together.ANY))
    dead = standing(doubted(), since=two)
    given_ = _own(visit(1), who=HOLDER, standing=dead)
    both = given_.after(claim(OTHER_CLAIM, JOINT), checked(visit(2, JOINT), OTHER_CLAIM))
    both.when(uphold(standing=dead)).then_refused("claim-unproved")
    assert both.when(uphold(OTHER_CLAIM, dead)).types == ["ClaimUpheld"]


def test_a_claim_on_an_account_without_identity_is_never_upheld() -> None:
    nobody = standing(since=given(CONTRACT))
    _own(visit(1), who=HOLDER).when(uphold(standing=nobody)).then_refused("claim-unproved")
