"""A bag holds everything that was recorded, and both verifiers say so."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from support import databases
from support.bags import (
    CONTRACT,
    FILE,
    ORIGIN,
    TEXTS,
    Exporting,
    Told,
    exporting_on,
    files_of,
    verify,
    verify_alone,
)

from cli.main import run
from domain.errors import NotFound, NotYetIntegrated
from domain.stream import Stream, StreamKind
from infra.bundle.checking import Result
from infra.ids import new_id
from infra.logkeys import LogKeys
from infra.postgres import Cluster
from projections.exporting import make

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def told() -> Told:
    return Told()


@pytest.fixture(scope="module")
def exporting(
    told: Told, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporting]:
    place = tmp_path_factory.mktemp("bags")
    with (
        databases.fresh(cluster) as database,
        exporting_on(database, place, told) as made,
        made.log(),
    ):
        yield made


@pytest.fixture(scope="module")
def contract(exporting: Exporting) -> Path:
    return exporting.export(CONTRACT, exporting.data / "contract.zip")


def payload(bag: Path) -> dict[str, bytes]:
    """Return the files of the payload by name."""
    return {name.partition("/data/")[2]: content for name, content in files_of(bag).items()}


def lines(bag: Path, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in payload(bag)[name].splitlines()]


def test_a_contract_is_found_intact_by_both(exporting: Exporting, contract: Path) -> None:
    verdict = verify(contract, exporting.vkey)
    assert verdict.findings == []
    assert verdict.complete
    assert verdict.counts() == {"intact": 8, "withheld": 5, "erased": 0, "altered": 0}
    alone = verify_alone(contract, exporting.vkey)
    assert (alone.returncode, alone.stderr) == (0, ""), alone.stdout
    report = json.loads(alone.stdout)
    assert report["ok"]
    assert report["complete"]
    assert report["events"] == verdict.counts()
    assert report["results"] == [
        {"position": at, "result": result} for at, result in verdict.results.items()
    ]


def test_a_ticket_holds_its_own_events_and_nothing_else(
    exporting: Exporting, told: Told, tmp_path: Path
) -> None:
    bag = exporting.export(told.ticket, tmp_path / "ticket.zip")
    assert verify(bag, exporting.vkey).ok
    assert verify_alone(bag, exporting.vkey).returncode == 0
    stored = exporting.ledger.rows(
        "SELECT position, envelope FROM ledger.events WHERE stream_id = %s", [told.ticket.id]
    )
    files = payload(bag)
    assert {n for n in files if n.startswith("events/")} == {f"events/{p}.json" for p, _ in stored}
    assert all(files[f"events/{position}.json"] == raw for position, raw in stored)


def test_the_words_of_third_parties_are_withheld_and_no_others(contract: Path, told: Told) -> None:
    withheld = {(one["subject"], one["purpose"]) for one in lines(contract, "withheld.jsonl")}
    third, agent = str(told.third), str(told.agent.id)
    assert withheld == {(third, "correspondence"), (third, "identity"), (agent, "address")}
    everything = b"".join(files_of(contract).values())
    assert b"Somebody Else" not in everything
    assert TEXTS[1].encode() in everything


def test_who_is_named_is_withheld_too(exporting: Exporting, told: Told, tmp_path: Path) -> None:
    bag = exporting.export(told.ticket, tmp_path / "none.zip", withhold=frozenset({told.holder}))
    assert payload(bag)["disclosures.jsonl"] == b""
    assert not any(name.startswith("attachments/") for name in payload(bag))
    verdict = verify(bag, exporting.vkey)
    assert verdict.ok
    assert set(verdict.results.values()) == {Result.WITHHELD}
    assert verify_alone(bag, exporting.vkey).returncode == 0


def test_an_attachment_is_there_as_it_was_received(contract: Path, told: Told) -> None:
    assert payload(contract)[f"attachments/{told.attachment}"] == FILE


def test_every_stream_that_is_here_whole_is_closed_by_a_head(contract: Path, told: Told) -> None:
    heads = {name for name in payload(contract) if name.startswith("heads/")}
    streams = (f"stream-{one.kind}-{one.id}" for one in (told.contract, told.ticket, told.other))
    assert heads == {f"heads/{name}.note" for name in (f"contract-{CONTRACT}", *streams)}


def test_the_timeline_shows_two_zones_and_where_an_event_comes_from(contract: Path) -> None:
    rows = list(csv.DictReader(io.StringIO(payload(contract)["timeline.csv"].decode(), newline="")))
    assert len(rows) == 13
    for row in rows:
        assert row["recorded_at_utc"].endswith("Z")
        assert row["recorded_at_zone"].endswith("+05:00")
        moments = (row["recorded_at_utc"], row["recorded_at_zone"])
        assert len({datetime.fromisoformat(one) for one in moments}) == 1
    assert [row["origin"] for row in rows].count("imported from log, row 7") == 1


def test_no_text_can_calculate_or_turn_a_line_around(contract: Path) -> None:
    texts = payload(contract)["timeline.csv"].decode()
    assert "\u202e" not in texts
    assert "\x07" not in texts
    assert "<U+202E>turned<U+202C>, <U+0007>" in texts
    exact = {one["value"] for one in lines(contract, "disclosures.jsonl")}
    assert TEXTS[3] in exact
    row = next(csv.reader(io.StringIO(texts, newline="")))
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row)


def test_a_bag_says_what_it_does_not_prove(contract: Path) -> None:
    said = " ".join(payload(contract)["README.txt"].decode().split())
    for sentence in (
        "It does not prove that what was said in it is true.",
        "An address identifies a connection, not a person.",
        "Events that were imported from another system are labelled so",
        '"None worked on it" means that no work was recorded.',
    ):
        assert sentence in said


def test_the_custody_record_names_recipient_basis_and_maker(contract: Path) -> None:
    custody = json.loads(payload(contract)["custody.json"])
    assert custody["recipient"] == "The district court"
    assert custody["legal_basis"] == "court_order"
    assert custody["made_by"]["role"] == "dispute_handler"
    assert custody["bag"] in payload(contract)["certificate.txt"].decode()


def test_as_of_a_position_a_bag_is_the_same_apart_from_custody(
    exporting: Exporting, tmp_path: Path
) -> None:
    same = {"at": AT, "bag": new_id()}
    one = exporting.export(CONTRACT, tmp_path / "1.zip", position=8, **same)
    two = exporting.export(CONTRACT, tmp_path / "2.zip", position=8, **same)
    other = exporting.export(CONTRACT, tmp_path / "3.zip", position=8)
    first, second, third = (files_of(bag) for bag in (one, two, other))
    made_by = {"data/custody.json"}
    assert {n for n in first if first[n] != second[n]} == {
        n for n in first if n.endswith(("custody.json", "manifest-sha256.txt", "manifest.note"))
    }
    differ = {n.partition("/")[2] for n in first if first[n] != third[n]} - made_by
    assert differ == {
        *("data/certificate.txt", "data/timeline-1.pdf", "bag-info.txt", "manifest-sha256.txt"),
        *("tagmanifest-sha256.txt", "manifest.note"),
    }
    assert verify(one, exporting.vkey).ok


def test_a_bag_follows_bagit(contract: Path) -> None:
    files = files_of(contract)
    top = next(iter(files)).partition("/")[0]
    assert files[f"{top}/bagit.txt"].startswith(b"BagIt-Version: 1.0\n")
    data = [content for name, content in files.items() if name.startswith(f"{top}/data/")]
    oxum = f"Payload-Oxum: {sum(map(len, data))}.{len(data)}\n"
    assert oxum.encode() in files[f"{top}/bag-info.txt"]


def test_another_key_opens_nothing(exporting: Exporting, contract: Path, tmp_path: Path) -> None:
    LogKeys(tmp_path).create()
    stranger = LogKeys(tmp_path).signer(ORIGIN).verifier.vkey
    assert not verify(contract, stranger).ok
    alone = verify_alone(contract, stranger)
    assert alone.returncode == 1
    assert not json.loads(alone.stdout)["ok"]
    assert exporting.vkey != stranger


def run_verify(*arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run `ledger verify`; return its exit code and what it printed."""
    code = run(["verify", *arguments])
    return code, capsys.readouterr().out


