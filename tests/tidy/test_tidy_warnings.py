"""Warnings are errors; what is let through says which module warns, and why."""

import re
import tomllib

from support.source_tree import text


def exceptions() -> list[str]:
    """Return the lines of pyproject.toml that let a warning through."""
    options = tomllib.loads(text("pyproject.toml"))["tool"]["pytest"]["ini_options"]
    first, *others = options["filterwarnings"]
    assert first == "error"
    return [
        line
        for line in text("pyproject.toml").splitlines()
        if any(other.replace("\\", "\\\\") in line or other in line for other in others)
    ]


def test_each_exception_names_a_category_a_module_and_a_reason() -> None:
    form = re.compile(r"^\s*[\"']ignore:[^:]*:[A-Za-z.]+:[\w.\\*$]+[\"'],?\s+# \S.{9,}$")
    assert [line for line in exceptions() if not form.match(line)] == []


def test_ruff_explains_each_rule_that_it_leaves_out() -> None:
    block = text("pyproject.toml").split("\nignore = [\n")[1].split("\n]")[0]
    assert [line for line in block.splitlines() if not re.search(r"# \S.{9,}", line)] == []
