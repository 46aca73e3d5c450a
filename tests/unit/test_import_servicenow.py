"""A ServiceNow incident log: what each row says, and what it may not say yet."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from support.incidents import EXCERPT, UTC_FORM, read, told

from domain.importing.servicenow import STATES, ServiceNow
from domain.ticket.events import Channel, Priority, Status


def minute(hour: int, minutes: int = 0) -> datetime:
    return datetime(2016, 3, 1, hour, minutes, tzinfo=UTC)


def test_an_incident_opens_at_its_opening_time_before_its_first_update() -> None:
    (case,) = told({}).cases
    assert case.reference == "INC1"
    assert case.opening.at == case.opening.stated_at == minute(10)
    assert case.updates[0].at == minute(10, 5)
    assert case.opening.contract == "SN-7"
    assert case.opening.requester == "Caller 7"
    assert case.opening.channel is Channel.PHONE
    assert case.opening.actor == "Opened by 1"


def test_an_opening_stated_after_the_first_update_is_kept_as_stated() -> None:
    (case,) = told({"opened_at": "01-03-2016 11:00"}).cases
    assert case.opening.at == minute(10, 5)
    assert case.opening.stated_at == minute(11)


def test_without_an_opening_time_the_first_update_opens() -> None:
    (case,) = told({"opened_at": "?"}).cases
    assert case.opening.at == minute(10, 5)
    assert case.opening.stated_at is None


def test_who_opened_is_the_creator_where_no_opener_is_named_and_else_nobody() -> None:
    (case,) = told({"opened_by": "?", "sys_created_by": "Created by 3"}).cases
    assert case.opening.actor == "Created by 3"
    (case,) = told({"opened_by": "?"}).cases
    assert case.opening.actor is None


@pytest.mark.parametrize(("state", "status"), STATES.items())
def test_every_state_has_its_status(state: str, status: Status) -> None:
    (case,) = told({"incident_state": state}).cases
    assert case.updates[0].status is status


@pytest.mark.parametrize(
    ("said", "priority"),
    [
        ("1 - Critical", Priority.CRITICAL),
        ("2 - High", Priority.HIGH),
        ("3 - Moderate", Priority.NORMAL),
        ("4 - Low", Priority.LOW),
    ],
)
def test_every_priority_is_taken_over(said: str, priority: Priority) -> None:
    (case,) = told({"priority": said}).cases
    assert case.opening.priority is case.updates[0].priority is priority


@pytest.mark.parametrize(
    ("said", "channel"),
    [
        ("Phone", Channel.PHONE),
        ("IVR", Channel.PHONE),
        ("Email", Channel.MAIL),
        ("Self service", Channel.PORTAL),
        ("Direct opening", None),
        ("?", None),
    ],
)
def test_a_contact_type_that_is_no_channel_of_ours_is_kept_as_said(
    said: str, channel: Channel | None
) -> None:
    (case,) = told({"contact_type": said}).cases
    assert case.opening.channel is channel
    assert case.updates[0].columns.get("contact_type", "?") == said


def test_a_rising_reopen_count_is_as_many_reopenings() -> None:
    (case,) = told(
        {"reopen_count": "1"}, {"reopen_count": "1"}, {"reopen_count": "3"}, {"reopen_count": "0"}
    ).cases
    assert [update.reopenings for update in case.updates] == [0, 0, 2, 0]


def test_a_row_tells_only_what_changed_and_what_fell_silent() -> None:
    (case,) = told({}, {"sys_mod_count": "1", "location": "L 1", "assigned_to": "?"}, {}).cases
    assert case.updates[1].columns == {"sys_mod_count": "1", "location": "L 1", "assigned_to": None}
    assert case.updates[2].columns == {
        "sys_mod_count": "0",
        "location": None,
        "assigned_to": "Resolver 6",
    }
    assert case.updates[0].columns["sys_updated_by"] == "Updated by 2"
    assert "location" not in case.updates[0].columns


def test_columns_about_the_end_are_silent_until_their_time() -> None:
    (case,) = told(
        {},
        {"incident_state": "Resolved", "sys_updated_at": "01-03-2016 11:00"},
        {"incident_state": "Resolved", "sys_updated_at": "01-03-2016 12:00"},
        {"incident_state": "Closed", "sys_updated_at": "01-03-2016 13:00"},
        {"incident_state": "Closed", "sys_updated_at": "01-03-2016 14:00"},
    ).cases
    late = {"resolved_at", "resolved_by", "closed_at", "closed_code"}
    seen = [late & update.columns.keys() for update in case.updates]
    assert seen == [
        set(),
        set(),
        {"resolved_at", "resolved_by"},
        set(),
        {"closed_at", "closed_code"},
    ]


def test_a_row_says_nothing_about_a_resolution_while_the_incident_is_open_again() -> None:
    (case,) = told(
        {"incident_state": "Resolved", "sys_updated_at": "01-03-2016 12:00"},
        {"incident_state": "Active", "sys_updated_at": "01-03-2016 12:30"},
        {"incident_state": "Resolved", "sys_updated_at": "01-03-2016 13:00"},
    ).cases
    assert [update.columns.get("resolved_by", "silent") for update in case.updates] == [
        "Resolved by 8",
        "silent",
        "Resolved by 8",
    ]


def test_who_resolved_at_no_stated_time_is_told_with_the_closing() -> None:
    row = {"resolved_at": "?"}
    (case,) = told(
        {**row, "incident_state": "Resolved", "sys_updated_at": "01-03-2016 13:00"},
        {**row, "incident_state": "Closed", "sys_updated_at": "01-03-2016 14:00"},
    ).cases
    assert "resolved_by" not in case.updates[0].columns
    assert case.updates[1].columns["resolved_by"] == "Resolved by 8"


def test_no_row_of_a_real_log_knows_its_end_before_it_came() -> None:
    told_at_the_end = 0
    for case in read(EXCERPT).cases:
        for update in case.updates:
            if "closed_code" in update.columns or "closed_at" in update.columns:
                assert update.status is Status.CLOSED
                told_at_the_end += 1
            if update.columns.get("resolved_by"):
                assert update.status in {Status.RESOLVED, Status.CLOSED}
    assert told_at_the_end == 20


def test_an_incident_without_a_caller_has_no_contract() -> None:
    (case,) = told({"caller_id": "?"}).cases
    assert case.opening.contract is None
    assert case.opening.requester is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"incident_state": "Lost"}, "incident_state is none of New, Active"),
        ({"incident_state": "?"}, "incident_state is none of"),
        ({"priority": "5 - Planning"}, "priority is none of"),
        ({"sys_updated_at": "?"}, "sys_updated_at is missing"),
        ({"sys_updated_at": "03/01/2016 10:00"}, "sys_updated_at is not a time"),
        ({"sys_updated_at": "1-3-2016 10:00"}, "sys_updated_at is not a time"),
        ({"sys_updated_at": "31-02-2016 10:00"}, "sys_updated_at is not a time"),
        ({"sys_updated_at": "01-03-2916 10:00"}, "sys_updated_at is a time before 1970 or"),
        ({"opened_at": ""}, "opened_at is not a time"),
        ({"closed_at": "01-03-2016 12:0"}, "closed_at is not a time"),
        ({"reopen_count": "-1"}, "reopen_count is not a count"),
        ({"reassignment_count": "many"}, "reassignment_count is not a count"),
        ({"reassignment_count": "\u0661"}, "reassignment_count is not a count"),
        ({"caller_id": "Caller"}, "caller_id has no number"),
        ({"caller_id": "7 or 8"}, "caller_id has no number, or more than one"),
        ({"number": "?"}, "number is not"),
        ({"number": "INC/1"}, "number is not"),
    ],
)
def test_a_row_that_cannot_be_understood_is_named_with_its_column(
    row: dict[str, str], reason: str
) -> None:
    log = told({"number": "INC0"}, row, {"number": "INC2"})
    ((line, said),) = [(problem.line, problem.reason) for problem in log.problems]
    assert line == 3
    assert said.startswith(reason)
    assert [case.reference for case in log.cases] == ["INC0", "INC2"]


def test_a_problem_never_quotes_the_cell() -> None:
    for column in ("incident_state", "caller_id", "sys_updated_at", "number", "reopen_count"):
        (problem,) = told({column: "Ms. Rivera, of"}).problems
        assert "Rivera" not in problem.reason


def test_local_times_are_those_of_the_zone() -> None:
    form = ServiceNow(ZoneInfo("America/New_York"), UTC_FORM.now)
    (case,) = told({}, form=form).cases
    assert case.opening.at == minute(15)


def test_the_excerpt_says_what_was_counted_in_it_by_hand() -> None:
    cases = read(EXCERPT).cases
    assert len(cases) == 20
    assert sum(len(case.updates) for case in cases) == 127
    assert sum(case.updates[-1].reassignments or 0 for case in cases) == 13
    assert sum(update.reopenings for case in cases for update in case.updates) == 4
    assert len({case.opening.contract for case in cases}) == 18
