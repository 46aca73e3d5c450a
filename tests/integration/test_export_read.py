"""A person can read a bag: disputes with all their chains, page one, harmful texts on paper."""

import io
import json
import unicodedata
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import pytest
from pypdf import PdfReader
from support import databases
from support.bags import Exporting, files_of, keep, relisted, verify, verify_alone, write_bag
from support.disputed_bags import (
    ATTACHED,
    CLAIMANT_NAME,
    HARMFUL,
    HOLDER_NAME,
    LYING,
    NUMBER,
    SECOND_NAME,
    UNATTACHED,
    Case,
    dispute_story,
    harmful_story,
)
from support.views import ledger_on

from domain.values import Purpose
from infra.keys import KeyScope
from infra.pdf import rendering
from infra.pdf.wording import words
from infra.postgres import Cluster
from projections.exporting.words import said

HARM = "CN-3003"
Files = dict[str, bytes]


@pytest.fixture(scope="module")
def case() -> Case:
    return Case()


@pytest.fixture(scope="module")
def harm() -> Case:
    return Case()


@pytest.fixture(scope="module")
def exporting(
    case: Case, harm: Case, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Exporting]:
    place = tmp_path_factory.mktemp("read")
    with databases.fresh(cluster) as database, ledger_on(database, place) as ledger:
        assert ledger.tell(dispute_story(case)) == ATTACHED
        ledger.tell(harmful_story(harm, HARM))
        scope = KeyScope(harm.holder, HARM, Purpose.CORRESPONDENCE)
        for name, content in LYING.items():
            keep(ledger, scope, harm.ticket, harm.files[name], content)
        made = Exporting(ledger, place)
        with made.log():
            yield made


@pytest.fixture(scope="module")
def attached(exporting: Exporting, case: Case) -> Path:
    out = exporting.data / "attached.zip"
    return exporting.export(case.dispute, out, ATTACHED, custodian="Anna Schmidt")


def payload(bag: Path) -> Files:
    """Return the files of the payload by name."""
    return {name.partition("/data/")[2]: content for name, content in files_of(bag).items()}


@cache
def read(bag: Path) -> list[str]:
    """Return what an independent reader finds on each page."""
    parts = [payload(bag)[f"timeline-{number}.pdf"] for number in range(1, parts_of(bag) + 1)]
    return [page.extract_text() for part in parts for page in PdfReader(io.BytesIO(part)).pages]


def parts_of(bag: Path) -> int:
    return sum(name.endswith(".pdf") for name in payload(bag))


def pages(bag: Path) -> list[str]:
    """Return that without spaces and line ends."""
    return [bare(page) for page in read(bag)]


def bare(text: str) -> str:
    normal = unicodedata.normalize("NFC", text)
    return "".join(one for one in normal if one.isprintable() and not one.isspace())


def require_good(bag: Path, exporting: Exporting, events: int) -> None:
    """Require that both programs find nothing, and so many events."""
    verdict = verify(bag, exporting.vkey)
    assert verdict.findings == []
    assert len(verdict.results) == events
    alone = verify_alone(bag, exporting.vkey)
    assert alone.returncode == 0, alone.stdout


def test_a_dispute_holds_its_contract_and_the_tickets_of_its_claims_whole(
    exporting: Exporting, attached: Path, case: Case
) -> None:
    require_good(attached, exporting, ATTACHED)
    whole = [f"stream dispute {case.dispute.id}", f"contract {NUMBER}"]
    whole += [f"stream ticket {one.id}" for one in (case.enquiry, case.other)]
    files = payload(attached)
    assert json.loads(files["export.json"])["chains"] == whole
    within = [f"stream {one.kind} {one.id}" for one in (case.contract, case.ticket)]
    heads = {f"heads/{one.replace(' ', '-')}.note" for one in (*whole, *within)}
    assert {name for name in files if name.startswith("heads/")} == heads


def test_claimants_are_third_parties_unless_they_are_named(
    exporting: Exporting, attached: Path, case: Case
) -> None:
    everything = b"".join(files_of(attached).values())
    assert HOLDER_NAME.encode() in everything
    assert CLAIMANT_NAME.encode() not in everything
    assert b"I ask again." not in everything
    early = exporting.data / "early.zip"
    bag = exporting.export(case.dispute, early, UNATTACHED, disclose=frozenset({case.claimant}))
    require_good(bag, exporting, 3)
    disclosed = payload(bag)["disclosures.jsonl"].decode()
    assert CLAIMANT_NAME in disclosed
    assert SECOND_NAME not in disclosed
    assert NUMBER.encode() not in b"".join(files_of(bag).values())
    assert bare(said("en")["unattached"]) in pages(bag)[0]


