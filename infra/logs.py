"""Logs: JSON lines on standard error, a form for people at a terminal, nothing personal in either.

Say what happened in a fixed text and give facts as fields: ids, positions, counts, durations.
Never a name, an address, a text or a request's body; exceptions are logged by type and place.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, cast

import structlog


def configure(level: str = "info") -> None:
    """Send this process's logs to standard error from `level` on."""
    terminal = sys.stderr.isatty()
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _without_texts,
            structlog.dev.ConsoleRenderer(colors=False)
            if terminal
            else structlog.processors.JSONRenderer(sort_keys=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=_to_standard_error,
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    if not any(isinstance(handler, _Libraries) for handler in root.handlers):
        root.addHandler(_Libraries(logging.WARNING))


def _to_standard_error(*_names: object) -> structlog.PrintLogger:
    return structlog.PrintLogger(sys.stderr)  # as it is now: tests and daemons replace it


def logger(area: str) -> structlog.typing.FilteringBoundLogger:
    """Return the logger of one part of the ledger."""
    return cast("structlog.typing.FilteringBoundLogger", structlog.get_logger(area=area))


class _Libraries(logging.Handler):
    """Tells that a library warned, and where; its text may name machines and quote people."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        place = f"{record.filename}:{record.lineno}"
        with suppress(OSError, ValueError):  # standard error is closed: nobody can be told
            logger(record.name).log(record.levelno, "a library warned", place=place, exc_info=error)


def _without_texts(
    _logger: object, _name: str, entry: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Replace an exception by its type and place: its message may quote somebody's words."""
    error = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if error is True else error
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)
        entry["error"] = type(error).__name__
        entry["at"] = [f"{frame.filename}:{frame.lineno}" for frame in frames[-3:]]
    return entry
