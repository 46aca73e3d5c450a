"""A timeline for spreadsheets shows every text as it is, and runs none."""

import pytest

from projections.exporting.timeline import plain


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_a_text_that_would_be_calculated_begins_with_an_apostrophe(text: str) -> None:
    assert plain(text) == f"'{text}"


@pytest.mark.parametrize(
    "text", ["", "Привет", "服务器", "مرحبا", "İstanbul", "a\nb", "🧨", "e\u0301"]
)
def test_texts_of_any_script_stay_as_they_are(text: str) -> None:
    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\u202eb", "a<U+202E>b"),
        ("\x07", "<U+0007>"),
        ("a\tb\r", "a<U+0009>b<U+000D>"),
        ("\u2028\u200b", "<U+2028><U+200B>"),
        ("x" * 10_000, "x" * 10_000),
    ],
)
def test_what_cannot_be_seen_is_written_out(text: str, shown: str) -> None:
    assert plain(text) == shown
