"""`ledger status` says the same on the machine and from afar, and what it says is right."""

import json
import time
from typing import Any

import psycopg
from support.running import Running, ledger
from support.views import eventually

MOVING = {"followers", "checkpoint", "publisher", "consumers"}


def status(*arguments: str) -> dict[str, Any]:
    ended = ledger("status", "--json", *arguments)
    assert ended.returncode == 0, ended.stderr
    return dict(json.loads(ended.stdout))


def without_progress(found: dict[str, Any]) -> dict[str, Any]:
    return {key: found[key] for key in found.keys() - MOVING}


def all_follow(found: dict[str, Any]) -> bool:
    return {follower["state"] for follower in found["followers"].values()} == {"following"}


def test_it_counts_what_the_database_holds(running: Running) -> None:
    assert eventually(lambda: all_follow(status("--data", str(running.data))))
    found = status("--data", str(running.data))
    with psycopg.connect(running.ready["dsn"]["superuser"]) as connection:
        row = connection.execute("SELECT max(position), count(*) FROM ledger.events").fetchone()
    assert row is not None
    assert found["position"] == row[0] == row[1] == sum(found["events"].values())
    assert found["epoch"] == 1
    assert found["contracts"] == found["events"]["ContractRegistered"] >= 1
    assert found["tickets"] == found["events"].get("TicketOpened", 0)
    assert set(found["followers"]) >= {"queue", "people"}
    for follower in found["followers"].values():
        assert follower["lag"] >= 0


def test_it_tells_the_last_checkpoint(running: Running) -> None:
    position = status("--data", str(running.data))["position"]
    deadline = time.monotonic() + 30
    while (found := status("--data", str(running.data)))["checkpoint"] is None or (
        found["checkpoint"]["size"] < position
    ):
        assert time.monotonic() < deadline
    assert found["checkpoint"]["age"] >= 0
    assert (
        f"checkpoint {found['checkpoint']['size']} events"
        in ledger("status", "--data", str(running.data)).stdout
    )


def test_followers_follow_on_after_a_rebuild(running: Running) -> None:
    assert eventually(lambda: all_follow(status("--data", str(running.data))))
    assert ledger("rebuild", "queue", "--data", str(running.data)).returncode == 0
    assert all_follow(status("--data", str(running.data)))


def test_it_says_the_same_over_http(running: Running) -> None:
    here = status("--data", str(running.data))
    there = status("--url", running.url, "--token", running.token("operator"))
    assert without_progress(there) == without_progress(here)


def test_over_http_the_token_decides(running: Running) -> None:
    refused = ledger("status", "--url", running.url, "--token", running.token("customer"))
    assert refused.returncode == 4
    unknown = ledger("status", "--url", running.url, "--token", "nonsense")
    assert unknown.returncode == 4


def test_people_are_told_in_words(running: Running) -> None:
    told = ledger("status", "--data", str(running.data))
    assert told.returncode == 0
    assert "contracts" in told.stdout
    assert told.stderr == ""


def test_the_doctor_finds_nothing_wrong_with_a_fresh_ledger(running: Running) -> None:
    examined = ledger("doctor", "--data", str(running.data), "--json")
    found = json.loads(examined.stdout)
    assert [check for check in found["checks"] if not check["ok"]] == []
    assert examined.returncode == 0
    assert found["ok"]


def test_migrating_a_running_ledger_finds_nothing_to_do(running: Running) -> None:
    ended = ledger("migrate", "--data", str(running.data), "--json")
    assert json.loads(ended.stdout) == {"applied": []}
