"""docs/operations.md says of settings and exit codes what the code does."""

import re
from pathlib import Path

import pytest
from support.operations import settings_table

from cli import exits
from cli.exits import exit_code
from domain.errors import Forked, Integrity, Malformed, NotAllowed, NotFound, Refused

PAGE = (Path(__file__).parents[2] / "docs" / "operations.md").read_text("utf-8")


def test_the_settings_are_those_of_the_code_with_their_defaults() -> None:
    assert "\n".join(settings_table()) in PAGE


def test_every_exit_code_is_told() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)}
    ours = {value for value in vars(exits).values() if isinstance(value, int)}
    errors = (Malformed(""), NotFound(), NotAllowed(), Refused("", ""), Integrity(), Forked())
    assert told == ours | {exit_code(error) for error in errors}


@pytest.mark.parametrize("name", ["Backups", "Keys", "Settings", "When appends are refused"])
def test_what_an_operator_looks_for_has_a_heading(name: str) -> None:
    assert f"\n## {name}\n" in PAGE
