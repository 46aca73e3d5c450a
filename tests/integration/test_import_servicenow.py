"""A real log in a real ledger: its figures, its order, its silence about what it does not know."""

import json
from itertools import groupby
from pathlib import Path

import pytest
from support import imports
from support.imports import Import
from support.incidents import EXCERPT, EXCERPT_FIGURES, WHOLE, WHOLE_FIGURES

from cli.importing_run import STRETCH
from domain.contract.documents import Category
from domain.contract.events import ContractRegistered
from domain.importing.times import EARLIEST
from domain.ticket.events import (
    Cause,
    Channel,
    ImportedAssignmentRecorded,
    ImportedUpdateRecorded,
    Priority,
    PriorityChanged,
    Status,
    StatusChanged,
    TicketOpened,
)
from domain.values import ActorKind, OriginKind
from infra.ids import derived_id
from infra.settings import Settings


@pytest.fixture(name="take_over")
def _take_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Import:
    return Import(settings, monkeypatch, capsys)


def servicenow(take_over: Import, file: Path, *more: str) -> imports.Ended:
    return take_over("servicenow", file, "--timezone", "UTC", "--json", *more)


def test_the_figures_come_out_of_the_events(take_over: Import, settings: Settings) -> None:
    assert imports.imported(settings)["incidents"] == 0
    ended = servicenow(take_over, EXCERPT)
    assert ended.code == 0
    assert ended.said["rows"] == 127
    assert ended.said["tickets"] == 20
    assert ended.said["contracts"] == 18
    assert imports.imported(settings) == EXCERPT_FIGURES


def test_the_whole_log_has_the_figures_that_were_counted_in_it(
    take_over: Import, settings: Settings
) -> None:
    file, figures = (WHOLE, WHOLE_FIGURES) if WHOLE.exists() else (EXCERPT, EXCERPT_FIGURES)
    assert servicenow(take_over, file).code == 0
    assert imports.imported(settings) == figures


def test_the_same_file_again_records_nothing(take_over: Import, settings: Settings) -> None:
    servicenow(take_over, EXCERPT)
    before = imports.recorded(settings)
    again = servicenow(take_over, EXCERPT)
    assert again.code == 0
    assert {name: again.said[name] for name in ("known", "rows", "tickets", "events")} == {
        "known": 127,
        "rows": 0,
        "tickets": 0,
        "events": 0,
    }
    assert [one.id for one in imports.recorded(settings)] == [one.id for one in before]


def test_a_longer_log_goes_on_where_the_shorter_one_ended(
    take_over: Import, settings: Settings, tmp_path: Path
) -> None:
    lines = EXCERPT.read_bytes().splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_bytes(b"".join(lines[:60]))
    assert servicenow(take_over, part).said["rows"] == 59
    ended = servicenow(take_over, EXCERPT)
    assert (ended.said["known"], ended.said["rows"]) == (59, 68)
    assert imports.imported(settings) == EXCERPT_FIGURES


