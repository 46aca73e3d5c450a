"""The commands and stated outputs of a Markdown page, and a loose comparison of outputs."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

ANYTHING: Final = "…"
_FENCE: Final = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Example:
    """Commands, the documents that the page says they print, and the line they begin on."""

    line: int
    commands: str
    stated: tuple[Any, ...]


def examples(page: Path) -> list[Example]:
    """Return every `sh` block of a page with the `json` block right behind it."""
    text = page.read_text("utf-8")
    found: list[Example] = []
    for fence in _FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        if fence[1] == "sh":
            found.append(Example(line, fence[2], ()))
        elif fence[1] == "json":
            found[-1] = Example(found[-1].line, found[-1].commands, tuple(documents(fence[2])))
    return found


def documents(text: str) -> list[Any]:
    """Return the JSON documents in a text, one after the other, whatever stands between them."""
    decoder, found, place = json.JSONDecoder(), [], 0
    while (place := text.find("{", place)) >= 0:
        document, place = decoder.raw_decode(text, place)
        found.append(document)
    return found


def missing(stated: Any, actual: Any, where: str = "") -> list[str]:
    """Return where `actual` lacks what is stated; it may say more, and ANYTHING fits anything."""
    if stated == ANYTHING:
        return []
    if isinstance(stated, dict) and isinstance(actual, dict):
        absent = [f"{where}.{name} is missing" for name in stated if name not in actual]
        shared = (name for name in stated if name in actual)
        return absent + [
            one for name in shared for one in missing(stated[name], actual[name], f"{where}.{name}")
        ]
    if isinstance(stated, list) and isinstance(actual, list) and len(stated) <= len(actual):
        return [
            one
            for index, (want, have) in enumerate(zip(stated, actual, strict=False))
            for one in missing(want, have, f"{where}[{index}]")
        ]
    return [] if stated == actual else [f"{where}: {stated!r} is stated, {actual!r} was said"]
