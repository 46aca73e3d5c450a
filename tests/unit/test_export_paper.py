"""The PDF of a bag is made beside the reading: whatever fails, nothing waits for ever."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.errors import Integrity, Malformed
from infra.pdf import Cover, Row
from projections.exporting.paper import Paper

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COVER = Cover("bag", "contract C-1", "The court", 7, NOW, "Ann Ode", "the passport", NOW)
ROWS = [Row(n, str(n), NOW, "agent", "MessagePosted") for n in range(100)]
PATIENCE = 60


def run(paper: Paper, pages: int, fails: BaseException | None = None) -> list[Path]:
    """Hand pages of rows over, then let the collector fail, or wait for the PDF."""

    async def collect() -> list[Path]:
        async with asyncio.timeout(PATIENCE), paper:
            for _ in range(pages):
                await paper.add(ROWS)
            if fails is not None:
                raise fails
            return await paper.done()

    return asyncio.run(collect())


@pytest.mark.parametrize("pages", [0, 1, 12])
def test_what_the_collector_fails_of_is_raised_and_the_thread_leaves_off(
    pages: int, tmp_path: Path
) -> None:
    with pytest.raises(Integrity, match="altered"):
        run(Paper(tmp_path / "pdf", COVER, "UTC", "en"), pages, Integrity("altered"))
    assert list((tmp_path / "pdf").iterdir()) == []


@pytest.mark.parametrize("pages", [0, 1, 12])
def test_what_the_pdf_fails_of_is_raised_to_the_collector(pages: int, tmp_path: Path) -> None:
    with pytest.raises(Malformed, match="Europe/Berlin"):
        run(Paper(tmp_path / "pdf", COVER, "Nowhere/Land", "en"), pages)


def test_progress_is_told_in_the_collector_s_thread(tmp_path: Path) -> None:
    steps: list[int] = []
    made = run(Paper(tmp_path / "pdf", COVER, "UTC", "en", steps.append), 2)
    assert [path.name for path in made] == ["timeline-1.pdf"]
    assert steps == [200]
