"""What libraries write to their own logs reaches ours without its text."""

import json
import logging
from collections.abc import Callable, Iterator

import pytest

from infra import logs


@pytest.fixture(autouse=True)
def _handlers_as_before() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = before


def said(capsys: pytest.CaptureFixture[str], say: Callable[[], None]) -> list[dict[str, object]]:
    logs.configure()
    logs.configure()
    say()
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def fail() -> None:
    raise ValueError("Ms. Rivera")


def failing() -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("asyncio").exception("it failed")


def test_a_warning_of_a_library_is_one_line_without_its_text(
    capsys: pytest.CaptureFixture[str],
) -> None:
    pool = logging.getLogger("psycopg.pool")
    (line,) = said(capsys, lambda: pool.warning("cannot reach %s", "Ms. Rivera's machine"))
    assert line["area"] == "psycopg.pool"
    assert line["level"] == "warning"
    assert "test_logs_of_libraries.py" in str(line["place"])
    assert "Rivera" not in json.dumps(line)


def test_an_exception_in_a_library_is_told_by_type_and_place(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (line,) = said(capsys, failing)
    assert line["error"] == "ValueError"
    assert "Rivera" not in json.dumps(line)


def test_what_is_no_warning_stays_unsaid(capsys: pytest.CaptureFixture[str]) -> None:
    client = logging.getLogger("httpx")
    assert said(capsys, lambda: client.info("GET https://rivera.example")) == []
