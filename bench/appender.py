"""A process that appends for bench/append.py: `python -m bench.appender EVENTS_FIRST`.

Reads lines {"callers":N,"seconds":S} from standard input, answers each with appends a second.
"""

import asyncio
import json
import sys
import time
from typing import Final

import uvloop

from bench.workload import Workload, concurrently
from domain.handling import Handler
from infra.keys.opening import open_keys
from infra.logs import configure
from infra.secrets import Secrets
from infra.settings import read_settings
from infra.store import open_log

CONTRACTS: Final = 200
TICKETS: Final = 2_000


async def append(work: Workload, callers: int, seconds: float) -> float:
    """Append notes from so many callers for so long; return appends a second."""
    done = 0
    start = time.perf_counter()

    async def caller(number: int) -> None:
        nonlocal done
        step = number
        while time.perf_counter() < start + seconds:
            await work.note(step)
            step += callers
            done += 1

    async with asyncio.TaskGroup() as group:
        for number in range(callers):
            group.create_task(caller(number))
    return done / (time.perf_counter() - start)


async def serve(first: int) -> None:
    """Fill the ledger, say so, then append whenever told to."""
    settings = read_settings()
    configure(settings.log_level)
    keys = open_keys(settings)
    assert settings.database_url
    dsn = settings.database_url.get_secret_value()
    async with open_log(dsn, settings.data, keys) as log:
        work = Workload(Handler(log), Secrets(keys))
        tickets = min(TICKETS, first)
        await work.open_tickets(min(CONTRACTS, tickets), tickets)
        await concurrently(max(0, first - tickets), work.note)
        print(0, flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            print(await append(work, **json.loads(line)), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(serve(int(sys.argv[1])))
