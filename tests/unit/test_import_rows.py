"""Rows put together to cases: ordinals, order, and what is left out."""

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from support.incidents import told

from domain.errors import Malformed
from domain.importing.eventlog import EventLog
from domain.importing.rows import Assembled, Record, as_code, assemble
from domain.ticket.events import Status

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PLAIN = EventLog("case", "what", "when", ZoneInfo("UTC"), NOW)
RICH = EventLog(
    "case",
    "what",
    "when",
    ZoneInfo("Europe/Lisbon"),
    NOW,
    actor_column="who",
    contract_column="account",
    time_format="%m/%d/%Y %I:%M %p",
    statuses={"done": Status.RESOLVED},
)


def log(form: EventLog, *rows: dict[str, str]) -> Assembled:
    return assemble([Record(line, row) for line, row in enumerate(rows, 2)], form)


def row(case: str, what: str, when: str, **more: str) -> dict[str, str]:
    return {"case": case, "what": what, "when": when, **more}


def test_rows_of_different_cases_may_be_mixed() -> None:
    cases = log(
        PLAIN,
        row("A", "x", "2020-01-01"),
        row("B", "x", "2019-01-01"),
        row("A", "y", "2020-01-02"),
    ).cases
    assert [(case.reference, len(case.updates)) for case in cases] == [("A", 2), ("B", 1)]
    assert [update.ordinal for update in cases[0].updates] == [1, 2]


def test_a_row_left_out_keeps_its_ordinal_so_that_later_rows_keep_theirs() -> None:
    found = told({}, {"priority": "none"}, {})
    assert [update.ordinal for update in found.cases[0].updates] == [1, 3]
    assert [problem.line for problem in found.problems] == [3]


def test_a_case_whose_time_runs_backwards_is_a_problem() -> None:
    found = log(PLAIN, row("A", "x", "2020-01-02"), row("A", "y", "2020-01-01"))
    assert [problem.line for problem in found.problems] == [3]
    assert "sort" in found.problems[0].reason


def test_a_case_that_changes_its_contract_is_a_problem() -> None:
    found = told({}, {"caller_id": "Caller 8"})
    assert [problem.line for problem in found.problems] == [3]


def test_a_case_name_may_have_spaces_but_two_may_not_become_one() -> None:
    found = log(PLAIN, row("Case 1", "x", "2020-01-01"), row("Case-1", "x", "2020-01-01"))
    assert [case.reference for case in found.cases] == ["Case-1"]
    assert [problem.line for problem in found.problems] == [3]


@pytest.mark.parametrize("text", ["", "a/b", "a" * 65, "é", "a\nb*", None])
def test_what_is_no_code_is_refused(text: str | None) -> None:
    with pytest.raises(Malformed, match="case is not 1-64"):
        as_code(text, "case")


def test_an_event_log_is_read_by_the_names_of_its_columns() -> None:
    (case,) = log(
        RICH,
        row("A", "begun", "07/01/2016 01:00 PM", who="Ann", account="K 1", note="hello"),
        row("A", "done", "07/01/2016 02:00 PM", who="Bob", account="K 1", note="hello"),
    ).cases
    assert case.opening.at == datetime(2016, 7, 1, 12, 0, tzinfo=UTC)
    assert case.opening.contract == "K-1"
    assert case.opening.channel is None
    first, second = case.updates
    assert (first.actor, second.actor) == ("Ann", "Bob")
    assert (first.status, second.status) == (None, Status.RESOLVED)
    assert second.columns == {"what": "done", "when": "07/01/2016 02:00 PM", "who": "Bob"}
    assert json.loads(first.told)["note"] == "hello"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (row("A", "", "07/01/2016 01:00 PM", account="K"), "what is missing"),
        (row("A", "x", "", account="K"), "when is missing"),
        (row("A", "x", "2016-07-01", account="K"), "when is not a time in the form %m/%d/%Y"),
        (row("A", "x", "03/27/2016 01:30 AM", account="K"), "when is a time that the clocks"),
        (row("A", "x", "07/01/2016 01:00 PM", account=""), "account is not"),
        (row("", "x", "07/01/2016 01:00 PM", account="K"), "case is not"),
    ],
)
def test_a_row_of_an_event_log_that_cannot_be_understood_is_named(
    bad: dict[str, str], reason: str
) -> None:
    (problem,) = log(RICH, bad).problems
    assert problem.line == 2
    assert problem.reason.startswith(reason)


def test_a_row_too_long_to_be_kept_is_a_problem() -> None:
    found = log(PLAIN, row("A", "x", "2020-01-01", note='"' * 30_000))
    assert [problem.line for problem in found.problems] == [2]
    assert "characters" in found.problems[0].reason
