"""What the ledger itself says in each language; in a PDF: `infra/pdf/texts/`."""

import json
from functools import cache
from pathlib import Path
from typing import Final

from domain.errors import Malformed

LANGUAGES: Final = ("en", "es", "fr", "pt", "de", "ru", "it", "zh")
_TEXTS: Final = Path(__file__).with_name("texts")


@cache
def words(language: str, folder: Path = _TEXTS) -> dict[str, str]:
    """Return the texts of `language` in a folder with a file for each language, by name.

    Raises:
        Malformed: There are none in that language.
    """
    if language not in LANGUAGES:
        raise Malformed(f"there are no texts in it, only in {', '.join(LANGUAGES)}", "language")
    found: dict[str, str] = json.loads((folder / f"{language}.json").read_bytes())
    return found
