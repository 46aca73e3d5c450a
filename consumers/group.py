"""One member of a consumer group: takes what a feed brings into the inbox until it is stopped."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from consumers.connecting import Connection, connect
from consumers.feeds import Bearings, Feed
from consumers.handler import Begin, Consumer
from consumers.inbox import Hop, Inbox, Progress, Step, knows, read_progress
from consumers.isolation import TRANSIENT
from consumers.judging import Judge
from consumers.messages import Where
from domain.errors import Malformed
from infra.logs import logger
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "group.sql")
_LOG: Final = logger("consumers")
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0
_WORKED_OFF: Final = 1.0  # seconds between polls at most, while lanes are due

Feeds = Callable[[str, Bearings], Feed]
"""Opens the feed of a consumer."""


@dataclass(frozen=True, slots=True)
class Start:
    """Where a consumer starts: behind a position, which was recorded at `at`."""

    epoch: int = 1
    position: int = 0
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """How many messages at most in a batch, how many seconds between polls."""

    batch: int = 2_000
    poll: float = 0.5


class Member:
    """Runs one consumer on the database `dsn`; `start` is asked when it was never run before."""

    def __init__(
        self,
        dsn: str,
        judge: Judge,
        consumer: Consumer,
        feeds: Feeds,
        start: Callable[[], Start],
        pace: Pace | None = None,
        step: Step = lambda _: None,
    ) -> None:
        self.name = consumer.name
        self._dsn = dsn
        self._judge = judge
        self._inbox = Inbox(consumer, judge, step)
        self._feeds = feeds
        self._start = start
        self._pace = pace or Pace()
        self._step = step

    def run(self, stop: threading.Event) -> None:
        """Consume until `stop` is set; begin anew, with growing pauses, whatever goes wrong."""
        pause = _FIRST_PAUSE
        while not stop.is_set():
            try:
                with self._connect() as connection:
                    bearings = _Bearings(connection, self.name)
                    feed = self._feeds(self.name, bearings)
                    try:
                        self._begin(connection, feed.kind)
                        while not stop.is_set():
                            self._turn(connection, feed)
                            pause = _FIRST_PAUSE
                    finally:
                        self._judge.close()
                        feed.close()
            except TRANSIENT as error:
                _LOG.warning(
                    "begins anew",
                    consumer=self.name,
                    error=type(error).__name__,
                    detail=_text(error),
                )
            except Exception as error:  # noqa: BLE001 - a thread must not end unnoticed
                _LOG.error("begins anew", consumer=self.name, exc_info=error)
            else:
                return
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _connect(self) -> Connection:
        waits = "-c lock_timeout=30s -c idle_in_transaction_session_timeout=60s"
        return connect(self._dsn, self.name, waits)

    def _begin(self, connection: Connection, feed: str) -> None:
        connection.execute(_SQL["register"], {"consumer": self.name, "feed": feed})
        row = connection.execute(_SQL["begun"], [self.name]).fetchone()
        if row is not None and row[0]:
            return
        start = self._start()
        values = {"epoch": start.epoch, "upto": start.position, "reached_at": start.at}
        connection.execute(_SQL["begin"], {"consumer": self.name} | values)
        _LOG.info("begins", consumer=self.name, epoch=start.epoch, position=start.position)

    def _turn(self, connection: Connection, feed: Feed) -> None:
        messages = feed.poll(self._pace.poll, self._pace.batch)
        if messages:
            self._step(Hop.POLLED)
            with connection.transaction(), connection.cursor() as cursor:
                self._inbox.receive(cursor, messages, feed.bury)
            self._step(Hop.RECORDED)
            feed.done()
            self._step(Hop.COMMITTED)
        else:
            with connection.transaction(), connection.cursor() as cursor:
                self._inbox.fold(cursor)
        until = time.monotonic() + _WORKED_OFF
        while self._worked_off(connection) and time.monotonic() < until:
            pass

    def _worked_off(self, connection: Connection) -> bool:
        with connection.transaction(), connection.cursor() as cursor:
            return self._inbox.work_off(cursor)


class _Bearings:
    def __init__(self, connection: Connection, consumer: str) -> None:
        self._connection = connection
        self._consumer = consumer

    def progress(self) -> Progress:
        with self._connection.cursor() as cursor:
            return read_progress(cursor, self._consumer)

    def knows(self, where: Where) -> bool:
        with self._connection.cursor() as cursor:
            return knows(cursor, self._consumer, where)


def start_of(store: str, consumer: Consumer, begins: dict[str, int]) -> Start:
    """Return where a new consumer starts in the store: as told, at its first event, at its head.

    Raises Malformed when it is told a position that is not there.
    """
    told = begins.get(consumer.name)
    if told == 0 or (told is None and consumer.begins is Begin.FIRST):
        return Start()
    with psycopg.connect(store, connect_timeout=3) as connection:
        if told is None:
            _, *head = _row(connection.execute(_SQL["head"]))
            return Start(*head)
        row = connection.execute(_SQL["at"], [told]).fetchone()
    if row is None:
        raise Malformed(f"no position {told} is recorded", "LEDGER_CONSUMER_BEGINS")
    return Start(*row)


def ledger_of(store: str) -> UUID:
    """Return which ledger a store holds."""
    with psycopg.connect(store, connect_timeout=3) as connection:
        return UUID(str(_row(connection.execute(_SQL["head"]))[0]))


def _row(cursor: psycopg.Cursor[Any]) -> tuple[Any, ...]:
    row = cursor.fetchone()
    assert row is not None
    return tuple(row)


def _text(error: Exception) -> str:
    return "" if isinstance(error, psycopg.Error) else str(error)
