"""What a dispute stops, what it comes to, who decides that, and how it ends."""

from typing import Any

import pytest
from unit.cast import ask, said, uid
from unit.dispute_cast import (
    CLAIMED,
    CLOSED,
    CONFIRMED,
    CONTRACTOR,
    DEPARTED,
    DEPARTURE,
    DETERMINATION,
    DETERMINED,
    ENQUIRY,
    FREEZE,
    HANDLER,
    OPENED,
    OTHER_CLAIM,
    RIVAL,
    SECOND_HANDLER,
    SUSPENSION,
    WHY,
    checked,
    claim,
    close,
    confirm,
    depart,
    depart_too,
    determine,
    doubted,
    freeze,
    held,
    refuse,
    unclear,
)
from unit.ownership_cast import (
    ASKER,
    BOSS,
    BUYER,
    CHANGE,
    CHECKER,
    HOLDER,
    JOINT,
    bought,
    person,
    registration,
    specialist,
    standing,
    visit,
)
from unit.spec import given

from domain.contract import CONTRACT
from domain.contract.ownership.events import DoubtSettled, IdentityChanged
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    Doubt,
    FreezeGround,
    Settlement,
    Together,
)
from domain.dispute.commands import (
    ConfirmServiceSuspension,
    ProposeServiceSuspension,
    ResumeService,
)
from domain.dispute.events import (
    DepartureConfirmed,
    DepartureProposed,
    DeterminationConfirmed,
    DeterminationMade,
    DisputeClosed,
    FreezeOrdered,
    ServiceResumed,
    ServiceSuspensionConfirmed,
    ServiceSuspensionProposed,
)
from domain.dispute.vocabulary import Closing, Outcome
from domain.errors import Malformed
from domain.identity.answer import Unclear
from domain.values import Actor, ActorKind, Assurance, Role

PROPOSE = ask(ProposeServiceSuspension, by=HANDLER, suspension=SUSPENSION, reason=WHY)
RESUME = ask(ResumeService, by=ASKER, suspension=SUSPENSION, reason=WHY)
SOLD = IdentityChanged(2, CHANGE, ChangeKind.TRANSFER, (bought(),), None, 1)


def suspend(by: Actor = SECOND_HANDLER) -> ConfirmServiceSuspension:
    return ask(ConfirmServiceSuspension, by=by, suspension=SUSPENSION)


def keyed(person_: Actor) -> Actor:
    """The same member of the staff, by an API key."""
    return Actor(ActorKind.STAFF, person_.id, person_.role, uid(98), "local", Assurance.API_KEY)


def other_token(person_: Actor) -> Actor:
    """The same member of the staff, signed in elsewhere and in another role."""
    return Actor(
        ActorKind.STAFF, person_.id, Role.SUPERVISOR, uid(97), "other", Assurance.INTERACTIVE
    )


# What it stops


def test_somebody_decides_on_a_freeze() -> None:
    state = CLAIMED.when(freeze()).then(FreezeOrdered(FREEZE, HANDLER.id, FreezeGround.HOLDER_ASKS))
    assert state.freezes.get(FREEZE) == HANDLER.id


def test_a_claim_alone_freezes_nothing() -> None:
    several = freeze(ground=FreezeGround.SEVERAL_CLAIMANTS)
    OPENED.when(several).then_refused("freeze-grounded")
    CLAIMED.when(several).then_refused("freeze-grounded")
    CLAIMED.after(claim(OTHER_CLAIM)).when(several).then_refused("freeze-grounded")
    assert CLAIMED.after(claim(OTHER_CLAIM, RIVAL)).when(several).types == ["FreezeOrdered"]


def test_a_freeze_is_placed_once_and_on_a_known_contract() -> None:
    ENQUIRY.when(freeze()).then_refused("dispute-unattached")
    OPENED.after(freeze()).when(freeze()).then_refused("freeze-exists")


def test_the_service_is_suspended_by_two_people() -> None:
    asked = CLAIMED.when(PROPOSE)
    state = asked.then(ServiceSuspensionProposed(SUSPENSION, HANDLER.id, WHY))
    assert not state.suspension.confirmed
    state = (
        CLAIMED.after(PROPOSE)
        .when(suspend())
        .then(ServiceSuspensionConfirmed(SUSPENSION, SECOND_HANDLER.id))
    )
    assert state.suspension.confirmed


