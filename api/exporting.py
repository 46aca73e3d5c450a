"""Exports in the making: each by a process of its own, so many at once, each request once."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import Final

import msgspec

from domain.errors import InTheMaking, OutcomeUnknown, Unavailable
from domain.log import Accepted
from infra.settings import Settings
from projections.exporting.job import Job, read_outcome, write_job
from projections.exporting.kept import give_up, remove_unfinished, tidy

LONGEST: Final = 3_600.0
"""Seconds that making one bag may take."""

_PROGRAM: Final = "projections.exporting.work"
_TIDY_SECONDS: Final = 30.0


class Exports:
    """Makes bags and keeps them for a while. What is asked for is made, whoever still waits."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._making: dict[bytes, asyncio.Task[Accepted]] = {}
        self._children: set[asyncio.subprocess.Process] = set()
        self._tidying: asyncio.Task[None] | None = None
        self._stopped = False

    def start(self) -> None:
        """Begin to tidy; what was in the making when the API was killed goes first."""
        remove_unfinished(self._settings.data)
        self._tidying = asyncio.create_task(self._tidy(), name="exports")

    def stop(self) -> None:
        """Give up what is in the making, without waiting; nothing more is begun."""
        self._stopped = True
        for child in self._children:
            _kill(child)

    async def close(self) -> None:
        """Give up what is in the making, and wait until nothing of it is left."""
        self.stop()
        if self._tidying is not None:
            self._tidying.cancel()
        await asyncio.gather(
            *self._making.values(),
            *([self._tidying] if self._tidying else ()),
            return_exceptions=True,
        )

    def require_idle(self, command: bytes) -> None:
        """Raise InTheMaking while the export of this command is being made."""
        if command in self._making:
            raise InTheMaking("the export is being made: send the same request again in a while")

    async def make(self, job: Job) -> Accepted:
        """Have a bag made, and return the answer of its recording.

        It goes on when the wait is cancelled. Raises what making it raised, Unavailable when too
        many are being made, OutcomeUnknown when its process was killed.
        """
        self.require_idle(job.key.id)
        if self._stopped or len(self._making) >= self._settings.export_at_once:
            raise Unavailable(f"{len(self._making)} exports are being made: try again in a while")
        task = asyncio.create_task(self._make(job), name="export")
        self._making[job.key.id] = task
        task.add_done_callback(lambda done: self._forget(job.key.id, done))
        return await asyncio.shield(task)

    def _forget(self, command: bytes, task: asyncio.Task[Accepted]) -> None:
        del self._making[command]
        if not task.cancelled():
            task.exception()  # whoever waited may be gone

    async def _make(self, job: Job) -> Accepted:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", _PROGRAM),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
        self._children.add(child)
        try:
            if self._stopped:
                raise Unavailable("the ledger stops")
            async with asyncio.timeout(LONGEST):
                return read_outcome(await _answer(child, write_job(job)))
        except TimeoutError:
            raise Unavailable(f"the export took more than {LONGEST:.0f} s") from None
        except msgspec.DecodeError:
            raise OutcomeUnknown("the process that made the export ended: ask again") from None
        finally:
            _kill(child)
            await child.wait()
            self._children.discard(child)
            await asyncio.to_thread(give_up, self._settings.data, job.wanted.bag)

    async def _tidy(self) -> None:
        seconds = self._settings.export_kept_seconds
        while True:
            await asyncio.to_thread(tidy, self._settings.data, seconds)
            await asyncio.sleep(min(_TIDY_SECONDS, seconds))


async def _answer(child: asyncio.subprocess.Process, job: bytes) -> bytes:
    """Give a process its job; its input stays open, for its end would tell that we are gone."""
    assert child.stdin is not None
    assert child.stdout is not None
    with suppress(BrokenPipeError, ConnectionResetError):  # its answer says what happened
        child.stdin.write(job)
        await child.stdin.drain()
    return await child.stdout.readline()


def _kill(child: asyncio.subprocess.Process) -> None:
    """End a process with everything that it started; it leads a group of its own."""
    if child.returncode is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
