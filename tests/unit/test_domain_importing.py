"""Rows of another system's log: history as it was written there, and nothing more."""

from typing import Any

import pytest
from unit.cast import MUCH_LATER, NOW, OTHER_LOG, SOON, ask, opened, said, uid
from unit.spec import Given, given

from domain.ticket import TICKET
from domain.ticket.commands import ImportRow
from domain.ticket.events import (
    Cause,
    Channel,
    ImportedAssignmentRecorded,
    ImportedUpdateRecorded,
    Priority,
    PriorityChanged,
    PromiseKind,
    PromiseMade,
    Status,
    StatusChanged,
    TicketOpened,
)

TEAM, ASSIGNEE, OTHER_TEAM = uid(80), uid(81), uid(82)
COLUMNS = said('{"location":"143"}')


def _row(row: int = 1, **fields: Any) -> ImportRow:
    usual = {
        "number": "000-013",
        "reference": "INC0000045",
        "contract": "SN-2403",
        "requester": uid(4),
        "language": "en",
        "channel": Channel.PHONE,
    }
    return ask(ImportRow, by=OTHER_LOG, row=row, **{**usual, **fields})


def _changed(status: Status, previous: Status) -> StatusChanged:
    return StatusChanged(status, previous, Cause.IMPORT, None, None)


def _imported(**fields: Any) -> Given:
    return given(TICKET).after(_row(priority=Priority.NORMAL, **fields))


def test_the_first_row_opens_the_ticket_and_invents_nothing() -> None:
    first = _row(opened_at=NOW, priority=Priority.LOW)
    state = (
        given(TICKET)
        .when(first)
        .then(
            TicketOpened(
                number="000-013",
                contract="SN-2403",
                requester=uid(4),
                channel=Channel.PHONE,
                language="en",
                priority=Priority.LOW,
                subject=None,
                text=None,
                reference="INC0000045",
                stated_opened_at=NOW,
            )
        )
    )
    assert state.elsewhere is not None
    assert state.elsewhere.reference == "INC0000045"


def test_history_is_exempt_from_channels_and_open_contracts() -> None:
    assert given(TICKET).guards(_row()) == ()


def test_a_first_row_may_tell_more_than_the_opening() -> None:
    first = _row(status=Status.RESOLVED, team=TEAM, reassignments=2, columns=COLUMNS)
    assert given(TICKET).when(first).events[1:] == (
        _changed(Status.RESOLVED, Status.NEW),
        ImportedAssignmentRecorded(TEAM, None, 2),
        ImportedUpdateRecorded(1, COLUMNS),
    )


def test_a_status_of_a_row_needs_neither_explanation_nor_promise() -> None:
    _imported().when(_row(2, status=Status.IN_PROGRESS)).then(
        _changed(Status.IN_PROGRESS, Status.NEW)
    )


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"status": Status.NEW},
        {"priority": Priority.NORMAL},
        {"reassignments": 0},
        {"opened_at": SOON},
    ],
)
def test_a_row_that_changes_nothing_known_is_an_update(fields: Any) -> None:
    _imported().when(_row(2, **fields)).then(ImportedUpdateRecorded(2, None))


def test_columns_without_an_event_of_their_own_are_kept_sealed() -> None:
    _imported().when(_row(2, columns=COLUMNS)).then(ImportedUpdateRecorded(2, COLUMNS))


def test_a_rising_reopen_count_is_a_reopening_before_the_rows_own_status() -> None:
    resolved = _imported(status=Status.RESOLVED)
    resolved.when(_row(2, status=Status.IN_PROGRESS, reopenings=1)).then(
        _changed(Status.REOPENED, Status.RESOLVED), _changed(Status.IN_PROGRESS, Status.REOPENED)
    )


def test_each_rise_of_the_reopen_count_is_one_reopening() -> None:
    resolved = _imported(status=Status.RESOLVED)
    resolved.when(_row(2, status=Status.RESOLVED, reopenings=2)).then(
        _changed(Status.REOPENED, Status.RESOLVED),
        _changed(Status.REOPENED, Status.REOPENED),
        _changed(Status.RESOLVED, Status.REOPENED),
    )


def test_a_reopening_whose_row_says_reopened_is_one_reopening() -> None:
    resolved = _imported(status=Status.RESOLVED)
    resolved.when(_row(2, status=Status.REOPENED, reopenings=1)).then(
        _changed(Status.REOPENED, Status.RESOLVED)
    )
    resolved.when(_row(2, status=Status.REOPENED)).then(_changed(Status.REOPENED, Status.RESOLVED))


def test_a_closed_record_may_go_on_in_another_log() -> None:
    closed = _imported(status=Status.CLOSED)
    assert closed.when(_row(2, priority=Priority.HIGH)).types == ["PriorityChanged"]
    assert closed.when(_row(2, status=Status.IN_PROGRESS)).state.status is Status.IN_PROGRESS


def test_another_priority_is_a_change_of_priority() -> None:
    _imported().when(_row(2, priority=Priority.HIGH)).then(
        PriorityChanged(Priority.HIGH, Priority.NORMAL, None)
    )


def test_the_count_of_assignments_is_the_other_systems_own() -> None:
    state = (
        _imported(team=TEAM, reassignments=1)
        .when(_row(2, team=OTHER_TEAM, assignee=ASSIGNEE, reassignments=4))
        .then(ImportedAssignmentRecorded(OTHER_TEAM, ASSIGNEE, 4))
    )
    assert state.holder is None
    assert state.elsewhere.times == 4


def test_a_name_left_out_says_nothing_about_the_name() -> None:
    imported = _imported(team=TEAM, assignee=ASSIGNEE, reassignments=1)
    imported.when(_row(2, team=TEAM)).then(ImportedUpdateRecorded(2, None))
    moved = imported.after(_row(2, team=OTHER_TEAM, reassignments=2))
    assert moved.state.elsewhere.assignee == ASSIGNEE
    moved.when(_row(3, assignee=ASSIGNEE)).then(ImportedUpdateRecorded(3, None))


def test_a_count_that_rises_alone_is_an_assignment_too() -> None:
    _imported(team=TEAM, reassignments=1).when(_row(2, reassignments=2)).then(
        ImportedAssignmentRecorded(None, None, 2)
    )


def test_rows_go_into_tickets_that_came_from_the_same_record() -> None:
    given(TICKET, opened()).when(_row()).then_refused("not-imported")
    _imported().when(_row(2, reference="INC0000046")).then_refused("not-imported")


def test_a_status_from_elsewhere_leaves_no_promise_of_ours_open() -> None:
    promised = _imported().and_(PromiseMade(PromiseKind.UPDATE, SOON))
    outcome = promised.when(_row(2, at=MUCH_LATER, status=Status.CLOSED))
    assert outcome.types == ["StatusChanged", "PromiseMissed"]
    assert outcome.state.promises == ()