def test_page_one_says_in_the_contract_s_language_who_holds_it_and_why(
    attached: Path, case: Case
) -> None:
    say, first = said("ru"), pages(attached)[0]
    rule = say["rule_holder_is_who_gave_document"]
    for text in (
        HOLDER_NAME,
        f"{say['basis_registration']} {say['rests_on'].format(positions=1)}",
        say["dispute_opened"].format(kind=say["kind_unpaid_contractor"], position=4),
        say["determination_holder"].format(position=10, as_of=9, holders=HOLDER_NAME),
        say["determination_confirmed"].format(
            position=11, who=f"dispute_handler {case.handler.id}"
        ),
        say["claim_refused"].format(claim=5, position=9, rule=rule),
        say["claim_undecided"].format(claim=8),
    ):
        assert bare(text) in first, text
    for number, page in enumerate(pages(attached), 1):
        assert bare(f"Страница {number} из {len(pages(attached))}") in page
        assert json.loads(payload(attached)["custody.json"])["bag"] in page


def test_the_bag_of_a_general_enquiry_says_that_it_proves_no_identity(
    exporting: Exporting, case: Case, tmp_path: Path
) -> None:
    bag = exporting.export(case.enquiry, tmp_path / "enquiry.zip", ATTACHED, language="fr")
    require_good(bag, exporting, 2)
    assert bare(said("fr")["enquiry"]) in pages(bag)[0]
    assert HOLDER_NAME.encode() not in b"".join(files_of(bag).values())


def test_the_words_of_the_bag_are_in_its_language_and_english(attached: Path) -> None:
    files = payload(attached)
    assert files["README.txt"].startswith(b"WHAT THIS IS")
    assert files["README-ru.txt"].decode().startswith("ЧТО ЭТО")
    assert "Имя: Anna Schmidt\n" in files["certificate.txt"].decode()


def test_a_chain_that_is_left_out_shows_though_the_key_signed_the_rest(
    exporting: Exporting, attached: Path, case: Case, tmp_path: Path
) -> None:
    files = files_of(attached)
    top = next(iter(files)).partition("/")[0]
    about = json.loads(files[f"{top}/data/export.json"])
    about["chains"] = [one for one in about["chains"] if str(case.other.id) not in one]
    left = {
        name: _without(content, 7) if name.endswith(".jsonl") else content
        for name, content in files.items()
        if str(case.other.id) not in name and not name.endswith(("/7.json", "/7.tlog-proof"))
    }
    changed = relisted({**left, f"{top}/data/export.json": json.dumps(about).encode()})
    digest = sha256(changed[f"{top}/tagmanifest-sha256.txt"]).digest()
    signed = {**changed, f"{top}/manifest.note": exporting.sign(digest)}
    bag = write_bag(tmp_path / "left.zip", signed)
    verdict = verify(bag, exporting.vkey)
    assert [one.detail.partition(":")[0] for one in verdict.findings] == [
        "the dispute names a chain that has no signed head here"
    ]
    assert not verdict.complete
    report = json.loads(verify_alone(bag, exporting.vkey).stdout)
    assert [one["detail"] for one in report["findings"]] == [one.detail for one in verdict.findings]
    assert not report["complete"]


def _without(lines: bytes, position: int) -> bytes:
    begin = b'{"position":%d,' % position
    return b"".join(x for x in lines.splitlines(keepends=True) if not x.startswith(begin))


def test_harmful_texts_are_on_paper_as_they_are_and_files_as_they_came(
    exporting: Exporting, harm: Case, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rendering, "EVENTS", 6)
    bag = exporting.export(HARM, tmp_path / "harm.zip")
    require_good(bag, exporting, 2 + len(HARMFUL) + len(LYING))
    assert parts_of(bag) == 2
    text = "".join(pages(bag))
    lines = [bare(line) for page in read(bag) for line in page.split("\n")]
    lines = [line.removeprefix("text:") for line in lines]
    assert HARMFUL["long"] in "".join(line for line in lines if line in HARMFUL["long"])
    assert bare("to U+202E turned U+202C round U+2066 isolated U+2069") in text
    assert any(word in text for word in ("שלום", "שלום"[::-1]))
    assert bare("aU+0001bU+0007cU+001B[31mU+2028d") in text
    assert bare(HARMFUL["source"]) in text
    assert "🧨" in text
    assert "U+034F" in text
    files = payload(bag)
    values = {json.loads(one)["value"] for one in files["disclosures.jsonl"].splitlines()}
    assert set(HARMFUL.values()) <= values
    for name, content in LYING.items():
        assert name in text
        assert files[f"attachments/{harm.files[name]}"] == content
    last = len(pages(bag))
    assert bare(words("zh")["page"].format(page=last, pages=last)) in pages(bag)[-1]
