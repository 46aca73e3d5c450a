"""The integrator's process: the only one that has the log's signing key. Until SIGTERM or SIGINT.

A checkpoint follows the first event that it adds after a set time; the events of that time are
covered by the same one.
"""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final

import psycopg

from domain.errors import LedgerError
from infra import logs
from infra.logkeys import LogKeys
from infra.settings import Settings
from infra.sqlfiles import load_sql
from infra.tilefiles import log_directory
from projections.heads import HeadSigner, serving
from projections.integrator import Connection, Integrator, Log
from projections.log_meters import LogMeters
from projections.process import follower_dsn, run
from projections.witnessing import Cosigning, Told

_SQL: Final = load_sql(__file__, "integrate.sql")
_LOG: Final = logs.logger("integrator")
_LOCK: Final = "lock"
_POLL: Final = 0.5
_LONGEST_PAUSE: Final = 5.0


def serve(settings: Settings, stop: threading.Event) -> None:
    """Integrate until `stop` is set; a second copy on the same directory waits for its turn.

    What must not be signed is told loudly and tried again from the files; it is never signed.
    """
    dsn = follower_dsn(settings)
    seconds, pause, meters = settings.checkpoint_milliseconds / 1000, _POLL, LogMeters()
    with (
        _turn(settings.data, stop),
        _heads(settings, dsn, meters, stop),
        _stamping(settings, stop),
        _witnesses(settings, stop) as cosigning,
    ):
        log = Log(settings.data, LogKeys.of(settings), settings.log_name, cosigning=cosigning)
        integrator = Integrator(log)
        while not stop.is_set():
            try:
                with connect(dsn) as connection:
                    follow(integrator, connection, seconds, stop, meters)
                    pause = _POLL
            except psycopg.Error as error:
                meters.errors.labels("store").inc()
                _LOG.warning("store away", error=type(error).__name__)
            except (LedgerError, OSError) as error:
                meters.errors.labels(type(error).__name__).inc()
                detail = str(error) if isinstance(error, LedgerError) else ""
                _LOG.error("nothing is signed", exc_info=error, detail=detail)
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)


def follow(
    integrator: Integrator,
    connection: Connection,
    seconds: float,
    stop: threading.Event,
    meters: LogMeters,
) -> None:
    """Integrate what comes, and publish `seconds` after the first of it, until `stop` is set.

    Raises what integrating and publishing raise.
    """
    connection.execute(_SQL["listen"])
    due: float | None = None
    while not stop.is_set():
        more = integrator.integrate(connection)
        integrator.cosign()
        now = time.monotonic()
        if due is None and integrator.due:
            due = now + seconds
        if due is not None and now >= due:
            head = integrator.publish()
            meters.signed.inc()
            _LOG.debug("checkpoint", size=head.size)
            due = None
        elif due is not None and not more:
            stop.wait(min(due - now, _POLL))  # cosignatures may come meanwhile
        elif not more:
            for _ in connection.notifies(timeout=_POLL, stop_after=1):
                pass
            for _ in connection.notifies(timeout=0):  # one look serves them all
                pass


def connect(dsn: str) -> Connection:
    """Return a connection that reads one snapshot a transaction and writes nothing."""
    connection = psycopg.connect(
        dsn, autocommit=True, connect_timeout=3, application_name="ledger integrator"
    )
    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
    connection.read_only = True
    return connection


@contextmanager
def _heads(
    settings: Settings, dsn: str, meters: LogMeters, stop: threading.Event
) -> Iterator[None]:
    """Sign heads of chains for those who ask, and write figures, until the block ends."""
    if stop.is_set():  # perhaps before its turn came: who asks, asks another process
        yield
        return
    signer = HeadSigner(settings.data, LogKeys.of(settings), lambda: connect(dsn))
    with meters.written(settings.data), serving(settings.data, signer, meters):
        yield


def _stamping(settings: Settings, stop: threading.Event) -> AbstractContextManager[None]:
    if stop.is_set() or not settings.timestamp_authorities:  # its turn may never have come
        return nullcontext()
    from projections.stamping import beside  # noqa: PLC0415 - 12 MB, for those who have authorities

    return beside(settings, stop)


@contextmanager
def _witnesses(settings: Settings, stop: threading.Event) -> Iterator[Cosigning | None]:
    """Ask the witnesses that the settings name, if any, until the block ends."""
    if stop.is_set():  # perhaps before its turn came: what is told is another process's
        yield None
        return
    told = Told(settings.data)
    if not settings.witnesses:
        yield None
        return
    from projections.cosigning import Cosigners  # noqa: PLC0415 - it loads an HTTP client

    cosigners = Cosigners.of(settings, told)
    try:
        yield cosigners
    finally:
        cosigners.close()


@contextmanager
def _turn(data: Path, stop: threading.Event) -> Iterator[None]:
    """Wait until no other process integrates this directory, and keep it until the block ends."""
    directory = log_directory(data)
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(directory / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not stop.is_set():
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                stop.wait(_POLL)
        yield
    finally:
        os.close(handle)


if __name__ == "__main__":
    run(serve)
