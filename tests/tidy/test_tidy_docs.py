"""The docs name what there is, link to what exists, and their marked examples run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.source_tree import ROOT, files, text

from infra.settings import SECRETS, Settings

PAGES = [name for name in files() if name.endswith(".md")]
MARKED = re.compile(r"<!-- run -->\n```(python|sh)\n(.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
EXAMPLES = [
    pytest.param(language, code, id=f"{name}-{number}")
    for name in PAGES
    for number, (language, code) in enumerate(MARKED.findall(text(name)), 1)
]


@pytest.mark.parametrize("field", Settings.model_fields)
def test_operations_explain_every_setting(field: str) -> None:
    assert f"`LEDGER_{field.upper()}`" in text("docs/operations.md")


@pytest.mark.parametrize("field", Settings.model_fields)
def test_every_setting_describes_itself(field: str) -> None:
    assert len(Settings.model_fields[field].description or "") > 10


def test_operations_name_no_setting_that_is_not_there() -> None:
    named = set(re.findall(r"`(LEDGER_[A-Z_]+)`", text("docs/operations.md")))
    known = {f"LEDGER_{field.upper()}" for field in Settings.model_fields} | {SECRETS}
    assert named - known == set()


@pytest.mark.parametrize(("language", "code"), EXAMPLES)
def test_a_marked_example_runs(language: str, code: str) -> None:
    command = [sys.executable, "-c", code] if language == "python" else ["sh", "-euc", code]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


def test_examples_are_found() -> None:
    assert EXAMPLES


@pytest.mark.parametrize("name", PAGES)
def test_links_between_pages_lead_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    broken = [to for to in LINK.findall(text(name)) if not (here / Path(to)).exists()]
    assert broken == []


@pytest.mark.parametrize("name", [n for n in PAGES if n.startswith("docs/adr/")])
def test_a_decision_says_context_measure_and_consequence(name: str) -> None:
    assert re.fullmatch(r"docs/adr/\d{4}-[a-z0-9-]+\.md", name)
    headings = set(re.findall(r"^## (.+)$", text(name), re.MULTILINE))
    assert {"Context", "Decision", "Measured", "Consequences"} <= headings


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [n.split("/")[-1][:4] for n in PAGES if n.startswith("docs/adr/")]
    assert len(numbers) == len(set(numbers))
