"""`ledger timeline`, `history`, `replay` and `rebuild` on a running ledger with a real log."""

import json
import subprocess
from typing import Any

import pytest
from support.incidents import EXCERPT
from support.running import Running, ledger

INCIDENT = "INC0000045"
CONTRACT = "SN-2403"


@pytest.fixture(scope="module")
def told(running_ledger: Running) -> Running:
    done = run(running_ledger, "import", "servicenow", str(EXCERPT), "--timezone", "UTC")
    assert done.returncode == 0, done.stderr
    return running_ledger


def run(running: Running, *arguments: str) -> subprocess.CompletedProcess[str]:
    return ledger(*arguments, "--data", str(running.data))


def answer(running: Running, *arguments: str) -> Any:
    done = run(running, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_timeline_is_found_by_reference_number_and_id(told: Running) -> None:
    by_reference = answer(told, "timeline", INCIDENT)
    opened = by_reference["items"][0]
    assert opened["type"] == "TicketOpened"
    assert opened["what"]["reference"] == INCIDENT
    for name in (opened["what"]["number"], by_reference["ticket"]):
        assert answer(told, "timeline", name)["items"] == by_reference["items"]
    lines = run(told, "timeline", INCIDENT).stdout
    assert f"reference: {INCIDENT}" in lines
    assert lines.count("StatusChanged") == [e["type"] for e in by_reference["items"]].count(
        "StatusChanged"
    )


def test_an_incident_as_of_the_middle_of_its_life_had_not_been_closed(told: Running) -> None:
    whole = answer(told, "timeline", INCIDENT)["items"]
    middle = whole[len(whole) // 2]["occurred_at"]
    told_then = answer(told, "replay", "timeline", INCIDENT, "--at", middle, "--basis", "occurred")
    assert 0 < len(told_then["items"]) < len(whole)
    assert told_then["items"] == whole[: len(told_then["items"])]
    assert all(entry["occurred_at"] <= middle for entry in told_then["items"])
    assert whole[len(told_then["items"])]["occurred_at"] > middle


def test_a_contract_names_its_ticket_and_that_only_another_systems_people_worked(
    told: Running,
) -> None:
    found = answer(told, "history", CONTRACT)
    assert INCIDENT in {ticket["reference"] for ticket in found["tickets"]}
    engineers = found["engineers"]
    assert (engineers["worked"], engineers["finding"]) == (False, "imported_work_only")
    imported = engineers["imported"]
    assert imported["events"] == sum(imported["kinds"].values()) > 0
    assert imported["sources"] == {"servicenow": imported["events"]}
    assert set(imported["tickets"]) == {ticket["ticket"] for ticket in found["tickets"]}
    assert engineers["searched"]["events"] == engineers["searched"]["last_count"]
    lines = run(told, "history", CONTRACT).stdout
    assert "imported_work_only: none of this ledger's staff recorded work" in lines
    assert f"imported from servicenow: {imported['events']} events" in lines


def test_the_queue_is_replayed_as_of_a_position(told: Running) -> None:
    whole = answer(told, "timeline", INCIDENT)
    first = whole["items"][0]["position"]
    before = answer(told, "replay", "queue", "--position", str(first - 1))
    after = answer(told, "replay", "queue", "--position", str(first))
    assert whole["ticket"] not in {item["id"] for item in before["items"]}
    assert whole["ticket"] in {item["id"] for item in after["items"]}
    assert after["as_of_position"] == first


def test_a_rebuild_changes_nothing(told: Running) -> None:
    found = answer(told, "rebuild", "queue")
    assert (found["changed"], found["removed"], found["added"]) == (False, 0, 0)
    assert "nothing changed" in run(told, "rebuild", "queue").stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("replay", "queue"),
        ("replay", "queue", "--position", "99999999"),
        ("replay", "timeline", "--position", "1"),
        ("timeline", "no-such-ticket"),
        ("history", "no-such-contract"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_a_reason(
    told: Running, arguments: tuple[str, ...]
) -> None:
    done = run(told, *arguments)
    assert done.returncode == 3
    assert done.stderr.startswith("ledger: ")
    assert done.stdout == ""
