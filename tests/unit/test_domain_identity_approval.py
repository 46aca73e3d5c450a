"""Approving a change of identity data: by whom, with what notice, contestable how long."""

from datetime import timedelta
from typing import Any

import pytest
from unit.cast import ask, said, uid
from unit.change_cast import (
    APPROVED,
    CHECKED,
    DRAWN,
    LONG_AGO,
    MONTH,
    NOTICE,
    RANDOMNESS,
    WEEK,
    apply,
    approve,
    candidate,
    checked,
    draw,
    ordered_sale,
    request,
    sale,
)
from unit.ownership_cast import (
    ASKER,
    BOSS,
    BUYER,
    CHANGE,
    CHECKER,
    FROZEN,
    HELD,
    HOLDER,
    KEYED,
    ORDER,
    SECOND,
    THIRD,
    days,
    mandate,
    order,
    specialist,
    visit,
)
from unit.ownership_cast import standing as after
from unit.spec import given

from domain.contract.events import PersonNamed, Right
from domain.contract.ownership.events import (
    AuthorityGiven,
    IdentityChanged,
)
from domain.contract.ownership.vocabulary import (
    ChangeKind,
)
from domain.identity.proof import Finding
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.commands import (
    ExcuseApprover,
    RecordChangeNotice,
)
from domain.identity_change.events import (
    ApproverDrawn,
    ApproverExcused,
    ChangeNoticeGiven,
    ChangeNoticeWithheld,
    Excuse,
    IdentityChangeApproved,
    Means,
)
from domain.identity_change.state import Phase
from domain.limits import CANDIDATES_PER_DRAW
from domain.values import Role

WHY = said("the photo shows somebody else")


def _excuse(excuse: Excuse = Excuse.CONFLICT, by: Any = SECOND) -> ExcuseApprover:
    return ask(ExcuseApprover, by=by, excuse=excuse, reason=WHY)


def _tell(**fields: Any) -> RecordChangeNotice:
    usual = {"means": Means.MAIL, "contacts": (0,), "standing": after()}
    return ask(RecordChangeNotice, **{**usual, **fields})


# The draw


def test_the_system_draws_one_of_those_who_may_and_says_among_whom() -> None:
    state = CHECKED.when(draw(SECOND.id, ASKER.id, CHECKER.id, HOLDER)).then(
        ApproverDrawn(SECOND.id, Role.AGENT, LONG_AGO, MONTH, (SECOND.id,), RANDOMNESS)
    )
    assert state.drawn == (SECOND.id, Role.AGENT)
    DRAWN.when(draw()).then_refused("approver-drawn")
    APPROVED.when(draw()).then_refused("approver-drawn")


def test_the_draw_falls_on_different_people_for_different_randomness() -> None:
    people = [uid(number) for number in range(200, 220)]
    drawn = {
        CHECKED.when(draw(*people, randomness=f"{number:064x}")).events[0].approver
        for number in range(40)
    }
    assert len(drawn) > 5


@pytest.mark.parametrize(
    "wrong",
    [
        candidate(ASKER.id),
        candidate(CHECKER.id),
        candidate(HOLDER),
        candidate(SECOND.id, days(-30) + timedelta(seconds=1)),
        candidate(SECOND.id, role=Role.OPERATOR),
        candidate(SECOND.id, role=Role.COMPLIANCE),
        candidate(SECOND.id, role=Role.SERVICE),
    ],
)
def test_nobody_is_drawn_who_has_a_part_in_it_or_a_young_role(wrong: Any) -> None:
    CHECKED.when(draw(candidates=(wrong,))).then_refused("approver-missing")
    CHECKED.when(draw(candidates=())).then_refused("approver-missing")


def test_a_role_is_old_enough_on_the_day() -> None:
    assert CHECKED.when(draw(candidates=(candidate(SECOND.id, days(-30)),))).types


def test_whoever_is_named_under_the_contract_is_in_conflict() -> None:
    named = PersonNamed(SECOND.id, WHY, None, (Right.READ,), None)
    CHECKED.when(draw(standing=after(named))).then_refused("approver-missing")
    DRAWN.when(approve(standing=after(named))).then_refused("approver-involved")
    acting = AuthorityGiven(mandate(SECOND.id), CHANGE)
    CHECKED.when(draw(standing=after(acting))).then_refused("approver-missing")


def test_whoever_buys_or_gets_authority_does_not_decide() -> None:
    bought = given(IDENTITY_CHANGE).after(sale())
    assert BUYER in bought.state.involved
    gets = request(kind=ChangeKind.AUTHORITY, holders=(), mandate=mandate(SECOND.id))
    assert SECOND.id in given(IDENTITY_CHANGE).after(gets).state.involved


def test_a_draw_is_among_not_endlessly_many() -> None:
    people = [uid(3000 + number) for number in range(CANDIDATES_PER_DRAW + 1)]
    assert CHECKED.when(draw(*people[1:])).types
    CHECKED.when(draw(*people)).then_refused("too-many")


