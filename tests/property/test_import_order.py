"""The order in which a log is recorded: time first, nothing lost, nothing touched twice at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.importing.order import Entry, entries, in_time, waves
from domain.importing.rows import Case, Opening, Update

START = datetime(2020, 1, 1, tzinfo=UTC)


def case(number: int, contract: str | None, minutes: list[int]) -> Case:
    times = [START + timedelta(minutes=minute) for minute in sorted(minutes)]
    updates = [
        Update(line, line, at, actor=None, cells={}, columns={}) for line, at in enumerate(times, 1)
    ]
    opening = Opening(times[0], None, None, contract, None, None, None)
    return Case(f"case-{number}", opening, updates)


cases = st.lists(
    st.tuples(
        st.sampled_from(["K1", "K2", None]),
        st.lists(st.integers(0, 20), min_size=1, max_size=6),
    ),
    max_size=8,
).map(lambda found: [case(number, *one) for number, one in enumerate(found)])


def ordered(found: list[Case]) -> list[Entry]:
    return in_time(entry for one in found for entry in entries(one))


@given(cases, st.integers(1, 5))
def test_waves_hold_everything_once_in_the_order_of_time(found: list[Case], size: int) -> None:
    flat = [entry for wave in waves(ordered(found), size) for entry in wave]
    assert flat == ordered(found)
    assert [entry.at for entry in flat] == sorted(entry.at for entry in flat)
    assert len(flat) == sum(1 + len(one.updates) for one in found)


@given(cases)
def test_every_case_is_recorded_in_its_own_order(found: list[Case]) -> None:
    for one in found:
        own = [entry.ordinal for entry in ordered(found) if entry.case is one]
        assert own == [0, *(update.ordinal for update in one.updates)]


@given(cases, st.integers(1, 5))
def test_no_wave_is_too_large_or_touches_anything_twice(found: list[Case], size: int) -> None:
    for wave in waves(ordered(found), size):
        assert 0 < len(wave) <= size
        touched = [thing for entry in wave for thing in entry.touches]
        assert len(touched) == len(set(touched))
