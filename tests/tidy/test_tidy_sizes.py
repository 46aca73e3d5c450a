"""Files and functions stay small enough to be read in one go."""

from collections.abc import Callable

import pytest
from support.source_tree import SOURCE, comments, functions, length, percentile, python_files

LONGEST_FILE, P90_FILE, MEDIAN_FILE = 400, 300, 130
LONGEST_FUNCTION, P95_FUNCTION = 60, 30
MOST_COMMENTS = 0.12


@pytest.fixture(scope="module")
def everything() -> list[str]:
    return python_files(*SOURCE, "tests", "bench")


def test_no_file_is_longer_than_four_hundred_lines(everything: list[str]) -> None:
    assert {name: n for name in everything if (n := length(name)) > LONGEST_FILE} == {}


def test_most_source_files_are_short() -> None:
    lengths = [length(n) for n in python_files(*SOURCE) if not n.endswith("__init__.py")]
    assert percentile(lengths, 0.9) <= P90_FILE
    assert percentile(lengths, 0.5) <= MEDIAN_FILE


def test_no_function_is_longer_than_sixty_lines(everything: list[str]) -> None:
    found = [f for name in everything for f in functions(name) if f.lines > LONGEST_FUNCTION]
    assert found == []


def test_most_functions_are_short() -> None:
    lines = [f.lines for name in python_files(*SOURCE) for f in functions(name)]
    assert percentile(lines, 0.95) <= P95_FUNCTION


def test_comments_are_rare_enough_to_be_read(
    record_property: Callable[[str, object], None],
) -> None:
    names = python_files(*SOURCE)
    share = sum(len(comments(n)) for n in names) / sum(length(n) for n in names)
    record_property("comment lines, the aim is 3-6 %", f"{share:.1%}")
    assert share <= MOST_COMMENTS
