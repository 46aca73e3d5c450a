"""What the code must not say, and what the docs must."""

import ast
import re

import pytest
from support.source_tree import ROOT, SOURCE, comments, files, python_files, text, tree

from domain.catalogue import EVENT_TYPES

UNFINISHED = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b")
MACHINE_PATH = re.compile(r"(?<![\w.}$])/(work|root|home/[a-z]|Users/[a-z]|mnt)(/|\b(?!\w))")
TEXTS = (".py", ".md", ".sql", ".toml", ".txt", ".csv", ".yml", ".yaml", ".sh", ".in", "Makefile")


def written() -> list[str]:
    """Return the files that people wrote."""
    return [n for n in files() if n.endswith(TEXTS) and "fixtures/" not in n]


@pytest.mark.parametrize("name", written())
def test_nothing_is_left_unfinished(name: str) -> None:
    found = [line for line in text(name).splitlines() if UNFINISHED.search(line)]
    assert found == []


@pytest.mark.parametrize("name", written())
def test_no_file_names_a_place_on_one_machine(name: str) -> None:
    found = [line for line in text(name).splitlines() if MACHINE_PATH.search(line)]
    assert found == []


@pytest.mark.parametrize("name", python_files(*SOURCE))
def test_source_implements_what_it_names(name: str) -> None:
    named = {node.id for node in ast.walk(tree(name)) if isinstance(node, ast.Name)}
    assert "NotImplementedError" not in named


@pytest.mark.parametrize("name", python_files("tests"))
def test_tests_run_what_they_test(name: str) -> None:
    forbidden = {"skip", "skipif", "xfail", "importorskip"}
    found = [
        node.attr
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Attribute) and node.attr in forbidden
    ]
    imported = [
        alias
        for node in ast.walk(tree(name))
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in [getattr(node, "module", None), *(a.name for a in node.names)]
        if alias and ("mock" in alias.lower())
    ]
    assert found + imported == []


@pytest.mark.parametrize("name", python_files(*SOURCE, "tests", "bench"))
def test_every_silenced_rule_is_named(name: str) -> None:
    bare = [
        c for _, c in comments(name) if re.search(r"#\s*noqa(?!: [A-Z]+\d+)|type: ignore(?!\[)", c)
    ]
    assert bare == []


@pytest.mark.parametrize("name", sorted(EVENT_TYPES))
def test_the_glossary_explains_every_event_type(name: str) -> None:
    assert f"`{name}`" in text("docs/glossary.md")


def rules() -> set[str]:
    """Return the names of the rules that the code refuses by."""
    place = {"Refused": 0, "Kept": 1}
    calls = [
        (node, place[node.func.id])
        for name in python_files(*SOURCE)
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Call) and node.args and getattr(node.func, "id", "") in place
    ]
    named = [call.args[where] for call, where in calls]
    return {a.value for a in named if isinstance(a, ast.Constant) and isinstance(a.value, str)}


def test_the_glossary_names_every_rule() -> None:
    glossary = text("docs/glossary.md")
    assert {rule for rule in rules() if f"`{rule}`" not in glossary} == set()


def test_event_type_names_are_only_ever_added() -> None:
    frozen = text("tests/fixtures/event-types.txt").split()
    assert set(frozen) - set(EVENT_TYPES) == set(), "a stored type name went away"
    assert set(EVENT_TYPES) - set(frozen) == set(), "add the new name to event-types.txt"


def test_the_licence_stands_at_the_root() -> None:
    assert (ROOT / "LICENSE").is_file()
