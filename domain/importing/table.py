"""The records of a CSV file (RFC 4180, UTF-8), strictly: what is broken is named by its line."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from domain.errors import Malformed
from domain.importing.rows import Problem, Record

_BOM: Final = "\ufeff"
_HEADER: Final = "line 1"
_NO_TEXT: Final = re.compile("[\\0\\ud800-\\udfff]")
"""NUL, and what stands for a byte that is not UTF-8."""


@dataclass(frozen=True, slots=True)
class Table:
    """A file's records in order, and the lines that are none."""

    records: tuple[Record, ...]
    problems: tuple[Problem, ...]


def read_table(content: bytes, columns: Sequence[str], delimiter: str = ",") -> Table:
    """Return the records of a file that has at least these columns.

    Blank lines are no records. Raises Malformed when its first line does not name each column
    once: then nothing in the file can be understood.
    """
    lines = content.decode("utf-8", "surrogateescape").split("\n")
    lines = [f"{line}\n" for line in lines[:-1]] + [line for line in lines[-1:] if line]
    if not lines:
        raise Malformed("the file is empty", _HEADER)
    lines[0] = lines[0].removeprefix(_BOM)
    found = list(_split(lines, delimiter))
    header = _header(found[0] if found else None, columns)
    records: list[Record] = []
    problems: list[Problem] = []
    seen: dict[str, str] = {}  # a log repeats its cells: each is kept in memory once
    for line, cells in found[1:]:
        reason = _broken(cells, len(header))
        if reason:
            problems.append(Problem(line, reason))
        elif cells:
            same = (seen.setdefault(cell, cell) for cell in cells)
            records.append(Record(line, dict(zip(header, same, strict=True))))
    return Table(tuple(records), tuple(problems))


def _split(lines: Sequence[str], delimiter: str) -> Iterator[tuple[int, list[str] | str]]:
    """Yield (line, cells), or (line, reason) where quoting is broken; then go on a line later."""
    start = 0
    while start < len(lines):
        begin = start
        reader = csv.reader(
            (lines[index] for index in range(begin, len(lines))), delimiter=delimiter, strict=True
        )
        try:
            for cells in reader:
                yield start + 1, cells
                start = begin + reader.line_num
        except csv.Error as error:
            yield start + 1, f"the quoting is broken ({error})"
            start += 1


def _header(first: tuple[int, list[str] | str] | None, columns: Sequence[str]) -> list[str]:
    if first is None or isinstance(first[1], str):
        raise Malformed("the line with the names of the columns is broken", _HEADER)
    names = [name.strip() for name in first[1]]
    missing = [column for column in columns if column not in names]
    if missing:
        raise Malformed(f"there is no column {', '.join(missing)}", _HEADER)
    if len(set(names)) < len(names) or not _is_text("".join(names)):
        raise Malformed("the names of the columns are not UTF-8 or not all different", _HEADER)
    return names


def _broken(cells: list[str] | str, width: int) -> str | None:
    if isinstance(cells, str):
        return cells
    if cells and len(cells) != width:
        return f"{len(cells)} of {width} columns: the line is cut or split"
    if not _is_text("".join(cells)):
        return "not UTF-8, or a NUL character in it"
    return None


def _is_text(text: str) -> bool:
    return _NO_TEXT.search(text) is None
