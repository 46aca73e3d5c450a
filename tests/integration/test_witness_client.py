"""A witness is asked as C2SP tlog-witness says, and nothing but a good cosignature is believed."""

import re
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from support.log import leaves_of
from support.witnessing import (
    ORIGIN,
    SmallLog,
    Watching,
    ask,
    cosigners_of,
    new_key,
    watching,
)

from domain.errors import Integrity
from domain.merkle import check_consistency
from infra.notes import open_note
from infra.tilefiles import head_of
from infra.witness import Standing, submission

LEAVES = leaves_of(700)


@pytest.fixture
def log(tmp_path: Path) -> SmallLog:
    return SmallLog(tmp_path / "log", new_key())


@pytest.fixture
def watched(log: SmallLog, tmp_path: Path) -> Iterator[Watching]:
    with watching(tmp_path / "witness", [log.vkey]) as running:
        yield running


def test_a_growing_log_is_cosigned_each_time(log: SmallLog, watched: Watching) -> None:
    notes = [log.grow(LEAVES[:1]), log.grow(LEAVES[1:300]), log.grow(LEAVES[300:])]
    for note, reply in zip(notes, ask(watched.witness, log, *notes), strict=True):
        assert reply.cosignature is not None, reply
        cosigned = note + reply.cosignature.line
        assert cosigners_of(cosigned, [watched.vkey]) == ["witness.example/w1"]
        assert abs(reply.cosignature.at - time.time()) < 60
        assert open_note(cosigned, [log.signer.verifier]), "the log's own signature still counts"
    assert watched.size() == 700


def test_a_client_that_forgot_is_told_the_size_and_proves_from_there(
    log: SmallLog, watched: Watching
) -> None:
    ask(watched.witness, log, log.grow(LEAVES[:300]))
    (reply,) = ask(watched.witness, log, log.grow(LEAVES[300:]))
    assert reply.standing is Standing.COSIGNS
    assert watched.size() == 700


def test_the_same_tree_is_cosigned_again(log: SmallLog, watched: Watching) -> None:
    note = log.grow(LEAVES)
    again = ask(watched.witness, log, note, note) + ask(watched.witness, log, note)
    assert [one.standing for one in again] == [Standing.COSIGNS] * 3


def test_from_size_zero_there_is_no_proof_to_check_and_none_is_sent(
    log: SmallLog, watched: Watching
) -> None:
    note = log.grow(LEAVES)
    head = head_of(note)
    assert log.prove(0, head.size) == []
    assert submission(note, 0, log.prove(0, head.size)) == b"old 0\n\n" + note
    with pytest.raises(Integrity):
        check_consistency(0, head.size, [], head.root, head.root)
    (reply,) = ask(watched.witness, log, note)
    assert reply.standing is Standing.COSIGNS


@pytest.mark.parametrize(
    ("mode", "standing"),
    [
        ("forged", Standing.INVALID),
        ("other_key", Standing.INVALID),
        ("no_time", Standing.INVALID),
        ("future", Standing.INVALID),
        ("longer_text", Standing.INVALID),
        ("stranger", Standing.INVALID),
        ("garbage", Standing.INVALID),
        ("empty", Standing.INVALID),
        ("behind", Standing.INVALID),
        ("no_size", Standing.INVALID),
        ("broken", Standing.INVALID),
        ("redirecting", Standing.INVALID),
        ("huge", Standing.INVALID),
        ("forgetful", Standing.UNKNOWN),
        ("ahead", Standing.CONTRADICTS),
        ("refusing", Standing.CONTRADICTS),
    ],
)
def test_a_lying_witness_is_not_believed(
    log: SmallLog, watched: Watching, mode: str, standing: Standing
) -> None:
    watched.act(mode)
    (reply,) = ask(watched.witness, log, log.grow(LEAVES[:7]))
    assert (reply.standing, reply.cosignature) == (standing, None)
    assert reply.detail


@pytest.mark.parametrize("mode", ["silent", "dripping"])
def test_a_witness_that_takes_for_ever_gets_its_time_and_no_more(
    log: SmallLog, watched: Watching, mode: str
) -> None:
    watched.act(mode)
    began = time.monotonic()
    (reply,) = ask(watched.witness, log, log.grow(LEAVES[:7]), seconds=0.5)
    assert reply.standing is Standing.SILENT
    assert time.monotonic() - began < 5


def test_a_witness_that_is_down_is_silent_and_cosigns_when_it_is_back(
    log: SmallLog, watched: Watching, tmp_path: Path
) -> None:
    note = log.grow(LEAVES[:7])
    ask(watched.witness, log, note)
    watched.kill()
    (reply,) = ask(watched.witness, log, note)
    assert reply.standing is Standing.SILENT
    with watching(tmp_path / "witness", [log.vkey]) as back:
        assert back.vkey == watched.vkey
        assert back.size() == 7, "it remembers"
        (reply,) = ask(back.witness, log, log.grow(LEAVES[7:]))
        assert reply.standing is Standing.COSIGNS


