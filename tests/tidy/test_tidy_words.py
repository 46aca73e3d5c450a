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


def lines_with(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Return the lines of those files in which a pattern is found, each with its file."""
    return [(n, line) for n in written() for line in text(n).splitlines() if pattern.search(line)]


def test_nothing_is_left_unfinished() -> None:
    assert lines_with(UNFINISHED) == []


def test_no_file_names_a_place_on_one_machine() -> None:
    assert lines_with(MACHINE_PATH) == []


def test_source_implements_what_it_names() -> None:
    named = [(n, node.id) for n in python_files(*SOURCE) for node in names_in(n)]
    assert [one for one in named if one[1] == "NotImplementedError"] == []


def names_in(name: str) -> list[ast.Name]:
    """Return the names in a file's code."""
    return [node for node in ast.walk(tree(name)) if isinstance(node, ast.Name)]


def not_run(name: str) -> list[str]:
    """Return by what a file of tests leaves something out, or puts something in its place."""
    forbidden = {"skip", "skipif", "xfail", "importorskip"}
    nodes = list(ast.walk(tree(name)))
    found = [
        node.attr for node in nodes if isinstance(node, ast.Attribute) and node.attr in forbidden
    ]
    imported = [
        alias
        for node in nodes
        if isinstance(node, ast.ImportFrom | ast.Import)
        for alias in [getattr(node, "module", None), *(a.name for a in node.names)]
        if alias and ("mock" in alias.lower())
    ]
    return found + imported


def test_tests_run_what_they_test() -> None:
    assert {name: found for name in python_files("tests") if (found := not_run(name))} == {}


def test_every_silenced_rule_is_named() -> None:
    bare = re.compile(r"#\s*noqa(?!: [A-Z]+\d+)|type: ignore(?!\[)")
    everywhere = python_files(*SOURCE, "tests", "bench")
    assert [(n, c) for n in everywhere for _, c in comments(n) if bare.search(c)] == []


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
