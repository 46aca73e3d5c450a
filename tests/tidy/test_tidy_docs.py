"""The docs name what there is, link to what exists, and their marked examples run."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import BaseModel
from support.source_tree import ROOT, files, text

import api.app  # noqa: F401 - registers every operation
from api.documents import responses_of, route_document
from api.operations import Operation
from api.routes import OPERATIONS
from infra.settings import SECRETS, Settings

STEPS = [
    "acknowledge",
    "messages",
    "status",
    "claim",
    "assign",
    "address",
    "hand-over",
    "release",
    "priority",
    "tags",
    "links",
    "attachments",
    "corrections",
    "retractions",
    "move",
    "work",
    "timeline",
]
PAGES = [name for name in files() if name.endswith(".md")]
MARKED = re.compile(r"<!-- run -->\n```(python|sh)\n(.*?)```", re.DOTALL)
NAMED = re.compile(r"`((?:domain|infra|projections|api|cli|tests|bench|docs)/[\w./<>-]+)`")
CODE = re.compile(r"`[^`\n]*`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PROMISED = [
    *("/v1/contracts", "/v1/contracts/{number}", "/v1/contracts/{number}/history"),
    *("/v1/contracts/{number}/identity", "/v1/contracts/{number}/persons"),
    *("/v1/tickets", "/v1/tickets/{id}", "/v1/tickets/{id}/attachments/{attachment}"),
    *(f"/v1/tickets/{{id}}/{step}" for step in STEPS),
    *("/checkpoint", "/tile/{level}/{index}", "/tile/entries/{index}"),
    *("/v1/events/{id}/proof", "/v1/consistency"),
    *("/v1/subjects/{id}/erasures", "/v1/tickets/{id}/erasures"),
    *("/v1/queue", "/v1/queue/live", "/v1/events/{id}", "/v1/staff"),
    "/v1/disputes/{id}/case-file",
    *("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"),
    *("/asyncapi.json", "/schemas/events/{file}"),
]
EXAMPLES = [
    pytest.param(language, code, id=f"{name}-{number}")
    for name in PAGES
    for number, (language, code) in enumerate(MARKED.findall(text(name)), 1)
]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_operation_is_described_with_examples(operation: Operation) -> None:
    asked, answered = route_document(operation), responses_of(operation)[operation.status]
    forms = [*answered["content"].values()]
    forms += asked.get("requestBody", {}).get("content", {}).values()
    assert all("example" in form for form in forms)
    assert operation.example or operation.body is None or not required(operation.body)


def required(body: type[BaseModel]) -> list[str]:
    """Return the fields that a body must have."""
    return [name for name, field in body.model_fields.items() if field.is_required()]


@pytest.mark.parametrize("path", PROMISED)
def test_every_promised_path_is_served(path: str) -> None:
    assert path in {operation.path for operation in OPERATIONS}


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
    broken = [to for to in LINK.findall(CODE.sub("", text(name))) if not (here / Path(to)).exists()]
    assert broken == []


@pytest.mark.parametrize("name", PAGES)
def test_files_that_pages_name_are_there(name: str) -> None:
    named = [one for one in NAMED.findall(text(name)) if "<" not in one and "NNNN" not in one]
    assert [one for one in named if not (ROOT / one).exists()] == []


@pytest.mark.parametrize("name", [n for n in PAGES if n.startswith("docs/adr/")])
def test_a_decision_says_context_measure_and_consequence(name: str) -> None:
    assert re.fullmatch(r"docs/adr/\d{4}-[a-z0-9-]+\.md", name)
    headings = set(re.findall(r"^## (.+)$", text(name), re.MULTILINE))
    assert {"Context", "Decision", "Measured", "Consequences"} <= headings


def test_decisions_have_numbers_of_their_own() -> None:
    numbers = [n.split("/")[-1][:4] for n in PAGES if n.startswith("docs/adr/")]
    assert len(numbers) == len(set(numbers))
