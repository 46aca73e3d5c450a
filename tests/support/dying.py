"""Work in a child process that dies by itself, at a step that the test chose."""

import os
import signal
import sys
from collections.abc import Callable


def die_at(kill: int | None) -> Callable[[object], None]:
    """Return what is called at each step and kills this process at the step `kill` (from 1)."""
    steps = 0

    def step(_: object) -> None:
        nonlocal steps
        steps += 1
        if steps == kill:
            os.kill(os.getpid(), signal.SIGKILL)

    return step


def end_of(work: Callable[[], None]) -> int:
    """Do this in a child process; return how that ended, as `os.waitpid` says it."""
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - the child must not return
            print(repr(error), file=sys.stderr, flush=True)
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1]
