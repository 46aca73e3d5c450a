"""The reference of append-32: stock eventsourcing, `Application.save` from 32 threads.

Run as a process of its own: `python -m bench.stock SECONDS`, database by POSTGRES_ variables.
"""

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate

THREADS: Final = 32


def rate(seconds: float) -> float:
    """Return saved events a second; each save is one new aggregate with one event."""
    application: Application = Application()
    application.save(Aggregate())  # makes the table, fills the pool's first connection

    def save_until(end: float) -> int:
        saved = 0
        while time.perf_counter() < end:
            application.save(Aggregate())
            saved += 1
        return saved

    with ThreadPoolExecutor(THREADS) as pool:
        start = time.perf_counter()
        saved = sum(pool.map(save_until, [start + seconds] * THREADS))
        took = time.perf_counter() - start
    application.close()
    return saved / took


if __name__ == "__main__":
    print(rate(float(sys.argv[1])))
