"""Any text, written for a PDF, is all there and cannot move its surroundings."""

import unicodedata

from hypothesis import example, given
from hypothesis import strategies as st

from infra.pdf.written import pieces

ANY_TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=60)
AWKWARD = st.text("aא中\u0301\u05b0\u200d\u200c\u200b\ufe0f👨🏽\u202e\u2066\n\r\t x", max_size=60)


@given(ANY_TEXT | AWKWARD)
@example("x" * 1_000)
def test_every_character_is_shown_or_named(text: str) -> None:
    written = "".join(
        chr(int(piece.removeprefix("U+"), 16)) if named % 2 else piece.replace("\u200b", "")
        for named, piece in enumerate(pieces(text))
    )
    assert written == text.replace("\r\n", "\n")


@given(ANY_TEXT | AWKWARD)
def test_nothing_shown_controls_what_stands_around_it(text: str) -> None:
    allowed = "\n\u200b\u200c\u200d"
    for piece in pieces(text)[::2]:
        assert not [
            c for c in piece if unicodedata.category(c) in {"Cc", "Cf"} and c not in allowed
        ]
        assert not unicodedata.combining(piece[:1] or "a")
