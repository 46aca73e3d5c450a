"""Whatever is typed, a document's number has one form."""

import sys
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.identity.normal import DocumentType, document_key_text, normal_number

ALIKE = "OoОоΟο0", "IiІіΙι1", "ЗзЗ3", "AaАаΑα", "CcСс", "PpРрΡρ", "XxХхΧχ", "YyУу"  # noqa: RUF001 - that is the point
TEXTS = st.text(max_size=20) | st.text("".join(ALIKE) + " -_./№ſßı", max_size=20)
SEPARATORS = st.text(" -_./\t\u00a0\u200b\u2013", min_size=1, max_size=2)
SPACES = st.sampled_from(["NFC", "NFD", "NFKC", "NFKD"])


@given(TEXTS)
def test_the_form_of_the_form_is_the_form(text: str) -> None:
    once = normal_number(text)
    assert normal_number(once) == once


def test_every_single_character_has_a_form_that_stays() -> None:
    for point in range(sys.maxunicode + 1):
        once = normal_number(chr(point))
        assert normal_number(once) == once


@given(TEXTS)
def test_capitals_make_no_difference(text: str) -> None:
    assert normal_number(text.upper()) == normal_number(text)


@given(st.text("".join(ALIKE) + "ABC019", max_size=12), st.data())
def test_look_alikes_and_separators_make_no_difference(text: str, data: st.DataObject) -> None:
    other = ""
    for char in text:
        family = next((one for one in ALIKE if char in one), char)
        other += data.draw(st.sampled_from(family)) + data.draw(st.just("") | SEPARATORS)
    assert normal_number(other) == normal_number(text)


@given(st.text("BDEFGHKLMNQRSTUVWZ2456789", max_size=12))
def test_what_looks_like_nothing_else_stays_as_it_is(text: str) -> None:
    assert normal_number(text) == text


@given(TEXTS, SPACES)
@settings(max_examples=200)
def test_the_form_is_letters_and_digits(text: str, form: str) -> None:
    normal = normal_number(unicodedata.normalize(form, text))
    assert all(char.isalnum() for char in normal)
    assert "O" not in normal
    assert "I" not in normal


@given(TEXTS, TEXTS)
def test_country_and_number_are_never_taken_for_each_other(country: str, number: str) -> None:
    if not normal_number(number) or not any(char.isalnum() for char in country.upper()):
        return
    text = document_key_text(DocumentType.PASSPORT, "x" + country, number)
    assert text.count("/") == 2
