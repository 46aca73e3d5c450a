"""The process that makes one bag for the API: so that no request waits for it, and none shares it.

It reads a job from standard input and answers on standard output. When its input ends before it
does, the API is gone: it ends at once, with everything that it started.
"""

import asyncio
import os
import signal
import sys
import threading
from typing import Final

from domain.errors import Erasing, LedgerError, Unavailable
from domain.log import Accepted
from infra import logs
from infra.keys.opening import open_keys
from infra.settings import Settings, read_settings
from infra.store import open_log
from projections.exporting.job import Job, read_job, write_outcome
from projections.exporting.kept import place_of
from projections.exporting.record import export

_NICE: Final = 5
_LOG: Final = logs.logger("exports")


def main() -> None:
    """Make the bag that standard input asks for."""
    job = read_job(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_the_api, daemon=True).start()
    os.nice(_NICE)  # requests come first
    settings = read_settings(**job.settings)
    logs.configure(settings.log_level)
    sys.stdout.buffer.write(write_outcome(_outcome(settings, job)))
    sys.stdout.buffer.flush()


def _end_with_the_api() -> None:
    while sys.stdin.buffer.read(1):
        pass
    os.killpg(os.getpgrp(), signal.SIGKILL)


def _outcome(settings: Settings, job: Job) -> Accepted | LedgerError:
    """Return how it ended; what nobody foresaw ends this process, and stands in the log."""
    try:
        return asyncio.run(_make(settings, job))
    except LedgerError as error:
        _LOG.warning("export failed", exc_info=error)
        return error
    except FileNotFoundError:
        return Erasing("data was erased meanwhile, and all exports with it: make it again")
    except OSError as error:
        _LOG.exception("export failed", exc_info=error)
        return Unavailable(f"the bag cannot be written: {error.strerror}")


async def _make(settings: Settings, job: Job) -> Accepted:
    if settings.database_url is None:
        raise Unavailable("LEDGER_DATABASE_URL is missing")
    keys = open_keys(settings)
    try:
        dsn = settings.database_url.get_secret_value()
        async with open_log(dsn, settings.data, keys) as log:
            out = place_of(settings.data, job.wanted.bag)
            accepted, events = await export(log, settings, job.wanted, job.said, job.key, out)
            _LOG.info("exported", position=accepted.position, events=events)
            return accepted
    finally:
        keys.close()


if __name__ == "__main__":
    main()