def test_the_command_says_what_it_found(
    exporting: Exporting, contract: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ("--vkey", exporting.vkey)
    code, said = run_verify(str(contract), *asked, "--json", capsys=capsys)
    report = json.loads(said)
    assert (code, report["ok"], report["complete"]) == (0, True, True)
    assert report["checkpoint"]["signers"] == [ORIGIN]
    assert json.loads(verify_alone(contract, exporting.vkey).stdout).keys() == report.keys()
    assert "everything holds" in run_verify(str(contract), *asked, capsys=capsys)[1]
    (tmp_path / "none.zip").write_bytes(b"no zip at all")
    assert run_verify(str(tmp_path / "none.zip"), *asked, capsys=capsys)[0] == 3
    assert run_verify(str(tmp_path / "gone.zip"), *asked, capsys=capsys)[0] == 3
    assert run_verify(str(contract), "--vkey", "no key", capsys=capsys)[0] == 3
    assert run_verify(str(contract), capsys=capsys)[0] == 2


@pytest.mark.parametrize("chain", ["CN-none", Stream(StreamKind.TICKET, new_id())])
def test_what_is_not_there_leaves_no_file(
    exporting: Exporting, chain: str | Stream, tmp_path: Path
) -> None:
    with pytest.raises(NotFound):
        exporting.export(chain, tmp_path / "none.zip")
    assert list(tmp_path.iterdir()) == []


def test_a_position_that_no_checkpoint_covers_is_refused(
    exporting: Exporting, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make, "PATIENCE", 0.2)
    with pytest.raises(NotYetIntegrated):
        exporting.export(CONTRACT, tmp_path / "later.zip", position=10_000)
    assert list(tmp_path.iterdir()) == []


def test_a_bag_that_nobody_signs_is_none(exporting: Exporting, told: Told, tmp_path: Path) -> None:
    def refuse(_: bytes) -> bytes:
        raise NotYetIntegrated("not now")

    with pytest.raises(NotYetIntegrated):
        exporting.export(told.ticket, tmp_path / "none.zip", sign=refuse)
    assert list(tmp_path.iterdir()) == []
