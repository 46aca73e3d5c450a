"""Time stamps over HTTP: by size, by pages, with their renewals, to whom the table allows."""

import base64
import shutil
from pathlib import Path
from typing import Any

import pytest
from support.serving import Served

from infra.timestamps import Trust
from projections.stamps import Proof, Renewal, Stamped, Stamps

FIXTURES = Path(__file__).parents[1] / "fixtures" / "timestamps"
LIST = "/v1/log/timestamps"
RENEWALS = "/v1/log/renewals"


@pytest.fixture
def stamped(served: Served) -> Served:
    """The shared ledger, with time stamps of another log beside its tiles."""
    there = Stamps(served.settings.data, 1).directory
    if not there.exists():
        shutil.copytree(Stamps(FIXTURES / "data", 1).directory, there)
    return served


def page(served: Served, path: str, **asked: Any) -> dict[str, Any]:
    answer = served.get("customer", path, params={"epoch": 1, **asked})
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_reader_can_check_what_covers_a_size(stamped: Served) -> None:
    found = page(stamped, LIST, covering=3, limit=1)["items"][0]
    assert (found["epoch"], found["size"]) == (1, 7)
    assert found["time"] == "2026-11-22T00:22:55.000000Z"
    assert found["authority"] == "CN=Test authority"
    assert found["note"].split("\n")[1] == "7"
    assert base64.b64decode(found["note"].split("\n")[2]).hex() == found["root"]
    renewed = page(stamped, RENEWALS)["items"][0]
    assert renewed["number"] == 1
    proof = Proof(
        Stamped(7, found["note"].encode(), base64.b64decode(found["reply"])),
        (Renewal(1, renewed["files"].encode(), base64.b64decode(renewed["reply"])),),
    )
    proof.check(Trust.read(FIXTURES / "trusted.pem"))


def test_pages_follow_each_other(stamped: Served) -> None:
    first = page(stamped, LIST, limit=1)
    assert [one["size"] for one in first["items"]] == [7]
    second = page(stamped, LIST, limit=1, cursor=first["next"])
    assert [one["size"] for one in second["items"]] == [12]
    assert second["next"] is None
    assert page(stamped, LIST, covering=13) == {"items": [], "next": None}
    assert page(stamped, RENEWALS, limit=1)["next"] is None


def test_where_nothing_was_stamped_the_list_is_empty(served: Served) -> None:
    for path in (LIST, RENEWALS):
        answer = served.get("compliance", path, params={"epoch": 8})
        assert answer.json() == {"items": [], "next": None}


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"covering": 0}, "covering"),
        ({"covering": "x"}, "covering"),
        ({"epoch": 0}, "epoch"),
        ({"limit": 201}, "limit"),
        ({"cursor": "nonsense"}, "cursor"),
        ({"from": 1}, "from"),
    ],
)
def test_what_makes_no_sense_is_refused(served: Served, asked: dict[str, Any], where: str) -> None:
    answer = served.get("compliance", LIST, params=asked)
    assert answer.status_code == 422, answer.text
    assert answer.json()["where"] == where


def test_a_cursor_serves_its_own_question_alone(stamped: Served) -> None:
    cursor = page(stamped, LIST, limit=1)["next"]
    asked = {"epoch": 1, "covering": 2, "cursor": cursor}
    assert stamped.get("compliance", LIST, params=asked).status_code == 422


def test_nobody_reads_them_without_a_credential(served: Served) -> None:
    assert served.get(None, LIST).status_code == 401
    assert served.get(None, RENEWALS).status_code == 401
