"""After the approval: objections, refusal, the new version, copies that are erased."""

from datetime import timedelta
from typing import Any

import pytest
from unit.cast import AGENT, CUSTOMER, PORTAL, ask, said, uid
from unit.change_cast import (
    APPLIED,
    APPROVED,
    ASKED,
    CHECKED,
    CONTEST,
    CONTESTED,
    DRAWN,
    MONTH,
    apply,
    approve,
    checked,
    contest,
    draw,
    ordered_sale,
    request,
)
from unit.ownership_cast import (
    ASKER,
    CHANGE,
    CHECKER,
    COMPANY,
    FROZEN,
    HELD,
    HOLDER,
    KEYED,
    LEFT,
    ORDER,
    REPRESENTATIVE,
    SECOND,
    THIRD,
    days,
    mandate,
    on_record,
    order,
    papers,
    visit,
)
from unit.ownership_cast import standing as after
from unit.spec import Given, given
from unit.test_domain_identity_change import BY_COMPANY, COMPANYS

from domain.contract.ownership.events import (
    IdentityChanged,
    OrderStandingChanged,
)
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    OrderEffect,
    OrderStanding,
)
from domain.identity.proof import Capacity
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.commands import (
    DismissContest,
    EraseCopies,
    RefuseIdentityChange,
)
from domain.identity_change.events import (
    ContestDismissed,
    CopiesErased,
    IdentityChangeApplied,
    IdentityChangeContested,
    IdentityChangeRefused,
    Refusal,
)
from domain.identity_change.state import Phase
from domain.limits import CONTESTS_PER_CHANGE, COPIES_PER_ERASURE

WHY = said("the photo shows somebody else")


def _dismiss(by: Any = THIRD, contested: Any = CONTEST) -> DismissContest:
    return ask(DismissContest, by=by, contest=contested, explanation=WHY)


REFUSE = ask(RefuseIdentityChange, refusal=Refusal.FORGED, explanation=WHY, copies_seconds=MONTH)


# Objections


@pytest.mark.parametrize("by", [CUSTOMER, PORTAL, AGENT])
def test_the_holder_objects_and_nothing_changes_until_that_is_decided(by: Any) -> None:
    command = contest(by=by)
    APPROVED.when(command).then(
        IdentityChangeContested(CONTEST, HOLDER, Capacity.IN_PERSON, None, command.words)
    )
    CONTESTED.when(apply(at=days(99))).then_refused("change-contested")
    CONTESTED.when(contest()).then_refused("contest-exists")
    APPLIED.when(contest()).then_refused("change-over")


def test_an_objection_is_dismissed_by_somebody_without_a_part_in_it() -> None:
    state = CONTESTED.when(_dismiss()).then(ContestDismissed(CONTEST, THIRD.id, WHY))
    assert not state.contests
    assert CONTESTED.after(_dismiss()).when(apply()).types == ["IdentityChangeApplied"]
    for involved in (SECOND, ASKER, CHECKER):
        CONTESTED.when(_dismiss(involved)).then_refused("contest-by-another")
    keyed = type(KEYED)(KEYED.kind, THIRD.id, KEYED.role, None, "local", KEYED.assurance)
    CONTESTED.when(_dismiss(keyed)).then_refused("interactive-required")
    CONTESTED.when(_dismiss(contested=uid(1))).then_refused("contest-unknown")
    CONTESTED.after(_dismiss()).when(_dismiss()).then_refused("contest-unknown")


def test_a_dismissed_objection_is_not_recorded_again_and_there_are_few() -> None:
    CONTESTED.after(_dismiss()).when(contest()).then_refused("contest-exists")
    many = APPROVED.after(*(contest(contest=uid(4000 + n)) for n in range(CONTESTS_PER_CHANGE)))
    many.when(contest()).then_refused("too-many")


# The end


@pytest.mark.parametrize("given_", [ASKED, CHECKED, DRAWN, APPROVED, CONTESTED])
def test_a_change_is_refused_with_a_reason(given_: Given) -> None:
    state = given_.when(REFUSE).then(
        IdentityChangeRefused(Refusal.FORGED, AGENT.id, MONTH, days(30), WHY)
    )
    assert state.phase is Phase.REFUSED
    given_.after(REFUSE).when(apply()).then_refused("change-over")
    given_.after(REFUSE).when(_dismiss()).then_refused("change-over")


