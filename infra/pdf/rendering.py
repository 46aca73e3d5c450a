"""The timeline as PDF: numbered parts, each set in a process of its own, pages counted over all.

Page n of m needs m before the first page is made. So a timeline of several parts is set twice: to
count, and to make; one of a single part knows its own pages and is set once.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

from domain.errors import Integrity, Unavailable
from infra.pdf.document import Document
from infra.pdf.setting import Bounds, NotSet, Whole, culprits, make, pages_of
from infra.pdf.shaping import Shaping, weight

EVENTS: Final = 2_000  # at most in one part
WEIGHT: Final = 500_000  # characters of contents in one part, unless a single event has more
_BOUNDS: Final = Bounds()
_T = TypeVar("_T")
_AT_ONCE: Final = min(2, os.cpu_count() or 1)  # each may take `Bounds.memory`


def render(
    document: Document,
    into: Path,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
    bounds: Bounds = _BOUNDS,
) -> list[Path]:
    """Write `timeline-1.pdf`, `timeline-2.pdf`, ... into the directory `into`; return their paths.

    The same document gives the same bytes. `progress` gets steps done and steps in all, which are
    the events, or twice as many when there are several parts. Contents lie in files below `into`
    while it runs.

    Raises:
        Malformed: There are no texts in the document's language, or its zone is none.
        Integrity: There are more or fewer rows than the document says.
        Unavailable: Fonts are missing, or a part cannot be set; names the event.
    """
    with (
        TemporaryDirectory(dir=into, prefix=".pdf-") as folder,
        ThreadPoolExecutor(_AT_ONCE) as workers,
    ):
        try:
            return _Rendering(document, into, Path(folder), workers, progress, bounds).all()
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


class _Rendering:
    def __init__(
        self,
        document: Document,
        into: Path,
        folder: Path,
        workers: ThreadPoolExecutor,
        progress: Callable[[int, int], None],
        bounds: Bounds,
    ) -> None:
        self._document = document
        self._into, self._folder = into, folder
        self._workers, self._progress, self._bounds = workers, progress, bounds
        self._parts: list[Path] = []
        self._events: list[int] = []
        self._done = 0

    def all(self) -> list[Path]:
        """Shape and count the parts, then make them."""
        counted = self._counted()
        if sum(self._events) != self._document.total():
            raise Integrity(
                f"the timeline has {sum(self._events)} events, not {self._document.total()}"
            )
        pages = [self._result(n, job) for n, job in enumerate(counted)]
        before = [0, *accumulate(pages)]
        made = [self._into / f"timeline-{n + 1}.pdf" for n in range(len(self._parts))]
        jobs = [
            self._workers.submit(
                make, part, path, Whole(start, before[-1], len(self._parts)), self._bounds
            )
            for part, path, start in zip(self._parts, made, before, strict=False)
        ]
        for n, job in enumerate(jobs):
            self._result(n, job)
        return made

    def _counted(self) -> list[Future[int]]:
        """Write each part to a file, the first one last; count pages when there are several."""
        shaping = Shaping(self._document)
        first: list[dict[str, Any]] = []
        jobs: list[Future[int]] = []
        for n, rows in enumerate(in_parts(map(shaping.row, self._document.rows)), 1):
            self._parts.append(self._folder / f"{n}.json")
            self._events.append(len(rows))
            if n == 1:
                first = rows
            else:
                self._write(shaping.part(n, rows))
                jobs.append(self._count(n - 1))
        self._write(shaping.part(1, first))
        return [self._count(0), *jobs] if jobs else []

    def _write(self, part: dict[str, Any]) -> None:
        text = json.dumps(part, ensure_ascii=False)
        self._parts[part["number"] - 1].write_text(text, "utf-8")

    def _count(self, n: int) -> Future[int]:
        return self._workers.submit(pages_of, self._parts[n], self._bounds)

    def _result(self, n: int, job: Future[_T]) -> _T:
        try:
            found = job.result()
        except NotSet as error:
            raise Unavailable(self._told(n, error)) from None
        self._done += self._events[n]
        passes = 1 if len(self._parts) == 1 else 2
        self._progress(self._done, passes * self._document.total())
        return found

    def _told(self, n: int, error: NotSet) -> str:
        found = culprits(self._parts[n], self._bounds)
        where = f"the event at position {found[0]}" if found else "its first page"
        if len(found) > 1:
            where = f"the events at positions {found[0]} to {found[-1]}"
        return f"part {n + 1} of the PDF cannot be made because of {where}: {error}"


def in_parts(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Cut shaped rows into parts; a timeline without events is one empty part."""
    part: list[dict[str, Any]] = []
    weighs = 0
    for row in rows:
        more = weight(row)
        if part and (len(part) == EVENTS or weighs + more > WEIGHT):
            yield part
            part, weighs = [], 0
        part.append(row)
        weighs += more
    yield part
