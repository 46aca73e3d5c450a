"""Whether the clocks allow recording, and which time is recorded.

Three clocks are compared: the store's (read under the append lock), the caller's (when it made
the command, advanced by the time since), and this process's wall clock against its steady one.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from domain.errors import ClockUnfit

DRIFT: Final = timedelta(seconds=5)
"""How far the caller's clock, or a stepping wall clock, may be off."""

STEP_BACK: Final = timedelta(seconds=1)
"""How far the store's clock may lie before the last recorded time; then that one is recorded."""

REBASE_SECONDS: Final = 3600.0
"""How often the wall clock is compared anew, so that years of small corrections do not add up."""


def steady_seconds() -> float:
    """Return a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


@dataclass(frozen=True, slots=True)
class Clocks:
    """Where this process reads the time, in seconds."""

    wall: Callable[[], float] = time.time
    steady: Callable[[], float] = steady_seconds


@dataclass(frozen=True, slots=True)
class Moment:
    """The time that is recorded; `clamped` says that the store's clock stood before it.

    `store` is what the store's clock said.
    """

    recorded_at: datetime
    clamped: bool
    store: datetime


class ClockWatch:
    """Watches the clocks of one process and its store."""

    def __init__(self, clocks: Clocks) -> None:
        self._clocks = clocks
        self._rebase()

    def moment(self, store: datetime, head: datetime | None) -> Moment:
        """Return the time to record; raise ClockUnfit if a clock jumped."""
        self._require_no_step()
        if head is None or store >= head:
            return Moment(store, clamped=False, store=store)
        if head - store > STEP_BACK:
            raise ClockUnfit(
                f"the database's clock lies {head - store} before the last recorded time: "
                "set the clock of its machine right"
            )
        return Moment(head, clamped=True, store=store)

    def require_agreement(self, moment: Moment, asked_at: datetime, asked_steady: float) -> None:
        """Raise ClockUnfit if a caller's clock and the store's differ too much.

        `asked_at` is what the caller's clock said when this process's steady clock said
        `asked_steady`.
        """
        caller = asked_at + timedelta(seconds=self._clocks.steady() - asked_steady)
        if abs(moment.store - caller) > DRIFT:
            raise ClockUnfit(
                f"the caller's and the database's clocks differ by {abs(moment.store - caller)}: "
                "set the clocks of both machines right"
            )

    def _require_no_step(self) -> None:
        since = self._clocks.steady() - self._steady
        drift = self._clocks.wall() - self._wall - since
        if abs(drift) > DRIFT.total_seconds():
            raise ClockUnfit(
                f"the clock of this machine jumped by {drift:.1f} s: set it right, or start "
                "this process again if it is right now"
            )
        if since > REBASE_SECONDS:
            self._rebase()

    def _rebase(self) -> None:
        self._wall, self._steady = self._clocks.wall(), self._clocks.steady()