def test_positions_and_numbers_follow_the_time_of_the_log(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    events = imports.recorded(settings)
    assert events[:18] == imports.contracts(events)
    told = [(one.occurred_at, one.stream, one.origin.row) for one in events[18:]]
    times = [at for (at, *_), _ in groupby(told)]
    by_time = sorted(range(len(times)), key=lambda place: str(times[place]))
    assert len(times) == 127 + 20
    # Within a stretch tickets are recorded side by side; nothing comes further from its place.
    assert max(abs(place - due) for due, place in enumerate(by_time)) < STRETCH
    opened = [one for one in events if isinstance(one.event, TicketOpened)]
    numbers = [one.event.number for one in sorted(opened, key=lambda one: str(one.occurred_at))]
    assert numbers == sorted(numbers)


def test_an_incident_is_told_as_its_rows_tell_it(take_over: Import, settings: Settings) -> None:
    servicenow(take_over, EXCERPT)
    story = imports.ticket(imports.recorded(settings), "INC0000715")
    opening = story[0]
    assert isinstance(opening.event, TicketOpened)
    assert opening.event.channel is Channel.PHONE
    assert opening.event.subject is None
    assert opening.contract is not None
    assert opening.contract[0].startswith("SN-")
    moves = [one for one in story if isinstance(one.event, StatusChanged)]
    assert [
        (f"{one.occurred_at:%m-%d %H:%M}", str(one.event.previous), str(one.event.status))
        for one in moves
        if isinstance(one.event, StatusChanged)
    ] == [
        ("03-01 14:10", "new", "in_progress"),
        ("03-03 08:36", "in_progress", "resolved"),
        ("03-04 12:42", "resolved", "reopened"),
        ("03-04 12:42", "reopened", "in_progress"),
        ("03-10 12:16", "in_progress", "resolved"),
        ("03-10 12:47", "resolved", "reopened"),
        ("03-10 12:47", "reopened", "in_progress"),
        ("03-10 15:36", "in_progress", "resolved"),
        ("03-24 18:50", "resolved", "closed"),
    ]
    assert all(one.event.cause is Cause.IMPORT for one in moves)
    rows = [one.event.row for one in story if isinstance(one.event, ImportedUpdateRecorded)]
    assert rows == list(range(1, 12))


def test_an_incident_stated_to_open_late_opens_with_its_first_update(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    opening = imports.ticket(imports.recorded(settings), "INC0000134")[0]
    assert isinstance(opening.event, TicketOpened)
    assert f"{opening.occurred_at:%d %H:%M}" == "29 07:55"
    assert f"{opening.event.stated_opened_at:%d %H:%M}" == "29 09:44"


def test_everything_says_where_it_came_from_and_that_staff_here_did_not_do_it(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    events = imports.recorded(settings)
    assert len(events) > 200
    assert {(one.origin.kind, one.origin.source) for one in events} == {
        (OriginKind.IMPORTED, "servicenow")
    }
    assert all(one.origin.row for one in events)
    assert {one.actor.kind for one in events} == {ActorKind.IMPORTED}
    assert all(one.actor.role is None for one in events)
    assert all(one.occurred_at for one in events)


def test_names_stay_sealed_and_the_same_name_is_the_same_actor(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    names: dict[str, object] = {}
    for one in imports.recorded(settings):
        if isinstance(one.event, ImportedUpdateRecorded):
            assert one.event.columns is not None
            columns = json.loads(one.event.columns.text or "")
            if name := columns.get("sys_updated_by"):
                assert names.setdefault(name, one.actor.id) == one.actor.id
    assert len(set(names.values())) == len(names) > 20


def test_contracts_are_known_by_number_alone(take_over: Import, settings: Settings) -> None:
    servicenow(take_over, EXCERPT)
    registered = [one.event for one in imports.contracts(imports.recorded(settings))]
    assert len(registered) == 18
    for event in registered:
        assert isinstance(event, ContractRegistered)
        assert event.category is Category.UNKNOWN
        assert event.document is None
        assert event.contacts == ()


def test_reassignments_and_priorities_have_events_of_their_own(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    events = imports.recorded(settings)
    story = imports.ticket(events, "INC0000047")
    assigned = [one.event for one in story if isinstance(one.event, ImportedAssignmentRecorded)]
    assert [event.times for event in assigned] == [0, 1, 1]
    assert len({event.team for event in assigned}) == 2
    changed = [
        one.event
        for one in imports.ticket(events, "INC0000104")
        if isinstance(one.event, PriorityChanged)
    ]
    assert [(event.previous, event.priority) for event in changed] == [
        (Priority.NORMAL, Priority.HIGH)
    ]


def test_every_cell_of_the_log_can_be_read_again_from_the_events(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    told: dict[str, str | None] = {}
    for one in imports.ticket(imports.recorded(settings), "INC0001287"):
        if isinstance(one.event, ImportedUpdateRecorded):
            assert one.event.columns is not None
            told |= json.loads(one.event.columns.text or "")
    last = EXCERPT.read_text("utf-8").splitlines()
    header = last[0].split(",")
    row = [line.split(",") for line in last if line.startswith("INC0001287")][-1]
    file = dict(zip(header, row, strict=True))
    assert {name: cell for name, cell in told.items() if cell} == {
        name: cell for name, cell in file.items() if cell != "?" and name != "number"
    }


def test_a_changed_row_is_refused_before_anything_is_recorded(
    take_over: Import, settings: Settings, tmp_path: Path
) -> None:
    lines = EXCERPT.read_bytes().splitlines(keepends=True)
    part = tmp_path / "part.csv"
    part.write_bytes(b"".join(lines[:60]))
    servicenow(take_over, part)
    before = len(imports.recorded(settings))
    lines[10] = lines[10].replace(b"Location", b"Elsewhere")
    changed = tmp_path / "changed.csv"
    changed.write_bytes(b"".join(lines))
    ended = servicenow(take_over, changed)
    assert ended.code == 3
    assert "line 11" in ended.errors
    assert len(imports.recorded(settings)) == before


def test_a_row_that_comes_after_later_ones_were_recorded_is_refused(
    take_over: Import, settings: Settings, tmp_path: Path
) -> None:
    lines = EXCERPT.read_bytes().splitlines(keepends=True)
    whole = lines[2]
    lines[2] = whole.replace(b"Resolved,", b"Lost,")
    broken = tmp_path / "broken.csv"
    broken.write_bytes(b"".join(lines))
    ended = servicenow(take_over, broken, "--skip-bad")
    assert ended.code == 0
    assert [problem["line"] for problem in ended.said["left_out"]] == [3]
    assert imports.imported(settings)["updates"] == 126
    mended = servicenow(take_over, EXCERPT)
    assert mended.code == 3
    assert "line 3" in mended.errors


def test_the_last_status_of_every_incident_is_that_of_its_last_row(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    last: dict[object, Status] = {}
    for one in imports.recorded(settings):
        if isinstance(one.event, StatusChanged):
            last[one.stream] = one.event.status
    assert list(last.values()) == [Status.CLOSED] * 20


def test_the_id_of_a_name_cannot_be_guessed_from_the_name(
    take_over: Import, settings: Settings
) -> None:
    servicenow(take_over, EXCERPT)
    names = {"Updated by 2", "Updated by 21", "Opened by  8", "Caller 2403", ""}
    guesses = {
        derived_id(EARLIEST, "servicenow", kind, name)
        for kind in ("actor", "person", "team")
        for name in names
    }
    events = imports.recorded(settings)
    assert guesses.isdisjoint({one.actor.id for one in events})
