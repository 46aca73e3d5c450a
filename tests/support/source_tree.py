"""The checkout as the tidy tests see it: files, syntax trees, functions, comments."""

import ast
import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Final

from support.checkout import ROOT, checkout_files

SOURCE: Final = ("domain", "infra", "projections", "api", "consumers", "cli")


@dataclass(frozen=True)
class Function:
    """A function or method, decorators not counted; `lines` from `def` to its last line."""

    place: str
    lines: int


@cache
def files() -> tuple[str, ...]:
    """Return every file that is, or is about to be, part of the repository, from its root."""
    return tuple(checkout_files())


def python_files(*folders: str) -> list[str]:
    """Return the Python files below the given top folders."""
    return [name for name in files() if name.endswith(".py") and name.split("/")[0] in folders]


@cache
def text(name: str) -> str:
    """Return a file's text."""
    return (ROOT / name).read_text("utf-8")


@cache
def tree(name: str) -> ast.Module:
    """Return a Python file's syntax tree."""
    return ast.parse(text(name), name)


def length(name: str) -> int:
    """Return how many lines a file has."""
    return text(name).count("\n")


def functions(name: str) -> Iterator[Function]:
    """Yield a file's functions."""
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            last = node.end_lineno or node.lineno
            yield Function(f"{name}:{node.lineno} {node.name}", last - node.lineno + 1)


def comments(name: str) -> list[tuple[int, str]]:
    """Return (line number, text) of each comment."""
    tokens = tokenize.generate_tokens(io.StringIO(text(name)).readline)
    return [(t.start[0], t.string) for t in tokens if t.type == tokenize.COMMENT]


def docstrings(name: str) -> set[ast.expr]:
    """Return the nodes that are docstrings, also those of constants."""
    return {
        node.value
        for node in ast.walk(tree(name))
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def percentile(values: list[int], share: float) -> int:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
