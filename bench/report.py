"""The page of results: docs/performance.md, whose table each run brings up to date."""

import os
import platform
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bench.harness import Result

BEGIN: Final = "<!-- results: written by `make bench` -->"
END: Final = "<!-- end of results -->"
HEADER: Final = (
    "| bar | median (range) | must | aim | holds | measured | against |\n"
    "| --- | --- | --- | --- | --- | --- | --- |"
)


def machine() -> str:
    """Return the machine's shape in a few words."""
    pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return (
        f"{os.cpu_count()} cores, {pages * size / 2**30:.0f} GiB, {platform.machine()}, "
        f"{platform.system()}, Python {platform.python_version()}"
    )


def row(result: Result) -> str:
    """Return a bar's row."""
    bar, sign = result.bar, "<=" if result.bar.at_most else ">="
    low, high = min(result.values), max(result.values)
    holds = f"invalid: {result.invalid}" if result.invalid else ("yes" if result.ok else "no")
    cells = (
        bar.name,
        f"{result.median:.3g} {bar.unit} ({low:.3g} to {high:.3g})",
        f"{sign} {bar.must:g} {bar.unit}",
        f"{bar.aim:g} {bar.unit}",
        holds,
        f"{datetime.now(UTC):%Y-%m-%d}",
        "; ".join((bar.what, *result.notes)),
    )
    return f"| {' | '.join(cells)} |"


def table(results: Iterable[Result]) -> str:
    """Return the table of some results."""
    return "\n".join((HEADER, *(row(result) for result in results)))


def write(page: Path, results: Iterable[Result]) -> None:
    """Bring the page's rows up to date; rows of bars that were not measured stay."""
    before, rest = page.read_text("utf-8").split(BEGIN)
    old, after = rest.split(END)
    rows = {line.split("|")[1].strip(): line for line in old.splitlines() if line.startswith("| ")}
    for heading in ("bar", "---"):
        rows.pop(heading, None)
    rows |= {result.bar.name: row(result) for result in results}
    body = "\n".join((HEADER, *rows.values()))
    shape = f"Machine of the last run: {machine()}."
    page.write_text(f"{before}{BEGIN}\n\n{shape}\n\n{body}\n\n{END}{after}", "utf-8")
