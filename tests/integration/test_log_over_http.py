"""The log over HTTP: what C2SP says, to whom the table allows, and clear errors for the rest."""

import base64
import re
from hashlib import sha256
from typing import Any

import pytest
from support.log import defined_root
from support.serving import Served

from infra.notes import Verifier, open_note
from infra.tilefiles import head_of


def covered(served: Served, position: int) -> int:
    """Wait until a checkpoint covers a position; return its size."""
    served.until(lambda: size_of(served) >= position)
    return size_of(served)


def size_of(served: Served) -> int:
    return head_of(served.get(None, "/checkpoint").content).size


def entries(served: Served, size: int) -> list[bytes]:
    """Return the envelopes of the first leaves, out of their bundles."""
    found = []
    for number in range(-(-size // 256)):
        width = min(256, size - number * 256)
        place = f"{number:03}" + (f".p/{width}" if width < 256 else "")
        answer = served.get("compliance", f"/tile/entries/{place}")
        assert answer.status_code == 200
        raw = answer.content
        while raw:
            length = int.from_bytes(raw[:2], "big")
            found.append(raw[2 : 2 + length])
            raw = raw[2 + length :]
    return found


def test_the_checkpoint_is_signed_text_that_no_cache_keeps(served: Served) -> None:
    answer = served.get(None, "/checkpoint")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert answer.headers["Cache-Control"] == "public, max-age=1"
    told = served.get(None, "/v1/log").json()
    keys = [Verifier.parse(key["vkey"]) for key in told["keys"]]
    assert open_note(answer.content, keys).startswith(told["origin"] + "\n")
    assert told["vkey"] == told["keys"][-1]["vkey"]


def test_tiles_and_entries_lead_to_the_checkpoint(served: Served) -> None:
    written = served.open_ticket()
    covered(served, written["position"])
    head = head_of(served.get(None, "/checkpoint").content)
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries(served, head.size)]
    assert len(leaves) == head.size
    assert defined_root(leaves) == head.root
    assert leaves[written["position"] - 1].hex() == written["leaf_hash"]
    tile = served.get(None, "/tile/0/000.p/3")
    assert tile.content == b"".join(leaves[:3])
    assert tile.headers["Content-Type"] == "application/octet-stream"
    assert tile.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_an_event_is_proved_a_second_after_it_was_written(served: Served) -> None:
    written = served.open_ticket()
    path = f"/v1/events/{written['event_ids'][-1]}/proof"
    early = served.get("agent", path)
    if early.status_code != 200:
        assert early.status_code == 409
        assert early.json()["type"] == "/problems/not-yet-integrated"
        assert early.headers["Retry-After"] == "1"
    covered(served, written["position"])
    answer = served.get("agent", path)
    assert answer.status_code == 200
    lines, _, note = answer.text.partition("\n\n")
    first, index, *proof = lines.split("\n")
    assert first == "c2sp.org/tlog-proof@v1"
    assert index == f"index {written['position'] - 1}"
    assert all(len(base64.b64decode(step)) == 32 for step in proof)
    assert re.fullmatch(r"[^\n]+\n\d+\n\S{44}\n\n— \S+ \S+\n", note)


def test_two_sizes_are_proved_consistent(served: Served) -> None:
    size = covered(served, served.open_ticket()["position"])
    told = served.get("customer", "/v1/consistency", params={"from": 3, "to": size}).json()
    leaves = [sha256(b"\x00" + entry).digest() for entry in entries(served, size)]
    assert told["from_root"] == defined_root(leaves[:3]).hex()
    assert told["to_root"] == defined_root(leaves).hex()
    assert served.get("customer", "/v1/consistency", params={"from": 3}).json()["to"] >= size


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/tile/0/0", 422),
        ("/tile/0/000.p/0", 422),
        ("/tile/0/000.p/256", 422),
        ("/tile/64/000", 422),
        ("/tile/-1/000", 422),
        ("/tile/00/000", 422),
        ("/tile/0/x000/001", 422),
        ("/tile/0/..%2f..%2fcheckpoint", 422),
        ("/tile/0/000.p/%00", 422),
        ("/tile/entries/nonsense", 422),
        ("/tile/0/x999/x999/999", 404),
        ("/tile/63/000.p/1", 404),
        ("/tile/entries/x999/999", 404),
        ("/v1/events/nonsense/proof", 404),
        ("/v1/events/019b7d2e-7c00-7a30-9f5e-3d1f0a6b8c11/proof", 404),
    ],
)
def test_what_is_malformed_or_not_there_is_told_so(served: Served, path: str, status: int) -> None:
    answer = served.get("compliance", path)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({"from": 2, "to": 1}, "from"),
        ({"from": 0}, "from"),
        ({"from": -1}, "from"),
        ({"from": "x"}, "from"),
        ({}, "from"),
        ({"from": 1, "to": 2**53 + 1}, "to"),
        ({"from": 1, "to": 2**52}, "to"),
        ({"from": 2**52}, "from"),
        ({"from": 1, "more": 1}, "more"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(
    served: Served, asked: dict[str, Any], where: str
) -> None:
    answer = served.get("compliance", "/v1/consistency", params=asked)
    assert answer.status_code == 422, answer.text
    assert answer.json()["where"] == where


def test_hashes_are_public_and_entries_are_not(served: Served) -> None:
    assert served.get(None, "/tile/0/000.p/1").status_code == 200
    assert served.get(None, "/tile/entries/000.p/1").status_code == 401
    assert served.get("customer", "/tile/entries/000.p/1").status_code == 403
    answer = served.get("compliance", "/tile/entries/000.p/1")
    assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
