"""In which order a log is recorded: that of time, across all its cases."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from domain.importing.rows import Case, Update

OPENING: Final = 0
"""The ordinal of a case's opening, which has a time of its own."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing to record: a case's opening (`update` None) or one of its rows."""

    case: Case
    update: Update | None

    @property
    def at(self) -> datetime:
        """Return when it happened."""
        return self.update.at if self.update else self.case.opening.at

    @property
    def ordinal(self) -> int:
        """Return its place in the case."""
        return self.update.ordinal if self.update else OPENING

    @property
    def told_by(self) -> Update:
        """Return the row that says it: a case's first row tells its opening too."""
        return self.update or self.case.updates[0]


def entries(case: Case) -> tuple[Entry, ...]:
    """Return everything there is to record of a case, in order."""
    return (Entry(case, None), *(Entry(case, update) for update in case.updates))


def in_time(found: Iterable[Entry]) -> list[Entry]:
    """Return the entries in the order of time; at one time, in the order they came in."""
    return sorted(found, key=lambda entry: entry.at)


def stretches(ordered: Sequence[Entry], size: int) -> Iterator[tuple[tuple[Entry, ...], ...]]:
    """Cut the sequence into stretches of `size` entries, each divided into its cases.

    What is in one stretch may be recorded side by side, case by case in order.
    """
    for start in range(0, len(ordered), size):
        chains: dict[str, list[Entry]] = {}
        for entry in ordered[start : start + size]:
            chains.setdefault(entry.case.reference, []).append(entry)
        yield tuple(tuple(chain) for chain in chains.values())


def contracts(ordered: Iterable[Entry]) -> dict[str, Entry]:
    """Return the contracts of cases that open, each with the first opening under it."""
    found: dict[str, Entry] = {}
    for entry in ordered:
        number = entry.case.opening.contract
        if entry.update is None and number is not None:
            found.setdefault(number, entry)
    return found
