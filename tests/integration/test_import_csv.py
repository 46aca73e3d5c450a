"""Any event log, by the names of its columns."""

import json
from pathlib import Path
from shlex import split

import pytest
from support import imports
from support.imports import Import
from support.incidents import EXCERPT

from domain.contract.events import ContractRegistered
from domain.ticket.events import ImportedUpdateRecorded, Status, StatusChanged, TicketOpened
from domain.values import ActorKind
from infra.settings import Settings

REPAIRS = """\
order;step;moment;clerk;account;remark
R 1;received;29/10/2016 23:40;Ana;K 17;screen broken
R 1;sent away;30/10/2016 01:50;Rui;K 17;"to the maker; by post"
R 1;came back;30/10/2016 01:10;Rui;K 17;
R 2;received;30/10/2016 09:00;;K 18;no power
R 1;handed out;31/10/2016 12:00;Ana;K 17;
R 2;handed out;01/11/2016 08:30;Ana;K 18;
"""
REPAIR_OPTIONS = [
    *split("--case order --activity step --time moment --actor clerk --contract account"),
    *["--delimiter", ";", "--time-format", "%d/%m/%Y %H:%M", "--timezone", "Europe/Lisbon"],
    *["--map", "sent away=waiting_for_third_party", "--map", "handed out=closed"],
]


@pytest.fixture(name="take_over")
def _take_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Import:
    return Import(settings, monkeypatch, capsys)


@pytest.fixture(name="repairs")
def _repairs(tmp_path: Path) -> Path:
    file = tmp_path / "repairs.csv"
    file.write_text(REPAIRS, "utf-8")
    return file


def test_a_log_of_another_kind_becomes_tickets(
    take_over: Import, settings: Settings, repairs: Path
) -> None:
    ended = take_over("csv", repairs, *REPAIR_OPTIONS, "--json")
    assert ended.code == 0
    assert {name: ended.said[name] for name in ("rows", "tickets", "contracts")} == {
        "rows": 6,
        "tickets": 2,
        "contracts": 2,
    }
    events = imports.recorded(settings)
    story = imports.ticket(events, "R-1")
    # Clocks in Lisbon went back at 02:00 on 30 October: 01:10 after 01:50 is an hour later.
    assert [
        (f"{one.occurred_at:%d %H:%M}", one.event.status)
        for one in story
        if isinstance(one.event, StatusChanged)
    ] == [("30 00:50", Status.WAITING_FOR_THIRD_PARTY), ("31 12:00", Status.CLOSED)]
    rows = [one for one in story if isinstance(one.event, ImportedUpdateRecorded)]
    assert [f"{one.occurred_at:%d %H:%M}" for one in rows] == [
        "29 22:40",
        "30 00:50",
        "30 01:10",
        "31 12:00",
    ]
    numbers = {one.event.number for one in events if isinstance(one.event, ContractRegistered)}
    assert numbers == {"K-17", "K-18"}


def test_what_was_done_and_by_whom_is_kept_sealed_in_one_field(
    take_over: Import, settings: Settings, repairs: Path
) -> None:
    take_over("csv", repairs, *REPAIR_OPTIONS)
    story = imports.ticket(imports.recorded(settings), "R-1")
    columns = [
        json.loads(one.event.columns.text or "")
        for one in story
        if isinstance(one.event, ImportedUpdateRecorded) and one.event.columns
    ]
    assert columns[0] == {
        "order": "R 1",
        "step": "received",
        "moment": "29/10/2016 23:40",
        "clerk": "Ana",
        "account": "K 17",
        "remark": "screen broken",
    }
    assert columns[1]["remark"] == "to the maker; by post"
    assert columns[2]["remark"] is None
    actors = [one.actor for one in story if isinstance(one.event, ImportedUpdateRecorded)]
    assert {actor.kind for actor in actors} == {ActorKind.IMPORTED}
    assert actors[0].id == actors[3].id != actors[1].id == actors[2].id


def test_nothing_is_invented_where_the_log_is_silent(
    take_over: Import, settings: Settings, repairs: Path
) -> None:
    options = REPAIR_OPTIONS[:6] + REPAIR_OPTIONS[10:]
    assert take_over("csv", repairs, *options).code == 0
    opening = imports.ticket(imports.recorded(settings), "R-2")[0]
    assert isinstance(opening.event, TicketOpened)
    assert opening.event.channel is None
    assert opening.event.contract is None
    assert opening.event.stated_opened_at is None
    assert opening.event.subject is opening.event.text is None
    assert imports.imported(settings)["contracts"] == 0


def test_the_same_log_with_another_mapping_is_refused(
    take_over: Import, settings: Settings, repairs: Path
) -> None:
    take_over("csv", repairs, *REPAIR_OPTIONS)
    before = len(imports.recorded(settings))
    assert take_over("csv", repairs, *REPAIR_OPTIONS).code == 0
    other = [word.replace("=closed", "=resolved") for word in REPAIR_OPTIONS]
    ended = take_over("csv", repairs, *other)
    assert ended.code == 3
    assert "line 6" in ended.errors
    assert len(imports.recorded(settings)) == before


def test_incidents_can_be_read_as_an_event_log_too(take_over: Import, settings: Settings) -> None:
    ended = take_over(
        "csv",
        EXCERPT,
        *split("--case number --activity incident_state --time sys_updated_at"),
        *split("--actor sys_updated_by --contract caller_id --timezone UTC --json"),
        *["--time-format", "%d-%m-%Y %H:%M"],
        *["--map", "Active=in_progress", "Resolved=resolved", "Closed=closed", "New=new"],
        *["--map", "Awaiting User Info=waiting_for_customer"],
    )
    assert ended.code == 0
    figures = imports.imported(settings)
    assert figures["incidents"] == 20
    assert figures["updates"] == 127
    assert figures["closed"] == 20
    assert figures["contracts"] == 18
    assert figures["reopened"] == {"tickets": 0, "times": 0}


def test_the_same_case_of_two_kinds_of_log_is_two_tickets(
    take_over: Import, settings: Settings
) -> None:
    take_over("servicenow", EXCERPT, "--timezone", "UTC")
    take_over(
        "csv",
        EXCERPT,
        *split("--case number --activity incident_state --time sys_updated_at --timezone UTC"),
        *["--time-format", "%d-%m-%Y %H:%M"],
    )
    assert imports.imported(settings)["incidents"] == 40


def test_rows_keep_their_keys_when_another_case_moves_them(
    take_over: Import, settings: Settings, repairs: Path
) -> None:
    take_over("csv", repairs, *REPAIR_OPTIONS)
    lines = REPAIRS.splitlines(keepends=True)
    repairs.write_text("".join([lines[0], lines[4], lines[6], *lines[1:4], lines[5]]), "utf-8")
    ended = take_over("csv", repairs, *REPAIR_OPTIONS, "--json")
    assert ended.code == 0
    assert (ended.said["known"], ended.said["rows"], ended.said["events"]) == (6, 0, 0)
    assert imports.imported(settings)["updates"] == 6