def test_a_log_that_the_witness_does_not_know_is_not_cosigned(
    watched: Watching, tmp_path: Path
) -> None:
    foreign = SmallLog(tmp_path / "foreign", new_key(), "other.example/1")
    thief = SmallLog(tmp_path / "thief", new_key())
    for log in (foreign, thief):
        (reply,) = ask(watched.witness, log, log.grow(LEAVES[:7]))
        assert reply.standing is Standing.UNKNOWN


def test_each_epoch_is_a_log_of_its_own(log: SmallLog, tmp_path: Path) -> None:
    later = SmallLog(tmp_path / "later", new_key(), "log.example.net/2")
    with watching(tmp_path / "witness", [log.vkey, later.vkey]) as watched:
        ask(watched.witness, log, log.grow(LEAVES))
        (reply,) = ask(watched.witness, later, later.grow(LEAVES[:5]))
        assert reply.standing is Standing.COSIGNS
        assert (watched.size(), watched.size("log.example.net/2")) == (700, 5)


def test_two_readers_shown_different_trees_are_noticed(
    log: SmallLog, watched: Watching, tmp_path: Path
) -> None:
    shown = log.grow(LEAVES[:300])
    (first,) = ask(watched.witness, log, shown)
    assert first.cosignature is not None
    split = SmallLog(tmp_path / "split", log.signer._private)  # noqa: SLF001 - the stolen key
    other = split.grow([*LEAVES[:100], b"\x07" * 32, *LEAVES[101:300]])
    assert open_note(other, [log.signer.verifier]), "by the log's signature both are good"
    (second,) = ask(watched.witness, split, other)
    assert second.standing is Standing.CONTRADICTS
    assert watched.held()["refused"] == [other.decode()], "the evidence: two trees, one key"
    with pytest.raises(Integrity):  # what the other reader would be shown
        cosigners_of(other + first.cosignature.line, [watched.vkey])
    grown = split.grow(LEAVES[300:])
    (third,) = ask(watched.witness, split, grown)
    assert third.standing is Standing.CONTRADICTS, "it never comes back to the first tree"


def test_an_older_copy_of_the_log_is_noticed(
    log: SmallLog, watched: Watching, tmp_path: Path
) -> None:
    ask(watched.witness, log, log.grow(LEAVES))
    restored = SmallLog(tmp_path / "restored", log.signer._private)  # noqa: SLF001 - its own key
    (reply,) = ask(watched.witness, restored, restored.grow(LEAVES[:500]))
    assert reply.standing is Standing.CONTRADICTS
    assert "700" in reply.detail


BROKEN = [
    (b"", 400),
    (b"old 0\n\n", 400),
    (b"old 00\n\nNOTE", 400),
    (b"old -1\n\nNOTE", 400),
    (b"new 0\n\nNOTE", 400),
    (b"old 0\nAAAA\n\nNOTE", 400),
    (b"old 0\n" + b"PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n" * 64 + b"\nNOTE", 400),
    (b"old 8\n\nNOTE", 400),
    (b"old 0\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\nNOTE", 422),
    (b"old 7\n\nNOTE", 409),
]


@pytest.mark.parametrize(("body", "status"), BROKEN, ids=range(len(BROKEN)))
def test_the_witness_of_these_tests_is_strict(
    log: SmallLog, watched: Watching, body: bytes, status: int
) -> None:
    answer = httpx.post(
        f"{watched.url}/add-checkpoint", content=body.replace(b"NOTE", log.grow(LEAVES[:7]))
    )
    assert answer.status_code == status
    if status == 409:
        assert (answer.content, answer.headers["Content-Type"]) == (b"0\n", "text/x.tlog.size")


def test_the_witness_of_these_tests_shows_what_it_cosigned(
    log: SmallLog, watched: Watching
) -> None:
    place = f"{watched.url}/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    assert httpx.get(place).status_code == 404
    note = log.grow(LEAVES)
    (reply,) = ask(watched.witness, log, note)
    assert reply.cosignature is not None
    assert httpx.get(place).content == note + reply.cosignature.line
    assert httpx.get(f"{watched.url}/elsewhere").status_code == 404


def test_the_witness_of_these_tests_knows_nothing_of_the_project() -> None:
    program = (Path(__file__).parents[1] / "support" / "witness.py").read_text("utf-8")
    imported = set(re.findall(r"^(?:import|from) (\w+)", program, re.MULTILINE))
    assert imported & {"domain", "infra", "projections", "support"} == set()


def test_a_signature_of_the_log_over_another_text_is_refused_by_the_witness(
    log: SmallLog, watched: Watching
) -> None:
    note = log.grow(LEAVES[:7])
    forged = note.replace(b"\n7\n", b"\n6\n")
    assert head_of(forged).size == 6
    (reply,) = ask(watched.witness, log, forged)
    assert reply.standing is Standing.UNKNOWN
