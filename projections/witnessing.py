"""How the log stands with its witnesses, as the integrator tells the other processes."""

import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final, Protocol

import orjson

from infra import logs
from infra.tilefiles import log_directory

FILE: Final = "witnesses.json"
_LOG: Final = logs.logger("witnesses")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The last tree that a quorum cosigned (`at`: POSIX seconds), and what operators must know.

    `alarms` are for people; `witnesses` has how each stands, by its name.
    """

    size: int
    at: int | None
    quorum: int
    alarms: tuple[str, ...] = ()
    witnesses: dict[str, str] = field(default_factory=dict)


class Cosigning(Protocol):
    """Gets notes cosigned, and never holds anybody up for longer than a moment."""

    def offer(self, note: bytes, directory: Path, published: bytes | None = None) -> None:
        """Have a signed note cosigned; `published` is the same with cosignatures it already had."""

    def lines(self, note: bytes, *, wait: bool = False) -> bytes:
        """Return the cosignatures of a note that are here; `wait` a little for a quorum of them."""

    def tell(self) -> None:
        """Tell operators how it stands."""


class Told:
    """What was told last: it is told again when it changes, and alarms are logged once."""

    def __init__(self, data: Path) -> None:
        self._path = log_directory(data) / FILE
        self._last: Cosigned | None = None
        self._path.unlink(missing_ok=True)

    def tell(self, now: Cosigned) -> None:
        """Write how it stands, and log what became an alarm or is none any more."""
        if now == self._last:
            return
        before = () if self._last is None else self._last.alarms
        for alarm in now.alarms:
            if alarm not in before:
                _LOG.error("alarm", detail=alarm)
        if before and not now.alarms:
            _LOG.warning("alarm over")
        draft = self._path.with_name(f".{FILE}")
        draft.write_bytes(orjson.dumps(asdict(now)) + b"\n")
        draft.replace(self._path)
        self._last = now


def cosigned(data: Path) -> dict[str, Any] | None:
    """Return how the log stands with its witnesses, `age` in seconds; None when it has none."""
    try:
        told: dict[str, Any] = orjson.loads((log_directory(data) / FILE).read_bytes())
    except FileNotFoundError:
        return None
    at = told.pop("at")
    return told | {"age": None if at is None else max(0, int(time.time()) - at)}
