"""Texts as they stand in a PDF: what is shown as it is, and what as a code point."""
# ruff: noqa: RUF001 - other people's letters are the point

import pytest

from infra.pdf.fonts import coverage, covered, families, files
from infra.pdf.written import HEAP, STEP, UNBROKEN, pieces, right_to_left

ORDINARY = [
    "Good morning, it's down again: 100 % loss — «please» help!",
    "Привет, сеть не работает",
    "İstanbul’da bağlantı yok, çalışmıyor ğüşıöç",
    "服务器无法连接，请帮助",
    "サーバーに接続できません",
    "서버에 연결할 수 없습니다",
    "הרשת אינה פועלת",
    "الشبكة لا تعمل منذ الصباح",
    "सर्वर काम नहीं कर रहा",
    "เซิร์ฟเวอร์ใช้งานไม่ได้",
    "Mạng không hoạt động",
    "e\u0301 and u\u0308",
    "👍🏽 😀 👨‍👩‍👧 ☎️ ✓ → ⚠",
    "two\nlines   and  spaces",
]


@pytest.mark.parametrize("text", ORDINARY)
def test_people_s_writing_is_shown_as_it_is(text: str) -> None:
    assert pieces(text) == [text]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", ["a", "U+202E", "b"]),
        ("\u2066a", ["", "U+2066", "a"]),
        ("a\x00\x1b[31mb", ["a", "U+0000", "", "U+001B", "[31mb"]),
        ("a\tb", ["a", "U+0009", "b"]),
        ("a\rb", ["a", "U+000D", "b"]),
        ("Ivan\u200bov", ["Ivan", "U+200B", "ov"]),
        ("Ivan\u200dov", ["Ivan", "U+200D", "ov"]),
        ("\ufeffa", ["", "U+FEFF", "a"]),
        ("\ud800", ["", "U+D800", ""]),
        ("\ue000", ["", "U+E000", ""]),
        ("\U0001d518", ["", "U+1D518", ""]),
        ("\u0301a", ["", "U+0301", "a"]),
        ("a \u0301", ["a ", "U+0301", ""]),
        ("中\u05b0", ["中", "U+05B0", ""]),
        ("\U000e0041", ["", "U+E0041", ""]),
        ("a\u2028b", ["a", "U+2028", "b"]),
    ],
)
def test_what_cannot_be_seen_or_misleads_is_named(text: str, shown: list[str]) -> None:
    assert pieces(text) == shown


def test_marks_in_a_heap_are_named_from_the_fifth() -> None:
    heap = pieces("a" + "\u0301" * (HEAP + 2))
    assert heap[0] == "a" + "\u0301" * HEAP
    assert heap[1::2] == ["U+0301"] * 2


def test_the_end_of_a_line_has_one_form() -> None:
    assert pieces("a\r\nb") == ["a\nb"]


def test_a_long_run_gets_places_to_break_the_line() -> None:
    runs = pieces("x" * 10_000)[0].split("\u200b")
    assert max(map(len, runs)) == STEP
    assert "".join(runs) == "x" * 10_000


def test_an_ordinary_long_word_stays_whole() -> None:
    assert pieces("x" * UNBROKEN) == ["x" * UNBROKEN]


def test_a_line_is_not_broken_within_a_character() -> None:
    assert "\u200b\u0301" not in pieces("e\u0301" * 100)[0]
    assert pieces("👨‍👩‍👧" * 100) == ["👨‍👩‍👧" * 100]


@pytest.mark.parametrize("text", ["服务器无法连接" * 10, "เซิร์ฟเวอร์" * 10])
def test_scripts_without_spaces_break_lines_by_their_own_rules(text: str) -> None:
    assert pieces(text) == [text]


@pytest.mark.parametrize(
    ("text", "is_so"),
    [("שלום abc", True), ("123 مرحبا", True), ("abc שלום", False), ("", False), ("42", False)],
)
def test_the_first_letter_says_the_direction(text: str, is_so: bool) -> None:  # noqa: FBT001
    assert right_to_left(text) is is_so


def test_latin_is_asked_first_and_emoji_last() -> None:
    names = families()
    assert (names[0], names[1], names[-1]) == ("Noto Sans", "Noto Sans CJK SC", "Noto Emoji")
    assert len(names) == len(set(names)) == len(files()) == len(coverage())


def test_fonts_have_what_is_theirs_and_not_what_nobody_has() -> None:
    assert covered("a")
    assert covered("中")
    assert covered("א")
    assert not covered("\U0001d518")
    assert not covered("中", "א")
