"""Exports over HTTP: made once, recorded as the asker's, fetched while they are kept."""

import asyncio
import http.client
import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import orjson
import pytest
from support.bags import files_of, verify, verify_alone
from support.exports import (
    BODY,
    SECONDS,
    Asking,
    erased,
    held_up,
    in_the_making,
    made,
    post,
    workers,
)
from support.requests_of import known, new_customer
from support.serving import Served, wait_until

from domain.values import Actor, ActorKind, Provenance, Role
from projections.exporting.job import Job, given_settings
from projections.exporting.kept import remove_all, tidy
from projections.exporting.wanted import Wanted


@pytest.fixture(scope="module")
def path(served: Served) -> str:
    """Return the path of a contract of its own."""
    return f"/v1/contracts/{new_customer(served)[0]}"


@pytest.fixture(scope="module")
def export(served: Served, path: str) -> dict[str, Any]:
    """Return the answer of an export that a dispute handler made."""
    return made(served, path, "dispute_handler")


def _owner(served: Served) -> str:
    assert served.settings.database_owner_url is not None
    return served.settings.database_owner_url.get_secret_value()


def _kept(served: Served) -> list[str]:
    return sorted(one.name for one in (served.settings.data / "exports").glob("*"))


def _event(served: Served, position: int) -> dict[str, Any]:
    with served.database() as connection:
        row = connection.execute(
            "SELECT envelope FROM ledger.events WHERE position = %s", [position]
        ).fetchone()
    assert row is not None
    return dict(orjson.loads(row[0]))


def _fetched(served: Served, export: str, out: Path, role: str = "compliance") -> Path:
    answer = served.get(role, f"/v1/exports/{export}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-disposition"] == f'attachment; filename="{export}.zip"'
    out.write_bytes(answer.content)
    return out


def test_what_is_fetched_is_a_bag_that_both_programs_accept(
    served: Served, export: dict[str, Any], tmp_path: Path
) -> None:
    bag = _fetched(served, export["id"], tmp_path / "bag.zip", "dispute_handler")
    vkey = served.get(None, "/v1/log").json()["vkey"]
    assert verify(bag, vkey).ok
    assert verify_alone(bag, vkey).returncode == 0
    again = _fetched(served, export["id"], tmp_path / "again.zip")
    assert again.read_bytes() == bag.read_bytes()
    place = served.settings.data / "exports" / f"{_bag_of(bag)}.zip"
    assert (place.stat().st_mode & 0o777, place.parent.stat().st_mode & 0o777) == (0o600, 0o700)


def _bag_of(bag: Path) -> str:
    (custody,) = (one for name, one in files_of(bag).items() if name.endswith("/custody.json"))
    return str(orjson.loads(custody)["bag"])


def test_an_export_stands_in_the_stream_of_who_asked_with_their_address(
    served: Served, path: str, export: dict[str, Any]
) -> None:
    event = _event(served, export["position"])
    assert event["type"] == "Exported"
    assert event["id"] == export["id"] == export["event_ids"][0]
    assert event["stream"]["kind"] == "access"
    assert event["stream"]["id"] == event["actor"]["id"]
    assert event["actor"]["role"] == "dispute_handler"
    assert set(event["sealed"]) == {"address", "recipient"}
    assert event["data"]["contract"] == path.rpartition("/")[2]


def test_who_made_an_export_and_compliance_fetch_it_nobody_else(
    served: Served, export: dict[str, Any]
) -> None:
    place = f"/v1/exports/{export['id']}"
    login = {"issuer": "urn:ticket-ledger:development", "subject": uuid4().hex}
    joining = {"name": "Fay", "login": login, "roles": ["dispute_handler"]}
    assert served.post("operator", "/v1/staff", joining).status_code == 201
    other = known(served, served.mint(login["subject"]))
    assert served.get("dispute_handler", place).status_code == 200
    assert served.get("compliance", place).status_code == 200
    assert served.client(None, other).get(place).status_code == 404
    for role in ("supervisor", "agent", "operator"):
        assert served.get(role, place).status_code == 403


def test_an_event_that_is_no_export_is_not_fetched(served: Served) -> None:
    event = served.open_ticket()["event_ids"][0]
    assert served.get("compliance", f"/v1/exports/{event}").status_code == 404
    assert served.get("compliance", f"/v1/exports/{uuid4()}").status_code == 404


def test_an_export_is_kept_so_long_and_no_longer(served: Served, export: dict[str, Any]) -> None:
    data, seconds = served.settings.data, served.settings.export_kept_seconds
    bag = _event(served, export["position"])["correlation_id"]
    place = data / "exports" / f"{bag}.zip"
    old = place.stat().st_mtime - seconds - 1
    os.utime(place, (old, old))
    gone = served.get("dispute_handler", f"/v1/exports/{export['id']}")
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/removed")
    tidy(data, seconds)
    assert not place.exists()


