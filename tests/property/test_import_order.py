"""The order in which a log is recorded: time first, nothing lost, nothing touched twice at once."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from domain.importing.order import Entry, contracts, entries, in_time, stretches
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


def chain_entries(stretch: tuple[tuple[Entry, ...], ...]) -> list[Entry]:
    return [entry for chain in stretch for entry in chain]


@given(cases)
def test_everything_is_there_once_in_the_order_of_time(found: list[Case]) -> None:
    times = [entry.at for entry in ordered(found)]
    assert times == sorted(times)
    assert len(times) == sum(1 + len(one.updates) for one in found)


@given(cases, st.integers(1, 5))
def test_stretches_hold_everything_once_and_keep_its_place(found: list[Case], size: int) -> None:
    everything = ordered(found)
    for number, stretch in enumerate(stretches(everything, size)):
        part = everything[number * size : (number + 1) * size]
        assert sorted(map(id, chain_entries(stretch))) == sorted(map(id, part))
    assert sum(1 for _ in stretches(everything, size)) == -(-len(everything) // size)


@given(cases)
def test_every_case_is_recorded_in_its_own_order(found: list[Case]) -> None:
    for one in found:
        own = [entry.ordinal for entry in ordered(found) if entry.case is one]
        assert own == [0, *(update.ordinal for update in one.updates)]


@given(cases, st.integers(1, 5))
def test_a_case_is_recorded_by_one_alone_and_in_order(found: list[Case], size: int) -> None:
    for stretch in stretches(ordered(found), size):
        names = [chain[0].case.reference for chain in stretch]
        assert len(names) == len(set(names))
        for chain in stretch:
            assert {entry.case.reference for entry in chain} == {chain[0].case.reference}
            ordinals = [entry.ordinal for entry in chain]
            assert ordinals == sorted(ordinals)


@given(cases)
def test_a_contract_is_registered_with_the_first_case_that_opens_under_it(
    found: list[Case],
) -> None:
    first = contracts(ordered(found))
    assert set(first) == {one.opening.contract for one in found} - {None}
    for number, entry in first.items():
        times = [one.opening.at for one in found if one.opening.contract == number]
        assert entry.at == min(times)
