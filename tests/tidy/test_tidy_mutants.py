"""Every planted bug can be planted, and names tests that exist."""

import ast
import tomllib
from pathlib import Path

import pytest
from support.source_tree import ROOT, files, text, tree

MUTANTS = [name for name in files() if name.startswith("tests/mutants/") and name.endswith(".toml")]


def functions_of(name: str) -> set[str]:
    """Return the names of a test file's functions, `Class::method` for methods."""
    found = set()
    for node in tree(name).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found.add(node.name)
            found |= {f"{node.name}::{f.name}" for f in node.body if isinstance(f, ast.FunctionDef)}
        if isinstance(node, ast.Assign):  # hypothesis: TestModel = Model.TestCase
            found |= {t.id for t in node.targets if isinstance(t, ast.Name)}
    return found


@pytest.mark.parametrize("name", MUTANTS)
def test_a_mutant_fits_the_code_and_names_its_tests(name: str) -> None:
    form = tomllib.loads(text(name))
    assert form.keys() - {"timeout", "needs"} == {"file", "find", "replace", "test", "why"}
    assert text(form["file"]).count(form["find"]) == 1
    assert form["find"] != form["replace"]
    assert len(form["why"]) > 10
    for node in [form["test"]] if isinstance(form["test"], str) else form["test"]:
        path, _, function = node.partition("::")
        assert (ROOT / path).is_file(), node
        assert not function or _bare(function) in functions_of(path), node


def _bare(function: str) -> str:
    first, *rest = function.partition("[")[0].split("::")
    return "::".join([first, *rest]) if rest and rest[0] != "runTest" else first


def test_mutants_stand_where_the_runner_looks() -> None:
    assert [m for m in MUTANTS if Path(m).parent != Path("tests/mutants")] == []