@pytest.mark.parametrize("by", [HANDLER, other_token(HANDLER)], ids=["same", "other token"])
def test_nobody_suspends_the_service_alone(by: Actor) -> None:
    CLAIMED.after(PROPOSE).when(suspend(by)).then_refused("second-person-required")


def test_an_api_key_suspends_nothing() -> None:
    CLAIMED.after(PROPOSE).when(suspend(keyed(SECOND_HANDLER))).then_refused("interactive-required")


def test_a_freeze_leaves_the_service_alone() -> None:
    assert CLAIMED.after(freeze()).state.suspension is None


def test_the_service_goes_on_at_one_persons_word() -> None:
    suspended = CLAIMED.after(PROPOSE, suspend())
    assert suspended.when(RESUME).then(ServiceResumed(SUSPENSION, WHY)).suspension is None
    CLAIMED.after(PROPOSE, RESUME).when(suspend()).then_refused("suspension-unknown")
    CLAIMED.when(RESUME).then_refused("suspension-unknown")
    CLAIMED.when(suspend()).then_refused("suspension-unknown")
    asked = ask(ResumeService, by=ASKER, suspension=uid(741), reason=WHY)
    suspended.when(asked).then_refused("suspension-unknown")


def test_the_service_is_suspended_once() -> None:
    ENQUIRY.when(PROPOSE).then_refused("dispute-unattached")
    suspended = CLAIMED.after(PROPOSE, suspend())
    suspended.when(PROPOSE).then_refused("service-suspended")
    suspended.when(suspend(BOSS)).then_refused("service-suspended")


# What it comes to


def test_a_determination_repeats_what_the_history_says() -> None:
    made = DeterminationMade(DETERMINATION, 9, Outcome.HOLDER, (HOLDER,), None, 1, None, (uid(1),))
    assert CLAIMED.when(determine()).then(made).determination.holders == (HOLDER,)


def test_undetermined_says_why_and_with_whom_it_goes_on() -> None:
    dead = standing(doubted())
    made = DeterminationMade(
        DETERMINATION,
        9,
        Outcome.UNDETERMINED,
        (HOLDER,),
        Unclear.DECEASED,
        1,
        None,
        (uid(1), uid(2)),
    )
    CLAIMED.when(determine(unclear(), standing=dead)).then(made)


def test_an_account_without_identity_is_undetermined() -> None:
    nobody = standing(since=given(CONTRACT))
    none = unclear(Unclear.NO_IDENTITY)
    answer = type(none)(none.reason, (), none.rests_on)
    assert CLAIMED.when(determine(answer, standing=nobody)).types == ["DeterminationMade"]
    CLAIMED.when(determine(answer)).then_refused("determination-outdated")


def test_an_id_names_one_determination_of_a_known_contract() -> None:
    ENQUIRY.when(determine()).then_refused("dispute-unattached")
    DETERMINED.when(determine()).then_refused("determination-exists")
    assert DETERMINED.when(determine(number=uid(721))).types == ["DeterminationMade"]


@pytest.mark.parametrize(
    ("answer", "events"),
    [
        (held(BUYER), ()),
        (held(), (SOLD,)),
        (held(), (doubted(),)),
        (unclear(), ()),
        (unclear(Unclear.DISSOLVED), (doubted(),)),
        (held(HOLDER, JOINT), ()),
        (unclear(Unclear.NOT_REGISTERED), ()),
    ],
    ids=["another", "sold since", "died since", "alive", "other doubt", "one more", "unknown"],
)
def test_what_the_contract_does_not_say_is_not_determined(answer: Any, events: Any) -> None:
    outcome = CLAIMED.when(determine(answer, standing=standing(*events)))
    outcome.then_refused("determination-outdated")


def test_the_first_open_doubt_is_the_reason() -> None:
    both = standing(doubted(), doubted(Doubt.NO_PROVEN_AUTHORITY))
    assert CLAIMED.when(determine(unclear(), standing=both)).types == ["DeterminationMade"]


def test_a_person_confirms_the_last_determination_once() -> None:
    fact = DeterminationConfirmed(DETERMINATION, HANDLER.id)
    assert DETERMINED.when(confirm()).then(fact).determination.confirmed
    CONFIRMED.when(confirm()).then_refused("determination-confirmed")
    CLAIMED.when(confirm()).then_refused("determination-unknown")
    again = DETERMINED.after(determine(number=uid(721)))
    again.when(confirm()).then_refused("determination-unknown")
    assert not CONFIRMED.after(determine(number=uid(721))).state.determination.confirmed