def test_the_same_key_gives_the_same_answer_and_no_second_bag(served: Served, path: str) -> None:
    erased(served)
    key = str(uuid4())
    first = post(served, path, key=key)
    kept = _kept(served)
    again = post(served, path, key=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"]
    assert _kept(served) == kept
    other = post(served, path, key=key, zone="Asia/Tashkent")
    assert (other.status_code, other.json()["type"]) == (422, "/problems/idempotency-key-reused")


def test_what_is_in_the_making_is_made_once_and_no_more_at_a_time_than_set(
    served: Served, path: str
) -> None:
    erased(served)
    one, two, data = str(uuid4()), str(uuid4()), served.settings.data
    with held_up(_owner(served)):
        first, second = Asking(served, path, one), Asking(served, path, two)
        in_the_making(data, 2)
        same, more = post(served, path, key=one), post(served, path)
    assert (same.status_code, same.json()["type"]) == (409, "/problems/in-the-making")
    assert same.headers["retry-after"] == "2"
    assert (more.status_code, more.headers["retry-after"]) == (503, "1")
    assert [asked.answer().status_code for asked in (first, second)] == [201, 201]
    assert post(served, path, key=one).json() == first.answer().json()


def test_an_export_is_made_though_its_client_hung_up(served: Served, path: str) -> None:
    erased(served)
    key, place, kept = str(uuid4()), httpx.URL(served.url), _kept(served)
    headers = {"Idempotency-Key": key, "Content-Type": "application/json"}
    headers["Authorization"] = f"Bearer {served.tokens['compliance']}"
    with held_up(_owner(served)):
        client = http.client.HTTPConnection(place.host, place.port or 80, timeout=SECONDS)
        client.request("POST", f"{path}/exports", json.dumps(BODY), headers)
        in_the_making(served.settings.data)
        client.close()
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(post(served, path, key=key))
        return answers[-1].status_code != 409

    wait_until(answered, SECONDS)
    assert answers[-1].status_code == 201, answers[-1].text
    assert len(_kept(served)) == len(kept) + 1


def test_a_killed_maker_leaves_nothing_and_the_same_key_makes_it_then(
    served: Served, path: str
) -> None:
    erased(served)
    key, kept = str(uuid4()), _kept(served)
    with held_up(_owner(served)):
        asked = Asking(served, path, key)
        in_the_making(served.settings.data)
        (maker,) = workers()
        maker.kill()
        answer = asked.answer()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/outcome-unknown")
    assert _kept(served) == kept
    again = post(served, path, key=key)
    assert again.status_code == 201, again.text
    assert served.get("compliance", again.headers["location"]).status_code == 200


def test_an_erasure_removes_every_export_and_says_how_to_make_it_again(
    served: Served, path: str
) -> None:
    number, person, _ = new_customer(served)
    position = served.open_ticket()["position"]
    export = made(served, path, at_position=position)
    body = {"reason": "Gone."}
    people = f"/v1/contracts/{number}/persons/{person}"
    version = served.get("compliance", f"/v1/contracts/{number}").json()["version"]
    revoked = served.post("supervisor", f"{people}/revoke", body, version=version)
    assert revoked.status_code == 200, revoked.text
    body = {"contract": number, "purposes": ["identity"], "basis": "consent_withdrawn"}
    done = served.post("compliance", f"/v1/subjects/{person}/erasures", body)
    assert done.status_code == 201, done.text
    erased(served)
    gone = served.get("compliance", f"/v1/exports/{export['id']}")
    assert (gone.status_code, gone.json()["type"]) == (410, "/problems/removed")
    assert f"at_position {position}" in gone.json()["detail"]
    assert not (served.settings.data / "exports").exists()


def test_an_export_that_took_an_hour_is_recorded_now(served: Served, path: str) -> None:
    erased(served)
    services, asked_at = served.services, datetime.now(UTC) - timedelta(hours=1)
    by = Actor(ActorKind.STAFF, uuid4(), Role.COMPLIANCE)
    wanted = Wanted(
        chain=path.rpartition("/")[2],
        position=asyncio.run_coroutine_threadsafe(services.log.head(), served.loop)
        .result(20)
        .position,
        bag=uuid4(),
        by=by,
        at=asked_at,
        recipient="The district court",
        basis="court_order",
        words=None,
        withhold=frozenset(),
        zone=ZoneInfo("UTC"),
    )
    key = services.secrets.command_key("tests", str(uuid4()), b"")
    job = Job(given_settings(served.settings), wanted, Provenance(by, asked_at, wanted.bag), key)
    making = asyncio.run_coroutine_threadsafe(services.exports.make(job), served.loop)
    recorded_at = making.result(SECONDS).recorded_at
    assert recorded_at - asked_at > timedelta(minutes=59)


def test_what_was_begun_before_an_erasure_never_appears(served: Served, path: str) -> None:
    erased(served)
    with held_up(_owner(served)):
        asked = Asking(served, path, str(uuid4()))
        in_the_making(served.settings.data)
        remove_all(served.settings.data)
    answer = asked.answer()
    assert (answer.status_code, answer.json()["type"]) == (503, "/problems/erasing")
    assert not list((served.settings.data / "exports").glob("*"))


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"recipient": None}, "recipient"),
        ({"recipient": " "}, "recipient"),
        ({"recipient": "turned\u202e"}, "recipient"),
        ({"recipient": "a" * 1_001}, "recipient"),
        ({"legal_basis": None}, "legal_basis"),
        ({"legal_basis": "curiosity"}, "legal_basis"),
        ({"legal_basis": "other"}, "basis_words"),
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"at_position": 10**9}, "at_position"),
        ({"withhold": ["nobody"]}, "withhold.0"),
    ],
)
def test_an_export_without_a_basis_or_recipient_is_refused(
    served: Served, path: str, wrong: dict[str, object], where: str
) -> None:
    answer = post(served, path, **wrong)
    assert (answer.status_code, answer.json()["where"]) == (422, where)


def test_an_export_of_what_is_not_there_is_not_found(served: Served) -> None:
    assert post(served, "/v1/contracts/none").status_code == 404
    assert post(served, f"/v1/tickets/{uuid4()}").status_code == 404
