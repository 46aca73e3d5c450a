"""Children that cannot outlive their parent."""

import ctypes
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Final

_PR_SET_PDEATHSIG: Final = 1
_LIBC: Final = ctypes.CDLL(None)
_POLL: Final = 0.02


@dataclass(frozen=True, slots=True)
class Start:
    """How to start a child.

    `at_parents_death` is the signal that the kernel sends to it when this process ends, however it
    ends. `account` is (user id, group id) to become. `output` and `errors` None: ours.
    The child gets `environment` and nothing more.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    at_parents_death: signal.Signals
    account: tuple[int, int] | None = None
    output: IO[bytes] | None = None
    errors: IO[bytes] | None = None
    directory: Path | None = None
    inherited: tuple[int, ...] = field(default=())


def start(wanted: Start) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own, so that a terminal's Ctrl-C reaches us alone.

    Must be called from the main thread: the kernel ties a child to the thread that made it.
    """
    parent = os.getpid()

    def prepare() -> None:
        """Run in the child, after it changed its user, before it becomes the program."""
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        _LIBC.prctl(_PR_SET_PDEATHSIG, int(wanted.at_parents_death), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    user, group = wanted.account or (None, None)
    return subprocess.Popen(  # noqa: S603 - commands are ours, never input
        list(wanted.command),
        env=dict(wanted.environment),
        stdin=subprocess.DEVNULL,
        stdout=wanted.output,
        stderr=wanted.errors,
        cwd=wanted.directory,
        pass_fds=wanted.inherited,
        user=user,
        group=group,
        extra_groups=None if group is None else [],
        start_new_session=True,
        preexec_fn=prepare,  # noqa: PLW1509 - no other way to be tied to the parent
    )


def wait_until(
    done: Callable[[], bool], seconds: float, waiting: Callable[[], None] = lambda: None
) -> bool:
    """Ask `done` until it is true or `seconds` are over; say whether it became true.

    `waiting` is called between the questions; what it raises ends the wait.
    """
    deadline = time.monotonic() + seconds
    while not done():
        if time.monotonic() >= deadline:
            return False
        waiting()
        time.sleep(_POLL)
    return True


def stop(child: subprocess.Popen[bytes], signals: Sequence[tuple[signal.Signals, float]]) -> None:
    """Send each signal and wait its seconds, until the child has ended.

    One that has not is ended by SIGKILL together with what it started in its session.
    """
    for sign, seconds in signals:
        if child.poll() is None:
            child.send_signal(sign)
            wait_until(lambda: child.poll() is not None, seconds)
    if child.poll() is None:
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def works_in(pid: int, directory: Path) -> bool:
    """Say whether process `pid` is alive and has `directory` as its working directory."""
    try:
        return Path(f"/proc/{pid}/cwd").resolve(strict=True) == directory
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        return False


def started_in(directory: Path, program: str) -> list[int]:
    """Return the ids of all processes that run `program` and have `directory` as their own."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and works_in(int(entry.name), directory):
            with suppress(FileNotFoundError, ProcessLookupError):
                if (entry / "exe").resolve().name == program:
                    found.append(int(entry.name))
    return found


def free_port() -> int:
    """Return a port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """Say whether nobody listens on this port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True