def test_what_changed_since_is_not_confirmed() -> None:
    DETERMINED.when(confirm(standing=standing(SOLD))).then_refused("determination-outdated")
    DETERMINED.when(confirm(standing=standing(doubted()))).then_refused("determination-outdated")
    settled = DoubtSettled(uid(70), Settlement.MISTAKEN, None, WHY)
    assert DETERMINED.when(confirm(standing=standing(doubted(), settled))).types


@pytest.mark.parametrize("role", [one for one in Role if one not in (Role.CUSTOMER, Role.SERVICE)])
@pytest.mark.parametrize("command", [confirm, depart], ids=["confirm", "depart"])
def test_dispute_handlers_and_supervisors_decide(command: Any, role: Role) -> None:
    outcome = DETERMINED.when(command(by=specialist(20, role)))
    if role in (Role.DISPUTE_HANDLER, Role.SUPERVISOR):
        assert outcome.types
    else:
        outcome.then_refused("dispute-by-handlers")


@pytest.mark.parametrize("command", [confirm, depart], ids=["confirm", "depart"])
def test_an_api_key_decides_nothing(command: Any) -> None:
    DETERMINED.when(command(by=keyed(HANDLER))).then_refused("interactive-required")
    asked = DETERMINED.after(depart())
    asked.when(depart_too(by=keyed(SECOND_HANDLER))).then_refused("interactive-required")


# Departing from it


def test_two_people_depart_and_say_why() -> None:
    asked = DepartureProposed(
        DETERMINATION, DEPARTURE, HANDLER.id, Outcome.HOLDER, (CONTRACTOR,), None, WHY
    )
    DETERMINED.when(depart(CONTRACTOR)).then(asked)
    fact = DepartureConfirmed(DEPARTURE, SECOND_HANDLER.id)
    state = DETERMINED.after(depart(CONTRACTOR)).when(depart_too()).then(fact)
    assert (state.departure.confirmed, state.departed) == (True, (DEPARTURE, 1))
    DETERMINED.when(depart(CONTRACTOR, reason=said(" "))).then_raises(Malformed)


@pytest.mark.parametrize("by", [HANDLER, other_token(HANDLER)], ids=["same", "other token"])
def test_nobody_departs_alone(by: Actor) -> None:
    asked = DETERMINED.after(depart(CONTRACTOR))
    asked.when(depart_too(by=by)).then_refused("second-person-required")


def test_whoever_checked_a_claim_departs_from_nothing() -> None:
    by = [specialist(one.id.int & 0xFF, Role.SUPERVISOR) for one in (CHECKER,)]
    assert by[0].id == CHECKER.id
    seen = CLAIMED.after(checked(visit(1, CONTRACTOR)), refuse(), determine())
    seen.when(depart(CONTRACTOR, by=by[0])).then_refused("departure-by-checker")
    asked = seen.after(depart(CONTRACTOR))
    asked.when(depart_too(by=by[0])).then_refused("departure-by-checker")
    assert asked.when(depart_too()).types == ["DepartureConfirmed"]


@pytest.mark.parametrize(
    ("command", "rule"),
    [
        (depart(HOLDER), "departure-differs"),
        (depart(HOLDER, HOLDER, together=Together.ANY), "holder-named-twice"),
        (depart(BUYER), "holder-unknown"),
        (depart(CONTRACTOR, outcome=Outcome.UNDETERMINED), "departure-names-holders"),
        (depart(outcome=Outcome.HOLDER), "departure-names-holders"),
        (depart(HOLDER, CONTRACTOR), "joint-any-or-all"),
        (depart(CONTRACTOR, determination=uid(721)), "determination-unknown"),
        (depart(CONTRACTOR, standing=standing(SOLD)), "determination-outdated"),
        (depart(*(uid(3000 + n) for n in range(11)), together=Together.ANY), "too-many"),
    ],
)
def test_a_departure_says_something_else_and_something_possible(command: Any, rule: str) -> None:
    DETERMINED.when(command).then_refused(rule)


def test_undetermined_is_departed_from_by_naming_somebody() -> None:
    dead = standing(doubted())
    unsure = CLAIMED.after(determine(unclear(), standing=dead))
    unsure.when(depart(standing=dead)).then_refused("departure-differs")
    assert unsure.when(depart(HOLDER, standing=dead)).types == ["DepartureProposed"]
    both = depart(HOLDER, CONTRACTOR, together=Together.ALL, standing=dead)
    assert unsure.when(both).types == ["DepartureProposed"]


