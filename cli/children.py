"""The processes of a running ledger: started, watched, started again, stopped."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from domain.errors import LedgerError
from infra import logs, processes

_FIRST_PAUSE: Final = 0.2
_LONGEST_PAUSE: Final = 10.0
_HEALTHY_AFTER: Final = 30.0  # seconds of life after which a death counts as the first again
_LOG: Final = logs.logger("supervisor")


class Child(Protocol):
    """Something that the supervisor keeps alive."""

    name: str

    @property
    def pid(self) -> int:
        """Its process id."""

    def start(self) -> None:
        """Start it; raise a LedgerError when it does not come up."""

    def alive(self) -> bool:
        """Say whether it runs."""

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it after so many seconds."""


class Module:
    """A Python module of ours as a process; its secrets come by environment, never by arguments.

    `environment` is asked at every start: the database may have moved meanwhile.
    """

    def __init__(
        self,
        name: str,
        module: str,
        environment: Callable[[], Mapping[str, str]],
        inherited: Sequence[int] = (),
    ) -> None:
        self.name = name
        self._module = module
        self._environment = environment
        self._inherited = tuple(inherited)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None, f"{self.name} was not started"
        return self._process.pid

    def start(self) -> None:
        """Start it; it says itself when it is ready."""
        self._process = processes.start(
            processes.Start(
                command=[sys.executable, "-m", self._module],
                environment=self._environment(),
                at_parents_death=signal.SIGKILL,
                inherited=self._inherited,
            )
        )

    def alive(self) -> bool:
        """Say whether it runs."""
        return self._process is not None and self._process.poll() is None

    def ask(self) -> None:
        """Ask it to end, without waiting."""
        if self._process is not None and self.alive():
            self._process.terminate()

    def stop(self, seconds: float) -> None:
        """Ask it to end, and end it after so many seconds."""
        if self._process is not None:
            processes.stop(self._process, [(signal.SIGTERM, seconds)])


class Program(Protocol):
    """A program of others under our care, as the embedded PostgreSQL and Kafka are."""

    @property
    def pid(self) -> int:
        """Its process id."""

    def start(self) -> None:
        """Start it and wait until it serves."""

    def alive(self) -> bool:
        """Say whether it runs."""

    def stop(self, seconds: float) -> None:
        """Stop it, its files left clean, within so many seconds if it can."""


class Embedded:
    """An embedded program as a child."""

    def __init__(self, name: str, program: Program) -> None:
        self.name = name
        self._program = program

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._program.pid

    def start(self) -> None:
        """Start it and wait until it serves."""
        self._program.start()

    def alive(self) -> bool:
        """Say whether it runs."""
        return self._program.alive()

    def stop(self, seconds: float) -> None:
        """Stop it, its files left clean, within so many seconds if it can."""
        self._program.stop(seconds)


class Keeper:
    """Keeps one child alive: starts it again after a pause that grows while it keeps dying."""

    def __init__(self, child: Child, clock: Callable[[], float] = time.monotonic) -> None:
        self.child = child
        self._clock = clock
        self._pause = 0.0
        self._started = 0.0
        self._due: float | None = None

    def start(self) -> None:
        """Start the child for the first time."""
        self._started = self._clock()
        self.child.start()

    def look(self) -> bool:
        """Start the child again if it is dead and its pause is over; say whether it was."""
        if self.child.alive():
            return False
        now = self._clock()
        if self._due is None:
            if now - self._started >= _HEALTHY_AFTER:
                self._pause = 0.0
            self._due = now + self._pause
            _LOG.warning("child ended", child=self.child.name, again_after=self._pause)
            self._pause = min(max(2 * self._pause, _FIRST_PAUSE), _LONGEST_PAUSE)
        if now < self._due:
            return False
        self._due, self._started = None, now
        try:
            self.child.start()
        except LedgerError as error:
            _LOG.exception("child does not start", child=self.child.name, exc_info=error)
            return False
        _LOG.info("child started again", child=self.child.name, pid=self.child.pid)
        return True
