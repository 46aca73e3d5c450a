"""The same document's number is found again, however it was typed."""

import pytest

from domain.errors import Malformed
from domain.identity.normal import DocumentType, document_key_text, normal_number


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("ab 123-456", "AB123456"),
        ("AB123456", "AB123456"),
        ("\N{FULLWIDTH LATIN CAPITAL LETTER A}\N{CYRILLIC CAPITAL LETTER VE}1.2/3 456", "AB123456"),
        ("\N{CYRILLIC SMALL LETTER A}\N{GREEK CAPITAL LETTER BETA}\u200b123456", "AB123456"),
        ("4509 No 123456", "4509N0123456"),
        ("45 09 \N{NUMERO SIGN} 123456", "4509123456"),
        ("O1lI", "01L1"),
        ("\N{CYRILLIC CAPITAL LETTER ZE}3", "33"),
        ("\N{ARABIC-INDIC DIGIT FOUR}\N{DEVANAGARI DIGIT TWO}", "42"),
        ("\N{LATIN SMALL LETTER DOTLESS I}1", "11"),
        ("--- ", ""),
    ],
)
def test_a_number_has_one_form(typed: str, normal: str) -> None:
    assert normal_number(typed) == normal


def test_kind_country_and_number_make_the_key_text() -> None:
    text = document_key_text(DocumentType.PASSPORT, " nl ", "ab-1")
    assert text == "passport/NL/AB1"
    assert document_key_text(DocumentType.REGISTRATION, "NL", "AB1") == "registration/NL/AB1"


@pytest.mark.parametrize(("country", "number"), [("", "1"), ("NL", " - "), ("-", "1")])
def test_what_has_neither_letter_nor_digit_is_no_document(country: str, number: str) -> None:
    with pytest.raises(Malformed, match="neither letter nor digit"):
        document_key_text(DocumentType.PASSPORT, country, number)
