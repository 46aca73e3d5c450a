"""One form for each document's number, however it is typed, so that the same number is found again.

The key text is the input of a keyed digest; a match is a hint for people and never proves anything.
"""

import unicodedata
from enum import StrEnum
from typing import Final

from domain.errors import Malformed


class DocumentType(StrEnum):
    """Which kind of number it is: a passport's or a register's."""

    PASSPORT = "passport"
    REGISTRATION = "registration"


_LOOKALIKES: Final = (
    ("0", "O\u041e\u039f\u0555"),
    ("1", "I\u0406\u0399\u04c0"),
    ("3", "\u0417"),
    ("A", "\u0410\u0391"),
    ("B", "\u0412\u0392"),
    ("C", "\u0421\u03f9"),
    ("E", "\u0415\u0395"),
    ("H", "\u041d\u0397"),
    ("J", "\u0408\u037f"),
    ("K", "\u041a\u039a"),
    ("M", "\u041c\u039c\u03fa"),
    ("N", "\u039d"),
    ("P", "\u0420\u03a1"),
    ("Q", "\u051a"),
    ("S", "\u0405"),
    ("T", "\u0422\u03a4"),
    ("W", "\u051c"),
    ("X", "\u0425\u03a7"),
    ("Y", "\u0423\u04ae\u03a5"),
    ("Z", "\u0396"),
)
_FOLDED: Final = {ord(alike): kept for kept, alikes in _LOOKALIKES for alike in alikes}
"""Capital letters, most of them Cyrillic and Greek, that look like a Latin one or a digit."""


def normal_number(text: str) -> str:
    """Return the number without separators, in capitals, look-alikes as one; '' when none is left.

    The same for every way to write the number, and for its own answer.
    """
    while (again := _step(text)) != text:
        text = again
    return text


def document_key_text(type_: DocumentType, country: str, number: str) -> str:
    """Return what the keyed digest of a document's number is made of.

    Raises Malformed when country or number has neither letter nor digit.
    """
    place, normal = _plain(country), normal_number(number)
    if not place:
        raise Malformed("has neither letter nor digit", "country")
    if not normal:
        raise Malformed("has neither letter nor digit", "number")
    return f"{type_}/{place}/{normal}"


def _plain(text: str) -> str:
    # The number sign separates; NFKC would make letters of it.
    composed = unicodedata.normalize("NFKC", text.replace("\N{NUMERO SIGN}", " "))
    capitals = unicodedata.normalize("NFKC", composed.upper())
    return "".join(char for char in capitals if char.isalnum())


def _step(text: str) -> str:
    return "".join(_digit(char) for char in _plain(text).translate(_FOLDED))


def _digit(char: str) -> str:
    value = unicodedata.decimal(char, None)
    return char if value is None else str(value)
