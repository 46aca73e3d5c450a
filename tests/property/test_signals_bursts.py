"""Runs of events that lie close together, against the rule said the slow way."""

from datetime import timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from unit.cast import NOW

from domain.signals.bursts import Counted, bursts
from domain.signals.signal import Named

WITHIN = timedelta(days=3)
EVENTS = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 3)), max_size=12)


def counted(drawn: list[tuple[int, int]]) -> list[Counted]:
    return [
        Counted(of, Named(UUID(int=place), place, "ClaimReceived", NOW + timedelta(days=day)))
        for place, (day, of) in enumerate(drawn, 1)
    ]


@given(drawn=EVENTS, least=st.integers(1, 4))
def test_an_event_is_in_a_run_exactly_when_enough_lies_around_it(
    drawn: list[tuple[int, int]], least: int
) -> None:
    events = counted(drawn)
    windows = [
        [one for one in events if last.event.at - WITHIN <= one.event.at <= last.event.at]
        for last in events
    ]
    wanted = {
        one.event
        for window in windows
        if len({each.of for each in window}) >= least
        for one in window
    }
    found = [*bursts(events, least, WITHIN)]
    named = [one.event for burst in found for one in burst.events]
    assert set(named) == wanted
    assert len(named) == len(wanted), "an event is in one run"
    assert all(burst.different >= least for burst in found)
