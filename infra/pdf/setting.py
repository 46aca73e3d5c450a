"""Setting a part in a process of its own, within bounds of time and memory."""

import json
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from infra.pdf.fonts import folders

_PROGRAM: Final = Path(__file__).with_name("compile.py")
_TEMPLATE: Final = Path(__file__).with_name("timeline.typ")
_COUNT_ONLY: Final = "-"
_PATIENCE: Final = 5  # on a busy machine a second of the processor takes longer


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one process may take: seconds of the processor, bytes of memory."""

    seconds: int = 120
    memory: int = 2 << 30


@dataclass(frozen=True, slots=True)
class Whole:
    """What a part must know of the whole: pages before it, pages (0: its own) and parts in all."""

    before: int = 0
    pages: int = 0
    parts: int = 1


class NotSet(Exception):
    """A part could not be set; the text says why, without anything of its content."""


def pages_of(part: Path, bounds: Bounds) -> int:
    """Return how many pages the part in file `part` takes.

    Raises:
        NotSet: It cannot be set within its bounds.
    """
    return int(_run(part, _COUNT_ONLY, Whole(), bounds))


def make(part: Path, into: Path, whole: Whole, bounds: Bounds) -> None:
    """Set the part in file `part` as the PDF `into`.

    Raises:
        NotSet: It cannot be set within its bounds.
    """
    _run(part, str(into), whole, bounds)


def culprits(part: Path, bounds: Bounds) -> list[int]:
    """Return the positions of the fewest neighbouring events of a part that cannot be set.

    One, when one by itself is the reason; none, when the fault lies before the first event.
    """
    data = json.loads(part.read_bytes())
    alone = part.with_suffix(".alone")

    def fails(rows: list[Any]) -> bool:
        alone.write_text(json.dumps({**data, "cover": None, "remarks": [], "rows": rows}), "utf-8")
        try:
            pages_of(alone, bounds)
        except NotSet:
            return True
        return False

    rows = data["rows"]
    if not fails(rows):
        return []
    return [row["position"] for row in _narrowed(rows, fails)]


def _narrowed(rows: list[Any], fails: Callable[[list[Any]], bool]) -> list[Any]:
    while len(rows) > 1:
        middle = len(rows) // 2
        halves = (rows[:middle], rows[middle:])
        failing = next((half for half in halves if fails(half)), None)
        if failing is None:
            return rows
        rows = failing
    return rows


def _run(part: Path, into: str, whole: Whole, bounds: Bounds) -> str:
    """Run the program, and return what it prints."""
    told = json.dumps({"before": whole.before, "pages": whole.pages, "parts": whole.parts})
    command = [sys.executable, "-I", str(_PROGRAM), str(part), told, str(_TEMPLATE), into]
    command += [str(bounds.seconds), str(bounds.memory), *map(str, folders())]
    try:
        done = subprocess.run(  # noqa: S603 - the command is ours; contents lie in a file
            command,
            env={"RAYON_NUM_THREADS": "2"},  # else memory grows with the machine's cores
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_PATIENCE * bounds.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotSet(_too_long(bounds)) from None
    if done.returncode == 0:
        return done.stdout
    if done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}:
        raise NotSet(_too_long(bounds))
    if "memory allocation" in done.stderr or "MemoryError" in done.stderr:
        raise NotSet(f"it needs more than {bounds.memory >> 20} MiB of memory")
    raise NotSet("it cannot be typeset")


def _too_long(bounds: Bounds) -> str:
    return f"it takes more than {bounds.seconds} s"
