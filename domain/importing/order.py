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

    @property
    def touches(self) -> frozenset[str]:
        """Return what no two entries of a wave may share."""
        contract = self.case.opening.contract
        ticket = f"ticket {self.case.reference}"
        if self.update or contract is None:
            return frozenset((ticket,))
        return frozenset((ticket, f"contract {contract}"))


def entries(case: Case) -> tuple[Entry, ...]:
    """Return everything there is to record of a case, in order."""
    return (Entry(case, None), *(Entry(case, update) for update in case.updates))


def in_time(found: Iterable[Entry]) -> list[Entry]:
    """Return the entries in the order of time; at one time, in the order they came in."""
    return sorted(found, key=lambda entry: entry.at)


def waves(ordered: Sequence[Entry], size: int) -> Iterator[list[Entry]]:
    """Cut the sequence into runs of at most `size` entries that touch nothing twice."""
    wave: list[Entry] = []
    touched: set[str] = set()
    for entry in ordered:
        if len(wave) == size or not touched.isdisjoint(entry.touches):
            yield wave
            wave, touched = [], set()
        wave.append(entry)
        touched |= entry.touches
    if wave:
        yield wave
