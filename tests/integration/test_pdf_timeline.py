"""The PDF of a timeline, read back by a program that did not make it."""
# ruff: noqa: RUF001 - other people's letters are the point

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pytest
from pypdf import PdfReader

from domain.errors import Integrity, Malformed, Unavailable
from infra.pdf import LANGUAGES, Cover, Document, Field, Hidden, Remark, Row, render, rendering
from infra.pdf.setting import Bounds
from infra.pdf.shaping import Shaping
from infra.pdf.wording import words

BEGIN = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
COVER = Cover(
    bag="bag-01890a5d",
    subject="contract C-1001",
    recipient="Amtsgericht Köln",
    position=5_000,
    made=datetime(2026, 4, 1, tzinfo=UTC),
    holder="Иван Петров",
    basis="the passport shown when the contract was registered",
    since=BEGIN,
)
SAYINGS = [
    "Nothing works since 7 o'clock: #set text(red) $x$ \\ ] *bold* @ref <label>",
    "Привет, сеть не работает",
    "İstanbul'da bağlantı yok ğşı",
    "服务器无法连接，请帮助",
    "הרשת אינה פועלת",
    "😀👍🏽 e\u0301",
    "a\u202eb\x00c\U0001d518d",
]


def row(n: int, text: str | Hidden | None = None) -> Row:
    return Row(
        position=1_000 + 3 * n,
        event=f"01890a5d-ac96-774b-bcce-{n:012d}",
        at=BEGIN + timedelta(hours=n),
        who=f"Agent {n}",
        what="MessageReceived",
        source=f"192.0.2.{n % 250}",
        fields=(Field("text", SAYINGS[n % len(SAYINGS)] if text is None else text),),
    )


def document(rows: list[Row], **other: object) -> Document:
    return replace(
        Document(COVER, iter(rows), len(rows), zone="Europe/Moscow"),
        **other,  # type: ignore[arg-type]
    )


@cache
def pages(path: Path) -> list[str]:
    """Return what an independent reader finds on each page."""
    return [page.extract_text() for page in PdfReader(path).pages]


def bare(text: str) -> str:
    """Return the text without what the reader makes of spaces and line ends."""
    return "".join(c for c in unicodedata.normalize("NFC", text) if c.isprintable() and c != " ")


