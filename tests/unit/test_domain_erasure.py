"""What may be erased, what has to stay and until when; who releases a legal hold."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from unit.cast import (
    AGENT,
    COLLEAGUE,
    CUSTOMER,
    NOW,
    REASON,
    SYSTEM,
    ask,
    identity,
    opening,
    uid,
)
from unit.ownership_cast import registration
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.commands import (
    CloseContract,
    ConfirmHoldRelease,
    NamePerson,
    PlaceLegalHold,
    RequestHoldRelease,
    RevokeRights,
)
from domain.contract.events import (
    Authority,
    Ending,
    LegalHoldPlaced,
    LegalHoldReleased,
    LegalHoldReleaseRequested,
    Right,
)
from domain.erasure import (
    REVIEW,
    Basis,
    CompleteErasure,
    EraseSubject,
    Kept,
    KeysDestroyed,
    Limitation,
    SubjectErased,
)
from domain.errors import NotFound
from domain.ledger import LEDGER
from domain.limits import HOLDS_PER_CONTRACT
from domain.ticket import TICKET
from domain.ticket.commands import EraseMessage
from domain.ticket.events import MessageErased
from domain.values import Purpose

HOLDER, ANN, STRANGER = uid(40), uid(41), uid(49)
HOLD, ERASURE = uid(70), uid(71)
ALL = tuple(Purpose)
IDENTITY, CORRESPONDENCE, ADDRESS = Purpose.IDENTITY, Purpose.CORRESPONDENCE, Purpose.ADDRESS
PERIODS = (Limitation(IDENTITY, 10), Limitation(CORRESPONDENCE, 30), Limitation(ADDRESS, 0))


def erase(subject: UUID = HOLDER, *purposes: Purpose, **fields: Any) -> EraseSubject:
    usual = {
        "erasure": ERASURE,
        "subject": subject,
        "purposes": purposes or (CORRESPONDENCE,),
        "basis": Basis.DATA_SUBJECT_REQUEST,
        "limitation": PERIODS,
        "held": frozenset(Purpose),
    }
    return ask(EraseSubject, **{**usual, **fields})


def erased(*purposes: Purpose, kept: tuple[Kept, ...] = (), **fields: Any) -> SubjectErased:
    asked = {*purposes, *(one.purpose for one in kept)}
    usual = {
        "erasure": ERASURE,
        "subject": HOLDER,
        "contract": "C-1",
        "purposes": purposes,
        "kept": kept,
        "basis": Basis.DATA_SUBJECT_REQUEST,
        "limitation": tuple(one for one in PERIODS if one.purpose in asked),
    }
    return SubjectErased(**{**usual, **fields})


def hold(number: int = 0, **fields: Any) -> PlaceLegalHold:
    usual = {
        "hold": UUID(int=HOLD.int + number * 1000),
        "authority": Authority.COURT,
        "reference": REASON,
        "review_at": NOW + timedelta(days=90),
    }
    return ask(PlaceLegalHold, **{**usual, **fields})


REGISTER = registration()
NAME = ask(NamePerson, person=ANN, name=identity("Ann Ode"), login=None, rights=(Right.READ,))
CLOSE = ask(CloseContract, ending=Ending.EXPIRED)
LIVE = given(CONTRACT).after(REGISTER, NAME)
ENDED = LIVE.after(CLOSE)
HELD = LIVE.after(hold())


def days(number: int) -> datetime:
    return NOW + timedelta(days=number)


# What may go


def test_what_was_written_goes_while_the_contract_lives() -> None:
    LIVE.when(erase()).then(erased(CORRESPONDENCE))


def test_the_identity_of_a_live_contract_stays_and_the_rest_goes() -> None:
    stays = Kept(IDENTITY, "contract-live", NOW + REVIEW)
    LIVE.when(erase(HOLDER, IDENTITY, CORRESPONDENCE)).then(erased(CORRESPONDENCE, kept=(stays,)))


def test_nothing_happens_when_all_of_it_has_to_stay_and_dates_are_told() -> None:
    refused = LIVE.when(erase(HOLDER, IDENTITY))
    refused.then_refused("contract-live")
    assert f"{NOW + REVIEW:%Y-%m-%d}" in str(refused.error)


def test_the_identity_of_a_person_without_rights_goes() -> None:
    LIVE.when(erase(ANN, IDENTITY)).then_refused("contract-live")
    gone = LIVE.after(ask(RevokeRights, person=ANN, reason=None))
    gone.when(erase(ANN, IDENTITY)).then(erased(IDENTITY, subject=ANN))


def test_after_the_end_data_stays_for_its_period_from_the_end() -> None:
    asked = erase(HOLDER, IDENTITY, CORRESPONDENCE, ended_at=days(-20))
    stays = Kept(CORRESPONDENCE, "limitation-running", days(10))
    ENDED.when(asked).then(erased(IDENTITY, kept=(stays,)))


@pytest.mark.parametrize(("ago", "goes"), [(29, False), (30, True), (31, True)])
def test_a_period_ends_to_the_day(ago: int, *, goes: bool) -> None:
    outcome = ENDED.when(erase(HOLDER, CORRESPONDENCE, ended_at=days(-ago)))
    if goes:
        outcome.then(erased(CORRESPONDENCE))
    else:
        outcome.then_refused("limitation-running")


def test_an_end_that_is_not_known_yet_is_now() -> None:
    ENDED.when(erase(HOLDER, CORRESPONDENCE)).then_refused("limitation-running")


def test_the_addresses_of_all_go_with_the_holder_alone() -> None:
    LIVE.when(erase(ANN, ADDRESS)).then_refused("addresses-of-all")
    LIVE.when(erase(HOLDER, ADDRESS)).then(erased(ADDRESS))


def test_only_purposes_for_which_something_is_held_are_erased() -> None:
    asked = erase(HOLDER, *ALL, held=frozenset({CORRESPONDENCE, IDENTITY}), ended_at=days(-99))
    outcome = ENDED.when(asked)
    assert [type(one) for one in outcome.events] == [SubjectErased]
    assert outcome.events[0].purposes == (IDENTITY, CORRESPONDENCE)


def test_the_basis_and_the_periods_are_part_of_the_decision() -> None:
    outcome = LIVE.when(erase(basis=Basis.CONSENT_WITHDRAWN))
    assert outcome.events[0].basis is Basis.CONSENT_WITHDRAWN
    assert outcome.events[0].limitation == (Limitation(CORRESPONDENCE, 30),)


def test_somebody_of_whom_nothing_is_held_is_not_found() -> None:
    nothing = frozenset({ADDRESS})
    LIVE.when(erase(STRANGER, held=nothing)).then_raises(NotFound)
    LIVE.when(erase(HOLDER, ADDRESS, held=nothing)).then(erased(ADDRESS))
    given(CONTRACT).when(erase()).then_raises(NotFound)


def test_a_purpose_has_to_be_named() -> None:
    LIVE.when(erase(purposes=())).then_refused("purpose-required")


def test_one_erasure_of_a_person_is_carried_out_before_the_next() -> None:
    first = LIVE.after(erase())
    first.when(erase(erasure=uid(72))).then_refused("erasure-under-way")
    first.when(erase(ANN, erasure=uid(72))).then(
        erased(CORRESPONDENCE, subject=ANN, erasure=uid(72))
    )
    done = first.after(ask(CompleteErasure, by=SYSTEM, erasure=ERASURE))
    done.when(erase(erasure=uid(72))).then(erased(CORRESPONDENCE, erasure=uid(72)))


def test_what_went_before_is_not_erased_again() -> None:
    done = LIVE.after(erase(), ask(CompleteErasure, by=SYSTEM, erasure=ERASURE))
    done.when(erase(held=frozenset(), erasure=uid(72))).then_nothing()


def test_an_erasure_is_completed_once() -> None:
    begun = LIVE.after(erase())
    completing = ask(CompleteErasure, by=SYSTEM, erasure=ERASURE)
    begun.when(completing).then(KeysDestroyed(ERASURE))
    begun.after(completing).when(completing).then_nothing()
    LIVE.when(completing).then_nothing()


# Legal holds


def test_under_a_legal_hold_nothing_goes() -> None:
    LIVE.when(hold()).then(LegalHoldPlaced(HOLD, Authority.COURT, REASON, days(90)))
    refused = HELD.when(erase(HOLDER, *ALL))
    refused.then_refused("legal-hold")
    assert f"{days(90):%Y-%m-%d}" in str(refused.error)


def test_the_last_review_of_several_holds_counts() -> None:
    several = HELD.after(hold(1, review_at=days(200)), hold(2, review_at=days(5)))
    assert f"{days(200):%Y-%m-%d}" in str(several.when(erase()).error)


def test_a_hold_outlives_the_contract_and_may_be_placed_after_its_end() -> None:
    late = ENDED.after(hold())
    late.when(erase(HOLDER, CORRESPONDENCE, ended_at=days(-999))).then_refused("legal-hold")


def test_a_release_takes_two_people() -> None:
    HELD.when(ask(ConfirmHoldRelease, hold=HOLD)).then_refused("release-not-requested")
    asking = ask(RequestHoldRelease, hold=HOLD, reason=REASON)
    HELD.when(asking).then(LegalHoldReleaseRequested(HOLD, AGENT.id, REASON))
    asked = HELD.after(asking)
    asked.when(asking).then_nothing()
    asked.when(ask(ConfirmHoldRelease, hold=HOLD)).then_refused("second-person-required")
    asked.when(erase()).then_refused("legal-hold")
    confirming = ask(ConfirmHoldRelease, by=COLLEAGUE, hold=HOLD)
    asked.when(confirming).then(LegalHoldReleased(HOLD, AGENT.id, COLLEAGUE.id))
    asked.after(confirming).when(erase()).then(erased(CORRESPONDENCE))


def test_who_asked_last_does_not_confirm() -> None:
    both = HELD.after(
        ask(RequestHoldRelease, hold=HOLD, reason=REASON),
        ask(RequestHoldRelease, by=COLLEAGUE, hold=HOLD, reason=REASON),
    )
    both.when(ask(ConfirmHoldRelease, by=COLLEAGUE, hold=HOLD)).then_refused(
        "second-person-required"
    )
    assert both.when(ask(ConfirmHoldRelease, hold=HOLD)).types == ["LegalHoldReleased"]


def test_one_hold_remains_when_another_is_released() -> None:
    several = HELD.after(
        hold(1),
        ask(RequestHoldRelease, hold=HOLD, reason=REASON),
        ask(ConfirmHoldRelease, by=COLLEAGUE, hold=HOLD),
    )
    several.when(erase()).then_refused("legal-hold")
    assert len(several.state.holds) == 1


def test_holds_are_told_apart_and_bounded() -> None:
    HELD.when(hold()).then_refused("hold-already-there")
    LIVE.when(hold(review_at=NOW)).then_refused("review-in-future")
    for command in (
        ask(RequestHoldRelease, hold=STRANGER, reason=REASON),
        ask(ConfirmHoldRelease, hold=STRANGER),
    ):
        HELD.when(command).then_refused("hold-unknown")
    many = LIVE.after(*(hold(number) for number in range(HOLDS_PER_CONTRACT)))
    many.when(hold(HOLDS_PER_CONTRACT)).then_refused("too-many")


# Data under no contract


NOWHERE = given(LEDGER)


def test_data_under_no_contract_is_erased_in_the_ledgers_stream() -> None:
    NOWHERE.when(erase()).then(erased(CORRESPONDENCE, contract=None))


def test_the_identity_of_staff_stays_until_they_leave() -> None:
    NOWHERE.when(erase(HOLDER, IDENTITY, employed=True)).then_refused("on-the-staff")
    NOWHERE.when(erase(HOLDER, IDENTITY)).then(erased(IDENTITY, contract=None))


def test_addresses_under_no_contract_stay() -> None:
    NOWHERE.when(erase(HOLDER, ADDRESS)).then_refused("addresses-of-all")


def test_the_ledger_completes_erasures_too() -> None:
    begun = NOWHERE.after(erase())
    completing = ask(CompleteErasure, by=SYSTEM, erasure=ERASURE)
    begun.when(completing).then(KeysDestroyed(ERASURE))
    begun.after(completing).when(completing).then_nothing()


# Messages


EVENT = uid(80)


def message(*purposes: Purpose, **fields: Any) -> EraseMessage:
    usual = {
        "erasure": ERASURE,
        "event": EVENT,
        "purposes": purposes or (CORRESPONDENCE,),
        "basis": Basis.UNLAWFUL_PROCESSING,
    }
    return ask(EraseMessage, **{**usual, **fields})


TICKETED: Given = given(TICKET).after(opening())


def test_one_event_is_erased_once() -> None:
    said = MessageErased(ERASURE, EVENT, (CORRESPONDENCE,), Basis.UNLAWFUL_PROCESSING)
    TICKETED.when(message()).then(said)
    again = TICKETED.after(message())
    again.when(message(erasure=uid(72))).then_nothing()
    more = again.when(message(CORRESPONDENCE, ADDRESS, erasure=uid(72)))
    assert more.events[0].purposes == (ADDRESS,)


def test_an_erased_message_is_completed_once() -> None:
    begun = TICKETED.after(message())
    completing = ask(CompleteErasure, by=SYSTEM, erasure=ERASURE)
    begun.when(completing).then(KeysDestroyed(ERASURE))
    begun.after(completing).when(completing).then_nothing()


def test_an_event_that_holds_nothing_is_not_erased() -> None:
    TICKETED.when(message(purposes=())).then_refused("nothing-sealed")
    TICKETED.when(message(by=CUSTOMER)).then_refused("staff-only")
    given(TICKET).when(message()).then_raises(NotFound)
