"""The signals that end or inform the supervisor: blocked, and taken when there is time for them."""

import signal
from typing import Final

STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_WATCHED: Final = STOP | {signal.SIGCHLD}


class Stopped(Exception):
    """A signal asked the ledger to stop."""


def listen_for_signals() -> None:
    """Block the signals that `check_signals` and `wait_for_signal` ask for."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)


def check_signals() -> None:
    """Raise Stopped when somebody asked the ledger to stop."""
    if STOP & signal.sigpending():
        raise Stopped


def wait_for_signal(seconds: float) -> bool:
    """Wait until a signal comes or `seconds` are over; say whether it asks to stop."""
    caught = signal.sigtimedwait(_WATCHED, seconds)
    return caught is not None and caught.si_signo in STOP