def test_only_the_last_departure_that_was_asked_for_is_confirmed() -> None:
    DETERMINED.when(depart_too()).then_refused("departure-unknown")
    two = DETERMINED.after(depart(CONTRACTOR), depart(departure=uid(731), by=BOSS))
    two.when(depart_too()).then_refused("departure-unknown")
    two.when(depart(CONTRACTOR)).then_refused("departure-exists")
    anew = DETERMINED.after(depart(CONTRACTOR), determine(number=uid(721)))
    anew.when(depart_too()).then_refused("departure-unknown")
    stale = DETERMINED.after(depart(CONTRACTOR))
    stale.when(depart_too(standing=standing(SOLD))).then_refused("determination-outdated")


def test_after_a_departure_only_a_determination_that_follows_it_goes_on() -> None:
    for command in (depart_too(), depart(departure=uid(731)), confirm()):
        DEPARTED.when(command).then_refused("departure-confirmed")
    DEPARTED.when(determine(number=uid(721))).then_refused("determination-outdated")
    follows = held(CONTRACTOR, departure=DEPARTURE)
    after = DEPARTED.after(determine(follows, uid(721)))
    assert after.when(confirm(uid(721))).types == ["DeterminationConfirmed"]
    back = depart(HOLDER, determination=uid(721), departure=uid(731))
    assert after.when(back).types == ["DepartureProposed"]
    twice = after.after(back, depart_too(uid(731)))
    twice.when(determine(follows, uid(722))).then_refused("determination-outdated")
    elsewhere = held(RIVAL, departure=uid(739))
    assert twice.when(determine(elsewhere, uid(722))).types == ["DeterminationMade"]
    sold = standing(SOLD)
    DEPARTED.when(determine(follows, uid(722), standing=sold)).then_refused(
        "determination-outdated"
    )
    assert after.when(determine(held(BUYER, version=2), uid(722), standing=sold)).types
    after.when(confirm(uid(721), standing=sold)).then_refused("determination-outdated")


# How it ends


@pytest.mark.parametrize("closing", [Closing.AGREED, Closing.ORDERED, Closing.DETERMINED])
def test_an_outcome_is_confirmed_or_departed_from_by_people(closing: Closing) -> None:
    DETERMINED.when(close(closing)).then_refused("determination-missing")
    CLAIMED.after(refuse()).when(close(closing)).then_refused("determination-missing")
    anew = CONFIRMED.after(determine(number=uid(721)))
    anew.when(close(closing)).then_refused("determination-missing")
    asked = DETERMINED.after(depart(CONTRACTOR))
    asked.when(close(closing)).then_refused("determination-missing")
    assert CONFIRMED.when(close(closing)).then(DisputeClosed(closing, HANDLER.id, WHY)).closed
    assert DEPARTED.when(close(closing)).types == ["DisputeClosed"]


@pytest.mark.parametrize("closing", [Closing.WITHDRAWN, Closing.NO_CASE])
def test_without_a_case_nobody_has_to_know_the_holder(closing: Closing) -> None:
    assert ENQUIRY.when(close(closing)).types == ["DisputeClosed"]
    assert CLAIMED.after(refuse()).when(close(closing)).types == ["DisputeClosed"]


@pytest.mark.parametrize("closing", Closing)
def test_every_claim_is_decided_first(closing: Closing) -> None:
    CONFIRMED.after(claim(OTHER_CLAIM)).when(close(closing)).then_refused("claim-undecided")


def test_the_service_goes_on_before_the_dispute_is_over() -> None:
    CONFIRMED.after(PROPOSE, suspend()).when(close()).then_refused("service-suspended")
    assert CONFIRMED.after(PROPOSE).when(close()).types == ["DisputeClosed"]
    assert CONFIRMED.after(PROPOSE, suspend(), RESUME).when(close()).types == ["DisputeClosed"]


@pytest.mark.parametrize(
    "command",
    [close(), determine(number=uid(721)), confirm(), depart(CONTRACTOR), freeze(), PROPOSE],
)
def test_nothing_more_happens_when_it_is_over(command: Any) -> None:
    CLOSED.when(command).then_refused("dispute-closed")


def test_joint_holders_are_determined_in_any_order() -> None:
    two = given(CONTRACT).after(registration(joint=(person(JOINT),), together=Together.ANY))
    both = standing(since=two)
    answer = held(JOINT, HOLDER, together=Together.ANY)
    assert CLAIMED.when(determine(answer, standing=both)).types == ["DeterminationMade"]
