"""What a log's rows say, and how rows become cases.

A form reads one row; `assemble` gives every row its ordinal in its case and keeps what is wrong
with a row apart. Nothing here quotes a cell: what is in a file may be personal.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from domain.errors import Malformed
from domain.limits import TEXT
from domain.ticket.events import Channel, Priority, Status
from domain.values import is_code

MISSING: Final = frozenset({"", "?"})
"""Cells that say nothing."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: the line it begins on (from 1), and column name -> cell."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a line of a file cannot be taken over."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True)
class Update:
    """What one row says; names are those of the file, None where it says nothing.

    `columns` is every cell that differs from the row before, as far as it was known at the time:
    None for one that became empty. `cells` is the whole row.
    """

    line: int
    ordinal: int
    at: datetime
    actor: str | None
    cells: Mapping[str, str]
    columns: Mapping[str, str | None]
    status: Status | None = None
    priority: Priority | None = None
    reopenings: int = 0
    reassignments: int | None = None
    team: str | None = None
    assignee: str | None = None

    @property
    def told(self) -> str:
        """Return `columns` as the JSON object that is sealed."""
        return json.dumps(self.columns, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a case began, told by its first row: at the earlier of the stated time and that row."""

    at: datetime
    stated_at: datetime | None
    actor: str | None
    contract: str | None
    requester: str | None
    channel: Channel | None
    priority: Priority | None


@dataclass(frozen=True, slots=True)
class Case:
    """One ticket of the other system: how it began and its rows in order."""

    reference: str
    opening: Opening
    updates: list[Update] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Assembled:
    """A whole file: its cases in order of appearance, and what is wrong with it by line."""

    cases: tuple[Case, ...]
    problems: tuple[Problem, ...]


class Form(Protocol):
    """One form of log: which columns it needs and what its rows say."""

    @property
    def source(self) -> str:
        """Return the name under which rows of this form are known for ever."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the columns that a file must have."""

    @property
    def case_column(self) -> str:
        """Return the column that says which case a row belongs to."""

    def update(self, record: Record, ordinal: int, before: Update | None) -> Update:
        """Return what a row says after the row `before` of its case. Raises Malformed."""

    def opening(self, first: Update) -> Opening:
        """Return how a case began whose first row is `first`. Raises Malformed."""

    def contract(self, cells: Mapping[str, str]) -> str | None:
        """Return the number of the contract that a row belongs to. Raises Malformed."""


def told(cells: Mapping[str, str], column: str) -> str | None:
    """Return a cell's text without outer spaces, None when it says nothing."""
    text = cells.get(column, "").strip()
    return None if text in MISSING else text


def as_code(text: str | None, column: str) -> str:
    """Return a name as it may stand in the clear: runs of spaces become a hyphen.

    Raises Malformed when it is missing or has other characters than `domain.values.CODE` allows.
    """
    code = "-".join((text or "").split())
    if not is_code(code):
        raise Malformed(f"{column} is not 1-64 of A-Z a-z 0-9 . _ - and spaces")
    return code


def news(
    visible: Mapping[str, str | None], before: Mapping[str, str | None]
) -> dict[str, str | None]:
    """Return the columns whose visible cell differs from the row before."""
    return {name: text for name, text in visible.items() if before.get(name) != text}


def assemble(records: Iterable[Record], form: Form) -> Assembled:
    """Put rows together to cases; a row that cannot be taken over is a problem and left out.

    A row that is left out keeps its ordinal, so that the rows after it keep theirs.
    """
    cases: dict[str, Case] = {}
    names: dict[str, str | None] = {}
    ordinals: Counter[str] = Counter()
    problems: list[Problem] = []
    for record in records:
        try:
            reference = _reference(record, form, names)
            ordinals[reference] += 1
            _add(cases, reference, record, ordinals[reference], form)
        except Malformed as error:
            problems.append(Problem(record.line, str(error)))
    return Assembled(tuple(cases.values()), tuple(problems))


def _reference(record: Record, form: Form, names: dict[str, str | None]) -> str:
    name = told(record.cells, form.case_column)
    reference = as_code(name, form.case_column)
    if names.setdefault(reference, name) != name:
        raise Malformed(f"{form.case_column} differs from another one only in its spaces")
    return reference


def _add(cases: dict[str, Case], reference: str, record: Record, ordinal: int, form: Form) -> None:
    case = cases.get(reference)
    before = case.updates[-1] if case else None
    update = form.update(record, ordinal, before)
    if before is not None and update.at < before.at:
        raise Malformed("the time lies before that of the case's row before: sort the file")
    if len(update.told) > TEXT:
        raise Malformed(f"the row has more than {TEXT} characters")
    if case is None:
        case = cases[reference] = Case(reference, form.opening(update))
    elif form.contract(record.cells) != case.opening.contract:
        raise Malformed("the contract is not that of the case's first row")
    case.updates.append(update)
