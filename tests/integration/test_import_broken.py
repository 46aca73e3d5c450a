"""Broken files: refused with line and reason before anything is recorded, or left out and told."""

from collections.abc import Callable
from pathlib import Path
from shlex import split

import pytest
from support import imports
from support.imports import Import
from support.incidents import EXCERPT

from cli.importing import MOST_BYTES
from infra.settings import Settings

Edit = Callable[[list[bytes]], list[bytes]]


@pytest.fixture(name="take_over")
def _take_over(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Import:
    return Import(settings, monkeypatch, capsys)


def replaced(line: int, old: bytes, new: bytes) -> Edit:
    """Return an edit of one line (from 1)."""

    def edit(lines: list[bytes]) -> list[bytes]:
        assert old in lines[line - 1]
        return [*lines[: line - 1], lines[line - 1].replace(old, new, 1), *lines[line:]]

    return edit


def broken(tmp_path: Path, edit: Edit) -> Path:
    file = tmp_path / "broken.csv"
    file.write_bytes(b"".join(edit(EXCERPT.read_bytes().splitlines(keepends=True))))
    return file


BROKEN_LINES = {
    "encoding": (replaced(50, b"Caller", b"C\xe4ller"), 50, "UTF-8"),
    "nul": (replaced(50, b"Caller", b"Ca\x00ller"), 50, "NUL"),
    "bad date": (replaced(60, b"-2016 ", b"-2O16 "), 60, "not a time"),
    "no such day": (replaced(2, b"29-02-2016", b"30-02-2016"), 2, "not a time"),
    "cut line": (lambda lines: [*lines[:69], lines[69][:80] + b"\r\n", *lines[70:]], 70, "cut"),
    "cut file": (lambda lines: [*lines[:-1], lines[-1][:100]], 128, "cut"),
    "cut in its last cell": (lambda lines: [*lines[:-1], lines[-1][:-4]], 128, "not a time"),
    "quoting": (replaced(40, b"Phone", b'"Phone'), 40, "quoting"),
    "unknown state": (replaced(2, b",New,", b",Newish,"), 2, "incident_state"),
}


@pytest.mark.parametrize(("edit", "line", "reason"), BROKEN_LINES.values(), ids=BROKEN_LINES)
def test_a_broken_line_refuses_the_file_before_anything_is_recorded(
    take_over: Import, settings: Settings, tmp_path: Path, edit: Edit, line: int, reason: str
) -> None:
    file = broken(tmp_path, edit)
    ended = take_over("servicenow", file, "--timezone", "UTC")
    assert ended.code == 3
    assert f"line {line}: " in ended.errors
    assert reason in ended.errors
    assert not ended.out
    assert imports.recorded(settings) == []


@pytest.mark.parametrize(("edit", "line", "reason"), BROKEN_LINES.values(), ids=BROKEN_LINES)
def test_skip_bad_leaves_the_line_out_says_so_and_takes_over_the_rest(
    take_over: Import, settings: Settings, tmp_path: Path, edit: Edit, line: int, reason: str
) -> None:
    file = broken(tmp_path, edit)
    ended = take_over("servicenow", file, "--timezone", "UTC", "--skip-bad", "--json")
    assert ended.code == 0
    ((left_out, why),) = [(one["line"], one["reason"]) for one in ended.said["left_out"]]
    assert left_out == line
    assert reason in why
    assert ended.said["rows"] == imports.imported(settings)["updates"] == 126


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (lambda _: [], "empty"),
        (lambda lines: lines[:1], "no rows"),
        (replaced(1, b"sys_updated_at,", b"changed,"), "no column sys_updated_at"),
        (replaced(1, b"location,", b"locality,"), "no column location"),
        (lambda lines: [line.replace(b",", b";") for line in lines], "no column"),
        (lambda lines: lines[1:], "no column"),
        (lambda lines: [line.decode().encode("utf-16") for line in lines], "broken"),
    ],
)
def test_a_file_of_another_form_is_refused_even_when_bad_lines_are_left_out(
    take_over: Import, settings: Settings, tmp_path: Path, edit: Edit, reason: str
) -> None:
    ended = take_over("servicenow", broken(tmp_path, edit), "--timezone", "UTC", "--skip-bad")
    assert ended.code == 3
    assert reason in ended.errors
    assert imports.recorded(settings) == []


def test_problems_are_told_as_json_too_and_the_first_of_many_to_people(
    take_over: Import, tmp_path: Path
) -> None:
    file = broken(
        tmp_path, lambda lines: [line.replace(b"Moderate", b"Middling") for line in lines]
    )
    ended = take_over("servicenow", file, "--timezone", "UTC", "--json")
    assert ended.code == 3
    assert ended.said["recorded"] is False
    assert len(ended.said["problems"]) > 20
    assert ended.errors.count("line ") == 20
    assert "more" in ended.errors


@pytest.mark.parametrize(
    "arguments",
    [
        ["servicenow", "x.csv"],
        ["servicenow", "x.csv", "--timezone", "Mars/Olympus"],
        ["servicenow", "x.csv", "--timezone", "../../etc/passwd"],
        ["csv", "x.csv", "--timezone", "UTC", "--case", "a", "--activity", "b"],
        [*split("csv x.csv --timezone UTC --case a --activity b --time c --map"), "b=gone"],
        [*split("csv x.csv --timezone UTC --case a --activity b --time c --map"), "gone"],
        [*split("csv x.csv --timezone UTC --case a --activity b --time c"), "--delimiter", ",,"],
        [*split("csv x.csv --timezone UTC --case a --activity b --time c"), "--time-format", "%Q"],
    ],
)
def test_wrong_usage_is_told_as_such(take_over: Import, arguments: list[str]) -> None:
    assert take_over(*arguments).code == 2


def test_a_file_that_is_not_there_is_refused(take_over: Import, tmp_path: Path) -> None:
    for file in (tmp_path / "nothing.csv", tmp_path):
        ended = take_over("servicenow", file, "--timezone", "UTC")
        assert ended.code == 3
        assert "cannot be read" in ended.errors


def test_a_file_larger_than_can_be_held_is_refused_unread(
    take_over: Import, tmp_path: Path
) -> None:
    file = tmp_path / "large.csv"
    with file.open("wb") as sparse:
        sparse.truncate(MOST_BYTES + 1)
    ended = take_over("servicenow", file, "--timezone", "UTC")
    assert ended.code == 3
    assert "larger than" in ended.errors
