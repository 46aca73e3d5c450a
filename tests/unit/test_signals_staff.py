"""The signal in what staff open: contracts on which nobody had asked anything."""

from datetime import timedelta

import pytest
from unit.cast import NOW, uid
from unit.signals_cast import DAY, THRESHOLDS

from domain.signals.signal import Named, Signal, SignalKind, span
from domain.signals.staff import Opening, opened_without_ticket
from domain.values import Role


def opening(number: int, contract: str, days: float, nearest: timedelta | None = None) -> Opening:
    at = NOW + days * DAY
    return Opening(Named(uid(number), number, "IdentityRead", at), contract, Role.AGENT, nearest)


def signals(*openings: Opening) -> list[Signal]:
    return list(opened_without_ticket(openings, THRESHOLDS))


def test_contracts_opened_without_a_ticket_are_a_signal_that_names_each_reading() -> None:
    (found,) = signals(*(opening(n, f"C-{n}", n) for n in range(1, 4)))
    assert found.kind is SignalKind.OPENED_WITHOUT_TICKET
    assert (found.counted, found.since, found.labels) == (3, NOW + 3 * DAY, ("agent",))
    assert [(one.position, one.type) for one in found.events] == [
        (1, "IdentityRead"),
        (2, "IdentityRead"),
        (3, "IdentityRead"),
    ]


def test_a_ticket_near_in_time_is_a_reason() -> None:
    with_ticket = opening(3, "C-3", 3, nearest=10 * DAY)
    assert signals(opening(1, "C-1", 1), opening(2, "C-2", 2), with_ticket) == []


def test_a_ticket_of_another_year_is_none() -> None:
    long_ago = opening(3, "C-3", 3, nearest=10 * DAY + timedelta(microseconds=1))
    (found,) = signals(opening(1, "C-1", 1), opening(2, "C-2", 2), long_ago)
    assert found.counted == 3


def test_one_contract_opened_often_is_not_many() -> None:
    assert signals(*(opening(n, "C-1", n) for n in range(1, 9))) == []


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (DAY, "day"),
        (90 * DAY, "90 days"),
        (timedelta(seconds=90), "90 seconds"),
        (DAY + timedelta(seconds=1), "86401 seconds"),
    ],
)
def test_a_period_reads_as_days_where_it_is_days(period: timedelta, words: str) -> None:
    assert span(period) == words
