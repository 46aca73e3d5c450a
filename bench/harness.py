"""How a bar is measured: ours and the reference by turns, so that the machine's mood hits both.

A bench is a module with `run(scale) -> Iterable[Result]`. It measures in `scale.rounds` rounds,
never times a test, and says in `Result.notes` what a reader must know to believe the figure.
"""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal

ROUNDS: Final = 5
"""Fewest rounds of a measurement that counts."""

Unit = Literal["x", "s", "MB"]


@dataclass(frozen=True, slots=True)
class Bar:
    """What a figure must reach; `x` is ours / reference and wants to be high unless `at_most`.

    `what` says in one line what is measured against what.
    """

    name: str
    unit: Unit
    must: float
    aim: float
    what: str
    at_most: bool = False

    def holds(self, median: float) -> bool:
        """Say whether a median reaches the bar."""
        return median <= self.must if self.at_most else median >= self.must


@dataclass(frozen=True, slots=True)
class Scale:
    """How much to do: all of it, or (`smoke`) just enough to see that the bench works."""

    smoke: bool = False
    rounds: int = ROUNDS

    def pick(self, full: int, smoke: int) -> int:
        """Return the size for this run."""
        return smoke if self.smoke else full


@dataclass(frozen=True, slots=True)
class Result:
    """A bar's figures, one value a round; `invalid` says why they must not be believed."""

    bar: Bar
    values: tuple[float, ...]
    notes: tuple[str, ...] = ()
    invalid: str = ""

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def ok(self) -> bool:
        """Whether the figures count and reach the bar."""
        return not self.invalid and self.bar.holds(self.median)

    def line(self, *, smoke: bool = False) -> str:
        """Return the line that machines read; a smoke run has no thresholds."""
        fields: dict[str, object] = {
            "bench": self.bar.name,
            "median": _short(self.median),
            "min": _short(min(self.values)),
            "max": _short(max(self.values)),
            "unit": self.bar.unit,
            "must": self.bar.must,
            "aim": self.bar.aim,
            "ok": smoke or self.ok,
        }
        if smoke:
            fields["smoke"] = True
        if self.invalid:
            fields["invalid"] = self.invalid
        return json.dumps(fields, separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True)
class Rounds:
    """What was measured by turns: name -> one value a round."""

    values: dict[str, list[float]] = field(default_factory=dict)

    def ratios(self, ours: str, reference: str) -> tuple[float, ...]:
        """Return ours / reference, round by round."""
        pairs = zip(self.values[ours], self.values[reference], strict=True)
        return tuple(ours / reference for ours, reference in pairs)

    def note(self, name: str, unit: str) -> str:
        """Return a line with a side's absolute figures."""
        values = self.values[name]
        middle = statistics.median(values)
        return f"{name}: {middle:,.5g} {unit} ({min(values):,.5g} to {max(values):,.5g})"


def interleave(rounds: int, **sides: Callable[[], float]) -> Rounds:
    """Measure every side once a round, in turning order; sides return rates, seconds or sizes."""
    measured = Rounds({name: [] for name in sides})
    names = list(sides)
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            measured.values[name].append(sides[name]())
    return measured


class Watch:
    """Seconds between the start and the end of a `with` block of `timed`."""

    seconds: float = 0.0


@contextmanager
def timed() -> Iterator[Watch]:
    """Measure a block by the monotonic clock."""
    watch = Watch()
    start = time.perf_counter()
    yield watch
    watch.seconds = time.perf_counter() - start


def quantile(values: list[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _short(value: float) -> float:
    return float(f"{value:.4g}")
