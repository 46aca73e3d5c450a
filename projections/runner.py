"""Follows the log: reads it batch by batch, applies a projection, remembers how far it is.

The position, the hash of its event and what the projection wrote are one transaction. A batch is
applied under a lock on the follower's row, so two copies never both apply it; a session lock makes
the second copy wait instead of taking turns. NOTIFY is a hint, the poll is the truth.
"""

import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

import psycopg

from domain.errors import Forked, Integrity, LedgerError, Unavailable
from infra.envelope import leaf_hash, parse
from infra.logs import logger
from infra.reader import is_there, read_batch
from infra.sqlfiles import load_sql
from projections.metrics import Meters
from projections.projection import Followed

_SQL: Final = load_sql(__file__, "runner.sql")
_LOG: Final = logger("follower")
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_MENDING: Final = 2.0
_TRANSIENT: Final = (psycopg.OperationalError, psycopg.InterfaceError, Unavailable)

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Pace:
    """How many events at most in a batch, how many seconds between polls."""

    batch: int = 20_000
    poll: float = 0.5


class Follower:
    """One projection's follower; `run` returns when it was stopped or cannot go on."""

    def __init__(
        self, dsn: str, followed: Followed, meters: Meters, pace: Pace | None = None
    ) -> None:
        self.name = followed.name
        self.failed = False
        self._dsn = dsn
        self._followed = followed
        self._meters = meters
        self._pace = pace or Pace()

    def run(self, stop: threading.Event) -> None:
        """Follow until `stop` is set; connect again, with growing pauses, when the store is gone.

        At what it cannot handle it stands still, until a rebuild has mended its row: that is
        logged, measured and kept in the row; nothing is raised.
        """
        pause = _FIRST_PAUSE
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    if self.failed and not self._mended(connection):
                        stop.wait(_MENDING)
                    elif self._take_turn(connection, stop):
                        pause = _FIRST_PAUSE
                        self._follow(connection, stop)
            except Forked as error:
                self._fail(error)
            except _TRANSIENT as error:
                self._meters.reconnects.labels(self.name).inc()
                _LOG.warning("store away", follower=self.name, error=type(error).__name__)
                stop.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
            except Exception as error:  # noqa: BLE001 - a thread must not end unnoticed
                self._fail(error)
                stop.wait(_MENDING)

    def _connect(self) -> Connection:
        return psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=3,
            application_name=f"ledger follower {self.name}",
            # what a crash of the server loses is read again: nothing here needs its own fsync
            options="-c synchronous_commit=off -c lock_timeout=10s",
        )

    def _mended(self, connection: Connection) -> bool:
        row = connection.execute(_SQL["state"], [self.name]).fetchone()
        if row is not None and row[0] == "failed":
            return False
        self.failed = False
        self._meters.failed.labels(self.name).set(0)
        return True

    def _take_turn(self, connection: Connection, stop: threading.Event) -> bool:
        connection.execute(_SQL["begin"], [self.name])
        while not stop.is_set():
            row = connection.execute(_SQL["take_turn"], [self.name]).fetchone()
            if row is not None and row[0]:
                return True
            stop.wait(self._pace.poll)
        return False

    def _follow(self, connection: Connection, stop: threading.Event) -> None:
        connection.execute(_SQL["listen"])
        self._mark(connection, "following")
        limit = self._pace.batch
        while not stop.is_set():
            try:
                applied = self._step(connection, limit)
            except (Forked, *_TRANSIENT):
                raise
            except Exception as error:  # noqa: BLE001 - whatever it is, only this follower ends
                if limit == 1:
                    self._fail(error, connection)
                    return
                limit = max(1, limit // 16)  # apply what comes before it, and find it
                continue
            limit = min(limit * 2, self._pace.batch)
            if not applied:
                for _ in connection.notifies(timeout=self._pace.poll, stop_after=1):
                    pass
        self._mark(connection, "stopped")

    def _step(self, connection: Connection, limit: int) -> int:
        with connection.transaction(), connection.cursor() as cursor:
            tracked = cursor.execute(_SQL["tracked"], [self.name]).fetchone()
            if tracked is None:
                raise Unavailable("the follower's row is gone: begin again")
            position, known_hash = tracked
            if not is_there(connection, position, known_hash):
                raise Forked(f"position {position} is not the event that was applied: rebuild")
            batch = read_batch(connection, position, limit)
            if batch:
                _require_dense(batch, position)
                self._followed.apply(cursor, [envelope for _, envelope in batch])
                position, last = batch[-1]
                values = {
                    "name": self.name,
                    "epoch": parse(last).ledger.epoch,
                    "position": position,
                    "leaf_hash": leaf_hash(last),
                }
                cursor.execute(_SQL["advance"], values)
        self._meters.applied.labels(self.name).inc(len(batch))
        self._meters.position.labels(self.name).set(position)
        return len(batch)

    def _fail(self, error: Exception, connection: Connection | None = None) -> None:
        """Say loudly that this follower stands still until somebody mends what it met."""
        self.failed = True
        # other exceptions may quote a person's words
        text = str(error) if isinstance(error, LedgerError) else ""
        self._meters.failed.labels(self.name).set(1)
        _LOG.error("stopped by an event", follower=self.name, exc_info=error, detail=text)
        what = f"{type(error).__name__}: {text}" if text else type(error).__name__
        if connection is not None:
            self._mark(connection, "failed", what)
            return
        with suppress(psycopg.Error), self._connect() as another:
            self._mark(another, "failed", what)

    def _mark(self, connection: Connection, state: str, error: str | None = None) -> None:
        values = {"name": self.name, "state": state, "error": error}
        connection.execute(_SQL["mark"], values)


def _require_dense(batch: Sequence[tuple[int, bytes]], after: int) -> None:
    if batch[0][0] != after + 1 or batch[-1][0] != after + len(batch):
        raise Integrity(f"positions after {after} are not dense")