@pytest.fixture
def cut(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    return lambda events: monkeypatch.setattr(rendering, "EVENTS", events)


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Make a timeline of 250 events in three parts."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rendering, "EVENTS", 100)
        rows = [row(n) for n in range(250)]
        return render(document(rows), tmp_path_factory.mktemp("several"))


def test_parts_are_numbered(several: list[Path]) -> None:
    assert [path.name for path in several] == [f"timeline-{n}.pdf" for n in (1, 2, 3)]
    assert sorted(several[0].parent.iterdir()) == several


def test_every_event_is_there_once_in_its_order(several: list[Path]) -> None:
    text = "".join(page for path in several for page in pages(path))
    assert re.findall(r"01890a5d-ac96-774b-bcce-\d{12}", text) == [row(n).event for n in range(250)]


def test_every_page_names_the_bag_and_its_number_among_all(several: list[Path]) -> None:
    found = [(page, n) for n, path in enumerate(several, 1) for page in pages(path)]
    for number, (page, part) in enumerate(found, 1):
        assert "Bag bag-01890a5d" in page
        assert f"Page {number} of {len(found)}\n" in page + "\n"
        assert f"Part {part} of 3" in page


def test_an_event_says_when_who_what_from_where_and_its_text(several: list[Path]) -> None:
    text = bare("".join(pages(several[0])))
    for n in range(14):
        expected = [str(row(n).position), f"Agent {n}", f"192.0.2.{n}", "MessageReceived"]
        utc = row(n).at
        expected += [f"{utc:%Y-%m-%d %H:%M:%S}.000000 UTC"]
        expected += [f"{utc + timedelta(hours=3):%Y-%m-%d %H:%M:%S} +03:00"]
        assert [one for one in expected if bare(one) not in text] == []
    assert [one for one in SAYINGS[:4] if bare(one) not in text] == []
    assert bare("aU+202EbU+0000cU+1D518d") in text


def test_words_from_right_to_left_are_there(several: list[Path]) -> None:
    text = bare("".join(pages(several[0])))
    for word in SAYINGS[4].split():
        assert word in text or word[::-1] in text


def test_page_one_says_who_holds_the_account_and_why(several: list[Path]) -> None:
    first = bare(pages(several[0])[0])
    for said in (
        *("Who holds this account?", "Иван Петров", "On what basis?", COVER.basis, "Since when?"),
        *("2026-03-01 22:30:00.000000 UTC", "2026-03-02 01:30:00 +03:00", "Amtsgericht Köln"),
        *("contract C-1001", "Number of events 250", "in the time zone Europe/Moscow"),
        "An address identifies a connection, not a person.",
    ):
        assert bare(said) in first


def test_nobody_s_account_is_said_to_be_undetermined(tmp_path: Path) -> None:
    cover = replace(COVER, holder=None)
    (made,) = render(document([], cover=cover), tmp_path)
    assert bare(words("en")["undetermined"]) in bare(pages(made)[0])
    assert "Since when?" not in pages(made)[0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_one_speaks_each_language(tmp_path: Path, language: str) -> None:
    (made,) = render(document([row(0, Hidden.ERASED)], language=language), tmp_path)
    text = bare("".join(pages(made)))
    for name in ("who_holds", "proves", "read", "erased", "no_source")[:4]:
        assert bare(words(language)[name]) in text


def test_what_is_withheld_or_erased_is_said_to_be(tmp_path: Path) -> None:
    rows = [
        replace(row(0, Hidden.WITHHELD), who=Hidden.ERASED, source=Hidden.WITHHELD, imported=True),
        replace(row(1), source=None),
    ]
    (made,) = render(document(rows), tmp_path)
    text = bare("".join(pages(made)[1:]))
    assert text.count("[withheld]") == 2
    assert "[erased]" in text
    assert "MessageReceived(imported)" in text
    assert "Noaddressrecorded" in text


def test_remarks_name_their_events(tmp_path: Path) -> None:
    remarks = (Remark("Asked from a network never seen", (1_003, 1_006)), Remark("שלום"))
    (made,) = render(document([row(0)], remarks=remarks), tmp_path)
    text = bare(pages(made)[1])
    assert bare("What stands out Asked from a network never seen") in text
    assert bare("Rests on the events at positions 1003, 1006") in text


def test_a_name_of_ten_thousand_characters_is_there_whole(tmp_path: Path) -> None:
    name = "".join(chr(ord("a") + n % 26) for n in range(10_000))
    cover = replace(COVER, holder=name)
    (made,) = render(document([replace(row(0), who=name)], cover=cover), tmp_path)
    lines = [bare(line) for page in pages(made) for line in page.split("\n")]
    letters = "".join(line for line in lines if line.isascii() and line in name)
    assert letters == name + name


def test_what_is_copied_from_it_holds_nothing_that_nobody_wrote(tmp_path: Path) -> None:
    cover = replace(COVER, bag="01a20174-6e36-7486-b4b7-1638b78c4bb9")
    (made,) = render(document([row(0, "Nobody said 26 b.")], cover=cover), tmp_path)
    text = "".join(pages(made))
    assert "Nobody said 26 b." in text
    assert "\u200b" not in text


def test_the_same_document_gives_the_same_bytes(tmp_path: Path, cut: Callable[[int], None]) -> None:
    cut(10)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        paths = render(document([row(n) for n in range(25)]), tmp_path / name)
        made.append([path.read_bytes() for path in paths])
    assert made[0] == made[1]


def test_its_date_is_that_of_the_last_event(several: list[Path]) -> None:
    about = PdfReader(several[0]).metadata
    assert about is not None
    assert (about.title, about.creation_date) == ("Timeline of events", COVER.made)


def test_progress_counts_to_the_end(tmp_path: Path, cut: Callable[[int], None]) -> None:
    cut(10)
    steps: list[tuple[int, int]] = []
    render(document([row(n) for n in range(25)]), tmp_path, lambda *step: steps.append(step))
    assert steps == [(10, 50), (20, 50), (25, 50), (35, 50), (45, 50), (50, 50)]


def parted(rows: Iterable[Row]) -> list[int]:
    """Return how many of the rows are in each part."""
    shaped = map(Shaping(document([])).row, rows)
    return [len(part) for part in rendering.in_parts(shaped)]


def test_parts_have_at_most_two_thousand_events() -> None:
    assert parted(map(row, range(4_001))) == [2_000, 2_000, 1]
    assert parted([]) == [0]


def test_long_contents_make_shorter_parts() -> None:
    assert parted(row(n, "x" * (rendering.WEIGHT // 3)) for n in range(5)) == [2, 2, 1]


def test_what_is_named_weighs_more_than_what_is_shown() -> None:
    assert parted(row(n, "\x00\x01" * 25_000) for n in range(3)) == [1, 1, 1]


def test_an_event_that_cannot_be_set_is_named(tmp_path: Path) -> None:
    rows = [row(n, "word " * 60_000 if n == 3 else "short") for n in range(4)]
    with pytest.raises(Unavailable, match="the event at position 1009: it "):
        render(document(rows), tmp_path, bounds=Bounds(seconds=20, memory=96 << 20))
    assert list(tmp_path.iterdir()) == []


def test_time_is_bounded(tmp_path: Path) -> None:
    rows = [row(n, "word " * 600_000) for n in range(1)]
    with pytest.raises(Unavailable, match="it takes more than 1 s"):
        render(document(rows), tmp_path, bounds=Bounds(seconds=1))


@pytest.mark.parametrize("count", [1, 3])
def test_events_that_were_lost_on_the_way_are_noticed(tmp_path: Path, count: int) -> None:
    with pytest.raises(Integrity, match=f"2 events, not {count}"):
        render(document([row(0), row(1)], count=count), tmp_path)


@pytest.mark.parametrize("zone", ["Nowhere/Land", "../../etc/passwd", ""])
def test_a_zone_that_is_none_is_refused(tmp_path: Path, zone: str) -> None:
    with pytest.raises(Malformed, match="Europe/Berlin"):
        render(document([], zone=zone), tmp_path)
