"""An imported log, read over HTTP: what stands there is what the file says, at any moment."""

import csv
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from support import running
from support.incidents import EXCERPT, EXCERPT_FIGURES
from support.running import Running, ledger

STATUSES = {
    "New": "new",
    "Active": "in_progress",
    "Awaiting User Info": "waiting_for_customer",
    "Awaiting Evidence": "waiting_for_customer",
    "Awaiting Problem": "under_study",
    "Awaiting Vendor": "waiting_for_third_party",
    "Resolved": "resolved",
    "Closed": "closed",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the file: when, and in which status the incident then was."""

    at: datetime
    status: str
    caller: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A running ledger into which the excerpt was imported, and the file read independently."""

    running: Running
    said: dict[str, Any]
    file: dict[str, list[Row]]

    def get(self, path: str, **parameters: str | int) -> Any:
        answer = httpx.get(
            self.running.url + path,
            params=parameters,
            headers={"Authorization": f"Bearer {self.running.token('compliance')}"},
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def ticket(self, reference: str) -> str:
        (item,) = self.get("/v1/tickets", reference=reference)["items"]
        return str(item["id"])

    def command(self, *arguments: str) -> Any:
        ended = ledger(*arguments, "--json", "--data", str(self.running.data))
        assert ended.returncode == 0, ended.stderr
        return json.loads(ended.stdout)


def read() -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    with EXCERPT.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            when = datetime.strptime(row["sys_updated_at"], "%d-%m-%Y %H:%M").replace(tzinfo=UTC)
            found.setdefault(row["number"], []).append(
                Row(when, STATUSES[row["incident_state"]], row["caller_id"])
            )
    return found


def written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def standing(rows: list[Row], moment: datetime) -> str:
    """Return the status that an incident had at a moment after its first update."""
    return [row.status for row in rows if row.at <= moment][-1]


@pytest.fixture(name="imported", scope="module")
def _imported(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    place = tmp_path_factory.mktemp("imported")
    started = running.start(place / "data", place / "ledger.log", LEDGER_STATE=str(state))
    try:
        arguments = ("import", "servicenow", str(EXCERPT), "--timezone", "UTC", "--json")
        ended = ledger(*arguments, "--data", str(started.data))
        assert ended.returncode == 0, ended.stderr
        yield Imported(started, json.loads(ended.stdout), read())
    finally:
        started.stop()


def test_status_tells_the_figures_of_the_import(imported: Imported) -> None:
    assert imported.said["rows"] == 127
    assert imported.command("status")["imported"] == EXCERPT_FIGURES


def test_every_incident_is_found_by_its_number_and_stands_where_it_ended(
    imported: Imported,
) -> None:
    for reference, rows in imported.file.items():
        (item,) = imported.get("/v1/tickets", reference=reference)["items"]
        assert item["status"] == rows[-1].status == "closed"
        assert item["contract"] == f"SN-{rows[0].caller.split()[-1]}"
        assert item["imported"] is True
        assert item["channel"] == "phone"


def test_every_incident_stands_at_any_update_where_the_file_says_it_stood(
    imported: Imported,
) -> None:
    asked = 0
    for reference, rows in imported.file.items():
        ticket = imported.ticket(reference)
        for row in rows[:: max(1, len(rows) // 3)]:
            then = imported.get(
                f"/v1/tickets/{ticket}", as_of=written(row.at), as_of_basis="occurred"
            )
            assert then["status"] == standing(rows, row.at), (reference, row)
            asked += 1
    assert asked >= 60


def test_in_the_middle_of_its_life_a_timeline_holds_what_had_happened(imported: Imported) -> None:
    ticket = imported.ticket("INC0000715")
    whole = imported.get(f"/v1/tickets/{ticket}/timeline", limit=200)["items"]
    middle = "2016-03-06T00:00:00Z"
    part = imported.get(
        f"/v1/tickets/{ticket}/timeline", limit=200, as_of=middle, as_of_basis="occurred"
    )["items"]
    assert 0 < len(part) < len(whole)
    assert part == whole[: len(part)]
    assert all(item["occurred_at"] <= middle for item in part)
    assert all(item["occurred_at"] > middle for item in whole[len(part) :])
    moves = [item["what"]["status"] for item in whole if item["type"] == "StatusChanged"]
    assert moves.count("reopened") == 2
    assert {item["actor"]["kind"] for item in whole} == {"imported"}
    assert {item["origin"]["source"] for item in whole} == {"servicenow"}


def test_a_timeline_shows_the_names_that_were_sealed(imported: Imported) -> None:
    ticket = imported.ticket("INC0000715")
    items = imported.get(f"/v1/tickets/{ticket}/timeline", limit=200)["items"]
    rows = [item["what"] for item in items if item["type"] == "ImportedUpdateRecorded"]
    assert json.loads(rows[0]["columns"]["text"])["caller_id"] == "Caller 1262"


def test_nobody_has_to_do_anything_about_incidents_that_are_closed(imported: Imported) -> None:
    assert imported.get("/v1/queue")["items"] == []


def test_the_queue_as_of_a_day_of_the_log_holds_who_was_waiting_then(imported: Imported) -> None:
    moment = datetime(2016, 3, 2, 12, 0, tzinfo=UTC)
    page = imported.get("/v1/queue", as_of=written(moment), as_of_basis="occurred", limit=200)
    waiting = {item["reference"]: item["status"] for item in page["items"]}
    begun = {name: rows for name, rows in imported.file.items() if rows[0].at <= moment}
    stood = {name: standing(rows, moment) for name, rows in begun.items()}
    done = {"resolved", "closed"}
    assert waiting == {name: status for name, status in stood.items() if status not in done}
    assert len(waiting) >= 5


def test_the_history_of_a_caller_holds_all_their_incidents(imported: Imported) -> None:
    history = imported.get("/v1/contracts/SN-4414/history")
    assert {one["reference"] for one in history["tickets"]} == {"INC0000526", "INC0000540"}
    assert {one["kind"] for one in history["staff"]} == {"imported"}
    contract = imported.get("/v1/contracts/SN-4414")
    assert contract["category"] == "unknown"
    assert contract["identified"] is False


def test_rebuilding_the_queue_changes_nothing(imported: Imported) -> None:
    assert imported.command("rebuild", "queue")["changed"] is False


def test_importing_again_beside_the_running_ledger_records_nothing(imported: Imported) -> None:
    before = imported.command("status")["position"]
    again = imported.command("import", "servicenow", str(EXCERPT), "--timezone", "UTC")
    assert (again["known"], again["rows"], again["events"]) == (127, 0, 0)
    assert imported.command("status")["position"] == before