@pytest.mark.parametrize(
    ("excuse", "by", "good"),
    [
        (Excuse.CONFLICT, SECOND, True),
        (Excuse.ABSENT, SECOND, True),
        (Excuse.ABSENT, BOSS, True),
        (Excuse.LATE, BOSS, True),
        (Excuse.CONFLICT, BOSS, False),
        (Excuse.LATE, THIRD, False),
    ],
)
def test_whoever_was_drawn_is_excused_and_not_drawn_again(
    excuse: Excuse,
    by: Any,
    good: bool,  # noqa: FBT001 - the case
) -> None:
    outcome = DRAWN.when(_excuse(excuse, by))
    if not good:
        outcome.then_refused("approver-excused-by")
        return
    outcome.then(ApproverExcused(SECOND.id, excuse, WHY))
    again = DRAWN.after(_excuse(excuse, by))
    again.when(draw()).then_refused("approver-missing")
    assert again.when(draw(SECOND.id, THIRD.id)).events[0].approver == THIRD.id
    again.when(_excuse()).then_refused("approver-not-drawn")


# The approval


def test_a_second_specialist_approves_and_the_holder_is_told() -> None:
    state = DRAWN.when(approve(opened=3)).then(
        IdentityChangeApproved(SECOND.id, Role.AGENT, LONG_AGO, MONTH, 3, WEEK, days(7)),
        ChangeNoticeGiven(Means.PORTAL, 1, (), NOTICE, days(7)),
    )
    assert (state.phase, state.approver, state.told) == (Phase.WAITING, SECOND.id, True)
    APPROVED.when(approve()).then_refused("change-approved")


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (approve(by=THIRD), "approver-not-drawn"),
        (approve(by=ASKER), "approver-not-drawn"),
        (approve(by=KEYED), "interactive-required"),
        (approve(by=type(SECOND)(SECOND.kind, SECOND.id, SECOND.role)), "interactive-required"),
        (approve(role_since=days(-1)), "role-too-young"),
        (approve(opened=1), "evidence-unopened"),
        (approve(standing=after(FROZEN)), "contract-frozen"),
        (
            approve(
                standing=after(IdentityChanged(2, CHANGE, ChangeKind.RENEWAL, (HELD,), None, 0))
            ),
            "identity-moved-on",
        ),
    ],
)
def test_nobody_else_approves_and_nothing_else(command: Any, rule: str) -> None:
    DRAWN.when(command).then_refused(rule)


def test_nobody_approves_before_the_draw() -> None:
    CHECKED.when(approve()).then_refused("approver-not-drawn")


def test_whoever_checked_after_being_drawn_does_not_approve_also_by_another_token() -> None:
    given_ = DRAWN.after(checked(visit(2), SECOND))
    other_token = specialist(13, Role.SUPERVISOR)
    assert other_token.id == SECOND.id
    given_.when(approve()).then_refused("approver-involved")
    given_.when(approve(by=other_token)).then_refused("approver-involved")


def test_a_new_check_has_to_be_opened_too_and_may_undo_the_others() -> None:
    given_ = DRAWN.after(checked(visit(2), THIRD))
    given_.when(approve(opened=3)).then_refused("evidence-unopened")
    assert given_.when(approve(opened=4)).types
    bad = DRAWN.after(checked(visit(2, finding=Finding.FAILED)))
    bad.when(approve()).then_refused("checks-missing")


# Notices


def test_a_confidential_order_withholds_the_notice_until_it_ends() -> None:
    secret = after(order(until=days(20)))
    outcome = ordered_sale(days(20)).when(approve(standing=secret))
    outcome.then(outcome.events[0], ChangeNoticeWithheld(ORDER))
    approved = ordered_sale(days(20)).after(approve(standing=secret))
    approved.when(_tell(standing=secret)).then_refused("order-confidential")
    approved.when(apply(standing=secret, at=days(6))).then_refused("still-contestable")
    assert approved.when(apply(standing=secret)).types == ["IdentityChangeApplied"]


def test_when_the_secret_ends_first_the_holder_is_told_and_has_time() -> None:
    standing = after(order(until=days(3)))
    approved = ordered_sale(days(3)).after(approve(standing=standing))
    approved.when(apply(standing=standing)).then_refused("notice-missing")
    told = approved.after(_tell(standing=standing, at=days(5)))
    told.when(apply(standing=standing)).then_refused("still-contestable")
    assert told.when(apply(standing=standing, at=days(12))).types == ["IdentityChangeApplied"]


def test_the_holder_is_told_after_all_when_it_was_applied_in_secret() -> None:
    secret = after(order(until=days(20)))
    applied = ordered_sale(days(20)).after(approve(standing=secret), apply(standing=secret))
    told = applied.when(_tell(standing=secret, at=days(20)))
    assert told.types == ["ChangeNoticeGiven"]


def test_notices_go_to_contacts_that_predate_the_request() -> None:
    outcome = APPROVED.when(_tell(contacts=(0, 0), ticket=NOTICE))
    outcome.then(ChangeNoticeGiven(Means.MAIL, 1, (0,), NOTICE, days(7)))
    APPROVED.when(_tell(contacts=(1,))).then_refused("contact-predates")
    APPROVED.when(_tell(contacts=(-1,))).then_refused("contact-predates")
    DRAWN.when(_tell()).then_refused("change-not-approved")


def test_a_second_notice_gives_no_more_time() -> None:
    later = APPROVED.after(_tell(at=days(6)))
    assert later.state.contestable_until == days(7)
