"""The commands and stated outputs of a Markdown page, and a loose comparison of outputs."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from support.running import Running

from cli.ready import for_people

ROOT: Final = Path(__file__).parents[2]
ANYTHING: Final = "…"
_END: Final = "--- end of example ---"
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


def fences(page: Path, language: str) -> list[str]:
    """Return the contents of every block of a page in a language."""
    return [fence[2] for fence in _FENCE.finditer(page.read_text("utf-8")) if fence[1] == language]


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


def run(page: Path, running: Running, place: Path) -> list[tuple[Example, str]]:
    """Run a page's commands against a running ledger, in one shell; return what each printed.

    They run in a directory in which the paths of a checkout work, and files can be made.
    """
    exports = [line for line in for_people(running.ready) if line.startswith("export ")]
    found = examples(page)
    shown = (f"{example.commands}\nprintf '\\n%s\\n' '{_END}'\n" for example in found)
    ended = subprocess.run(
        ["sh"],
        input="\n".join(["set -eu", *exports, *shown]),
        cwd=checkout(place),
        env={**os.environ, "LEDGER_DATA": str(running.data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    return list(zip(found, ended.stdout.split(_END), strict=False))


def wrong(example: Example, output: str) -> list[str]:
    """Return where an output lacks what the page states."""
    printed = documents(output) if example.stated else []
    if len(printed) < len(example.stated):
        return [f"line {example.line}: {output}"]
    return [f"line {example.line}: {one}" for one in missing(list(example.stated), printed)]


def checkout(place: Path) -> Path:
    """Return a directory below `place` in which the paths of a checkout work."""
    made = place / "checkout"
    made.mkdir()
    for name in (".venv", "tests"):
        (made / name).symlink_to(ROOT / name)
    return made
