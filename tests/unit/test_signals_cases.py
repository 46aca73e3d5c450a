"""Signals in a contract's own history: what is one, what stays silent, which events it names."""

import pytest
from unit.cast import NOW, uid
from unit.signals_cast import (
    DAY,
    THRESHOLDS,
    TICKET,
    change_requested,
    claim,
    history,
    named_person,
    refusal,
    worked,
)

from domain.contract.events import RightsRevoked
from domain.contract.ownership.events import AccessRestored
from domain.signals.cases import of_cases
from domain.signals.signal import Signal, SignalKind
from domain.ticket.events import TagAdded, TagRemoved


def signals(*events: tuple[float, object]) -> list[Signal]:
    return list(of_cases(history(*events), THRESHOLDS))


def test_claims_refused_again_are_a_signal_that_names_each_refusal() -> None:
    (found,) = signals((0, claim(1, 50)), (1, refusal(1)), (5, claim(2, 50)), (6, refusal(2)))
    assert found.kind is SignalKind.REPEATED_REFUSALS
    assert [(one.id, one.position, one.type) for one in found.events] == [
        (uid(2), 2, "ClaimRefused"),
        (uid(4), 4, "ClaimRefused"),
    ]
    assert (found.since, found.counted) == (NOW + 6 * DAY, 2)
    assert found.says == "2 claims were refused, at least 2 of them within 30 days."


@pytest.mark.parametrize(
    "refusals",
    [
        pytest.param([(0, 1)], id="a-single-one"),
        pytest.param([(0, 1), (31, 2)], id="far-apart"),
        pytest.param([(0, 1), (2, 1)], id="the-same-claim"),
    ],
)
def test_a_claim_that_was_refused_is_none_by_itself(refusals: list[tuple[float, int]]) -> None:
    assert signals(*((day, refusal(number)) for day, number in refusals)) == []


def test_a_period_is_counted_to_its_last_moment() -> None:
    (found,) = signals((0, refusal(1)), (30, refusal(2)))
    assert found.counted == 2


def test_refusals_that_go_on_are_one_signal_since_the_second() -> None:
    (found,) = signals(*((20 * n, refusal(n)) for n in range(4)))
    assert (found.since, found.counted, len(found.events)) == (NOW + 20 * DAY, 4, 4)


def test_refusals_years_apart_are_two_signals() -> None:
    first, second = signals(*((day, refusal(n)) for n, day in enumerate([0, 1, 800, 801])))
    assert [one.position for one in first.events] == [1, 2]
    assert [one.position for one in second.events] == [3, 4]


def test_many_claimants_at_once_are_a_signal() -> None:
    (found,) = signals((0, claim(1, 50)), (0.1, claim(2, 51)), (0.2, claim(3, 52)))
    assert found.kind is SignalKind.MANY_CLAIMANTS
    assert (found.counted, [one.position for one in found.events]) == (3, [1, 2, 3])
    assert found.since == NOW + 0.2 * DAY


def test_one_claimant_who_claims_again_and_again_is_not_many() -> None:
    assert signals(*((n, claim(n, 50)) for n in range(5))) == []


def test_claimants_over_a_year_are_not_many_at_once() -> None:
    assert signals(*((60 * n, claim(n, 50 + n)) for n in range(5))) == []


@pytest.mark.parametrize(
    "reset",
    [
        pytest.param(RightsRevoked(uid(4), None), id="rights-taken"),
        pytest.param(AccessRestored(uid(900), uid(4)), id="access-restored"),
    ],
)
def test_access_that_changed_shortly_before_a_request_is_a_signal(reset: object) -> None:
    (found,) = signals((0, reset), (3, change_requested()))
    assert found.kind is SignalKind.RESET_BEFORE_CHANGE
    assert [one.position for one in found.events] == [1, 2]
    assert (found.since, found.counted) == (NOW + 3 * DAY, 1)
    assert "In the 14 days before" in found.says


def test_another_person_who_can_sign_in_is_a_change_the_first_is_none() -> None:
    assert signals((0, named_person(4)), (1, change_requested())) == []
    (found,) = signals((0, named_person(4)), (1, named_person(5)), (2, change_requested()))
    assert [one.position for one in found.events] == [2, 3]


@pytest.mark.parametrize(
    "before",
    [
        pytest.param([(0, RightsRevoked(uid(4), None)), (15, change_requested())], id="long-ago"),
        pytest.param([(0, change_requested()), (1, RightsRevoked(uid(4), None))], id="after"),
        pytest.param(
            [(0, AccessRestored(uid(900), None)), (1, change_requested())], id="as-before"
        ),
        pytest.param(
            [(0, named_person(4)), (1, named_person(5, login=False)), (2, change_requested())],
            id="without-login",
        ),
        pytest.param([(0, worked()), (1, change_requested())], id="work-on-something-else"),
        pytest.param([(0, RightsRevoked(uid(4), None))], id="no-request"),
    ],
)
def test_what_gives_or_takes_no_access_before_a_request_stays_silent(
    before: list[tuple[float, object]],
) -> None:
    assert signals(*before) == []


def test_work_in_a_ticket_about_the_account_counts_as_a_reset() -> None:
    tagged = (0, TagAdded("account"))
    (found,) = signals(tagged, (1, worked()), (2, change_requested(TICKET)))
    assert [one.type for one in found.events] == ["WorkRecorded", "IdentityChangeRequested"]
    untagged = (1.5, TagRemoved("account"))
    assert signals(tagged, (1, worked()), untagged, (2, change_requested())) == []


def test_every_request_is_a_signal_of_its_own() -> None:
    found = signals(
        (0, RightsRevoked(uid(4), None)), (1, change_requested()), (2, change_requested())
    )
    assert [[one.position for one in each.events] for each in found] == [[1, 2], [1, 3]]
