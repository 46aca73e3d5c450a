"""Whatever another system's log says, it is taken over as it stands there."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from unit.cast import OTHER_LOG, ask, said, uid

from domain.ticket import TICKET
from domain.ticket.commands import ImportRow
from domain.ticket.events import Cause, Channel, Priority, Status, StatusChanged

ROWS = st.lists(
    st.fixed_dictionaries(
        {},
        optional={
            "priority": st.sampled_from(Priority),
            "status": st.sampled_from(sorted(set(Status) - {Status.REOPENED})),
            "reopenings": st.integers(0, 2),
            "reassignments": st.integers(0, 4),
            "team": st.integers(1, 3).map(uid),
            "assignee": st.integers(4, 6).map(uid),
            "columns": st.just(said("{}")),
        },
    ),
    min_size=1,
    max_size=20,
)


def _row(ordinal: int, **told: Any) -> ImportRow:
    return ask(
        ImportRow,
        by=OTHER_LOG,
        row=ordinal,
        number="000-013",
        reference="INC1",
        contract="SN-1",
        requester=uid(4),
        language="en",
        channel=Channel.PHONE,
        **told,
    )


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_every_row_leaves_a_trace_and_the_last_word_stands(rows: list[dict[str, Any]]) -> None:
    state, events = TICKET.initial, []
    last: dict[str, Any] = {
        "status": Status.NEW,
        "reassignments": 0,
        "team": None,
        "assignee": None,
    }
    for ordinal, told in enumerate(rows, 1):
        news = TICKET.decide(state, _row(ordinal, **told))
        assert news
        for event in news:
            state = TICKET.evolve(state, event)
        events.extend(news)
        last.update(told)
        reopened_last = told.get("reopenings") and "status" not in told
        last["status"] = Status.REOPENED if reopened_last else last["status"]
        assert state.status is last["status"]
        assert state.elsewhere == ("INC1", last["team"], last["assignee"], last["reassignments"])
    reopenings = [e for e in events if isinstance(e, StatusChanged) and e.status is Status.REOPENED]
    assert len(reopenings) == sum(told.get("reopenings", 0) for told in rows)
    assert all(event.cause is Cause.IMPORT for event in events if isinstance(event, StatusChanged))


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_a_status_change_says_truly_where_the_ticket_stood(rows: list[dict[str, Any]]) -> None:
    state = TICKET.initial
    for ordinal, told in enumerate(rows, 1):
        for event in TICKET.decide(state, _row(ordinal, **told)):
            assert not isinstance(event, StatusChanged) or event.previous is state.status
            state = TICKET.evolve(state, event)


@given(ROWS)
def test_a_row_repeated_without_its_columns_is_no_news(rows: list[dict[str, Any]]) -> None:
    state = TICKET.initial
    for ordinal, told in enumerate(rows, 1):
        for event in TICKET.decide(state, _row(ordinal, **told)):
            state = TICKET.evolve(state, event)
    again = {key: told for key, told in rows[-1].items() if key not in {"columns", "reopenings"}}
    repeated = TICKET.decide(state, _row(len(rows) + 1, **again))
    assert [type(event).__name__ for event in repeated] == ["ImportedUpdateRecorded"]