def test_it_is_applied_when_the_waiting_period_is_over_and_not_before() -> None:
    APPROVED.when(apply(at=days(7) - timedelta(microseconds=1))).then_refused("still-contestable")
    APPROVED.when(apply()).then(IdentityChangeApplied(2, MONTH, days(37)))
    APPLIED.when(apply()).then_refused("change-over")
    DRAWN.when(apply()).then_refused("change-not-approved")


def test_an_authority_makes_no_new_version() -> None:
    from_order = after(order(OrderEffect.GUARDIANSHIP))
    ordered = request(
        kind=ChangeKind.AUTHORITY,
        holders=(),
        mandate=mandate(uid(45)),
        orders=(ORDER,),
        standing=from_order,
    )
    checks = (checked(visit(1, uid(45))), checked(papers(2, mandate(uid(45)))))
    given_ = given(IDENTITY_CHANGE).after(
        ordered, *checks, draw(standing=from_order), approve(standing=from_order)
    )
    given_.when(apply(standing=from_order)).then(IdentityChangeApplied(1, MONTH, days(37)))


@pytest.mark.parametrize(
    ("events", "rule"),
    [
        ((FROZEN,), "contract-frozen"),
        (
            (IdentityChanged(2, CHANGE, ChangeKind.RENEWAL, (HELD,), None, 0),),
            "identity-moved-on",
        ),
    ],
)
def test_what_happened_to_the_contract_meanwhile_stops_it(events: Any, rule: str) -> None:
    APPROVED.when(apply(standing=after(*events))).then_refused(rule)


def test_an_order_that_was_appealed_meanwhile_stops_it() -> None:
    standing = after(order())
    approved = ordered_sale(None).after(approve(standing=standing))
    appealed = after(order(), OrderStandingChanged(ORDER, OrderStanding.APPEALED, None, None))
    approved.when(apply(standing=appealed)).then_refused("order-not-in-force")
    assert approved.when(apply(standing=standing)).types == ["IdentityChangeApplied"]


def test_a_representative_who_left_after_the_check_speaks_no_more() -> None:
    (has,) = COMPANYS.ownership.acting
    seen = given(IDENTITY_CHANGE).after(
        request(holders=(BY_COMPANY,), standing=COMPANYS),
        checked(papers(1, has), standing=COMPANYS),
        checked(on_record(2, has), standing=COMPANYS),
        checked(visit(3, REPRESENTATIVE), standing=COMPANYS),
    )
    left = after(LEFT, since=COMPANY)
    seen.when(draw(standing=left)).then_refused("checks-missing")
    drawn = seen.after(draw(standing=COMPANYS))
    drawn.when(approve(standing=left)).then_refused("checks-missing")
    approved = drawn.after(approve(standing=COMPANYS))
    approved.when(apply(standing=left)).then_refused("checks-missing")
    assert approved.when(apply(standing=COMPANYS)).types == ["IdentityChangeApplied"]
    anew = seen.after(checked(papers(4, has), standing=left))
    assert anew.when(draw(standing=left)).types == ["ApproverDrawn"]


def test_copies_are_erased_once_after_the_decision() -> None:
    copy = uid(91)
    seen = visit(1)
    copied = type(seen)(seen.check, seen.person, seen.method, seen.finding, None, (), (copy,), None)
    given_ = ASKED.after(checked(copied))
    erase = ask(EraseCopies, copies=(copy, copy))
    given_.when(erase).then_refused("change-undecided")
    refused = given_.after(REFUSE)
    refused.when(erase).then(CopiesErased((copy,)))
    refused.after(erase).when(erase).then_nothing()
    refused.when(ask(EraseCopies, copies=(uid(92),))).then_refused("copy-unknown")
    many = ask(EraseCopies, copies=(copy,) * (COPIES_PER_ERASURE + 1))
    refused.when(many).then_refused("too-many")
