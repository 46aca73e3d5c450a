"""The followers' process: threads that follow and erase, until told to stop."""

import threading
import time
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from infra import logs
from infra.codec import Codec
from infra.keys.opening import open_keys
from infra.networks import Labels
from infra.secrets import Secrets
from infra.settings import Settings
from infra.sqlfiles import load_sql
from projections.copies import follow_copies
from projections.erasing import follow_erasures
from projections.followers import followers
from projections.metrics import Meters
from projections.process import follower_dsn, run
from projections.runner import Follower

_SQL: Final = load_sql(__file__, "serve.sql")
_LOG: Final = logs.logger("followers")
_STOP_SECONDS: Final = 8.0
_METRICS_SECONDS: Final = 5.0
_PAUSE: Final = 0.5


def serve(settings: Settings, stop: threading.Event) -> None:
    """Run every follower until `stop` is set, and wait for them, at most 8 seconds."""
    dsn = follower_dsn(settings)
    ledger = _ledger(dsn, stop)
    if ledger is None:
        return
    meters = Meters()
    keys = open_keys(settings)
    running = [
        Follower(dsn, followed, meters)
        for followed in followers(
            Codec(ledger, keys), Secrets(keys), Labels(settings.labelled_networks)
        )
    ]
    threads = [
        threading.Thread(target=one.run, args=[stop], name=one.name, daemon=True) for one in running
    ]
    threads.append(
        threading.Thread(
            target=follow_erasures, args=[settings, keys, meters, stop], name="eraser", daemon=True
        )
    )
    threads.append(
        threading.Thread(
            target=follow_copies, args=[settings, keys, meters, stop], name="copies", daemon=True
        )
    )
    for thread in threads:
        thread.start()
    while not stop.wait(_METRICS_SECONDS):
        _measure(meters, settings.data)
    deadline = time.monotonic() + _STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    _measure(meters, settings.data)
    keys.close()


def _measure(meters: Meters, data: Path) -> None:
    """Write what was measured; a disk without room for that ends no follower."""
    try:
        meters.write(data)
    except OSError as error:
        _LOG.warning("metrics cannot be written", error=type(error).__name__)


def _ledger(dsn: str, stop: threading.Event) -> UUID | None:
    """Return which ledger this is as soon as the store answers; None when told to stop before."""
    while not stop.is_set():
        try:
            with psycopg.connect(dsn, connect_timeout=3) as connection:
                row = connection.execute(_SQL["ledger"]).fetchone()
                assert row is not None
                return UUID(str(row[0]))
        except psycopg.OperationalError as error:
            _LOG.warning("store away", error=type(error).__name__)
            stop.wait(_PAUSE)
    return None


if __name__ == "__main__":
    run(serve)
