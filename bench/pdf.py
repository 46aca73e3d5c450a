"""A timeline as PDF: how long it takes, and how much memory a process of it."""
# ruff: noqa: RUF001 - other people's letters are the point

import resource
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from bench.harness import Bar, Result, Scale
from infra.pdf import Cover, Document, Field, Hidden, Row, render
from infra.pdf.rendering import in_parts
from infra.pdf.shaping import Shaping

DISPUTE: Final = Bar("pdf-1000", "s", 2.0, 1.0, "1,000 events as PDF, in one part", at_most=True)
WHOLE: Final = Bar("pdf-100000", "s", 150, 90, "100,000 events as PDF, in 50 parts", at_most=True)
_BEGIN: Final = datetime(2026, 1, 1, tzinfo=UTC)
_SAYINGS: Final = (
    "Good morning, the network has been down since this morning and mail cannot be reached.",
    "Привет, сеть не работает с самого утра, помогите, пожалуйста.",
    "服务器从今天早上开始无法连接，请帮助我们恢复服务。",
    "הרשת אינה פועלת מאז הבוקר",
)


def document(count: int) -> Document:
    """Return a made-up timeline in four scripts."""
    cover = Cover(
        "bench", "contract C-1", "nobody", count, _BEGIN, "Acme", "the register extract", _BEGIN
    )
    return Document(cover, map(_row, range(1, count + 1)), count, "Europe/Berlin")


def _row(position: int) -> Row:
    said = Hidden.WITHHELD if position % 10 == 0 else _SAYINGS[position % len(_SAYINGS)]
    return Row(
        position,
        f"01890a5d-ac96-774b-bcce-{position:012d}",
        _BEGIN + timedelta(minutes=position),
        f"Agent {position % 50}",
        "MessageReceived",
        f"192.0.2.{position % 250}",
        (Field("text", said),),
    )


def run(scale: Scale) -> Iterator[Result]:
    """Make the PDF of a dispute several times, and that of a whole ledger once."""
    for bar, count, rounds in (
        (DISPUTE, scale.pick(1_000, 20), scale.rounds),
        (WHOLE, scale.pick(100_000, 2_020), 1),
    ):
        taken = tuple(_seconds(count) for _ in range(rounds))
        megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10
        notes = (f"{count:,} events; most memory of one process so far {megabytes} MB",)
        if bar is DISPUTE:
            notes += (f"of it bringing texts into form {_shaping(count):.2f} s",)
        yield Result(bar, taken, notes)


def _seconds(count: int) -> float:
    with tempfile.TemporaryDirectory(prefix="ledger-bench-") as place:
        begun = time.perf_counter()
        render(document(count), Path(place))
        return time.perf_counter() - begun


def _shaping(count: int) -> float:
    timeline = document(count)
    begun = time.perf_counter()
    shaping = Shaping(timeline)
    for number, rows in enumerate(in_parts(map(shaping.row, timeline.rows)), 1):
        shaping.part(number, rows)
    return time.perf_counter() - begun
