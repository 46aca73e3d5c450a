"""The README's commands do what it says they do, in the order in which it says them."""

import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from support.readme import Example, documents, examples, missing
from support.running import Running

from cli.ready import for_people

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
_END = "--- end of example ---"


def session(found: list[Example], exports: str) -> str:
    """Return one shell script: what `ledger up` gives to paste, then every example."""
    shown = (f"{example.commands}\nprintf '\\n%s\\n' '{_END}'\n" for example in found)
    return "\n".join(["set -eu", exports, *shown])


def test_the_commands_of_the_readme_print_what_it_says(
    ledger_factory: Callable[..., Running], tmp_path: Path
) -> None:
    running = ledger_factory()
    exports = "\n".join(line for line in for_people(running.ready) if line.startswith("export "))
    found = examples(README)
    assert len(found) >= 8
    ended = subprocess.run(
        ["sh"],
        input=session(found, exports),
        cwd=checkout(tmp_path),
        env={**os.environ, "LEDGER_DATA": str(running.data)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr + ended.stdout
    said = ended.stdout.split(_END)
    for example, output in zip(found, said, strict=False):
        printed = documents(output) if example.stated else []
        assert len(printed) >= len(example.stated), f"line {example.line}: {output}"
        wrong = missing(list(example.stated), printed)
        assert not wrong, f"line {example.line}: {wrong}"
    assert sum(len(example.stated) for example in found) >= 8


def checkout(tmp_path: Path) -> Path:
    """Return a directory in which the README's relative paths work, to write files in."""
    place = tmp_path / "checkout"
    place.mkdir()
    for name in (".venv", "tests"):
        (place / name).symlink_to(ROOT / name)
    return place


def test_a_new_user_is_led_from_opening_a_ticket_to_its_past() -> None:
    commands = "\n".join(example.commands for example in examples(README))
    way = ["/v1/tickets", "/v1/queue", "/messages", "/timeline", "as_of=$BEFORE"]
    places = [commands.index(step) for step in way]
    assert places == sorted(places)
    assert "make run" in README.read_text("utf-8")


def test_every_link_of_the_readme_leads_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README.read_text("utf-8"))
    assert len(links) >= 6
    for link in links:
        assert link.startswith("http") or (ROOT / link).exists(), link


def test_an_output_that_lacks_what_is_stated_is_noticed() -> None:
    stated = {"a": "…", "b": [{"c": 1}], "d": None}
    assert missing(stated, {"a": 7, "b": [{"c": 1, "x": 2}, {}], "d": None, "e": 0}) == []
    assert missing(stated, {"a": 7, "b": [], "d": None})
    assert missing(stated, {"a": 7, "b": [{"c": 2}], "d": None})
    assert missing(stated, {"b": [{"c": 1}], "d": None})
    assert missing(stated, {"a": 7, "b": [{"c": 1}]})
