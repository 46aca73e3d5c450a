"""Sends what waits for one endpoint: each stream in order, what fails again later.

A message is held by a transaction while it is sent, so that no other worker sends it, and marked in
that transaction: who dies in between leaves it as it was, and it is sent again under the same id.
"""

import random
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg

from consumers.webhooks import outbox
from consumers.webhooks.message import headers_of
from consumers.webhooks.outbox import Connection, Waiting
from consumers.webhooks.sending import Answer, Sender
from infra.logs import logger
from infra.webhookat import WebhookAt

_LOG: Final = logger("webhooks")
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an answer may take, and when a message is tried again, all in seconds.

    After its first failure it is tried again after `again`, then after twice that and so on, at
    most after `longest`; each time a random half less. `give_up` after its first try it is parked.
    `poll`: how often is looked for new ones.
    """

    answer: float = 10.0
    again: float = 5.0
    longest: float = 3600.0
    give_up: float = 259_200.0
    poll: float = 0.25

    def pause(self, tries: int) -> float:
        """Return after how long to try again what failed `tries` times before."""
        whole = min(self.longest, self.again * 2.0 ** min(tries, 32))
        return whole * random.uniform(0.5, 1.0)  # noqa: S311 - to spread load


class Worker:
    """The worker of one endpoint; several of them, in several processes, keep the order."""

    def __init__(self, dsn: str, endpoint: WebhookAt, pace: Pace | None = None) -> None:
        self._dsn = dsn
        self._endpoint = endpoint
        self._pace = pace or Pace()

    def run(self, stop: threading.Event) -> None:
        """Send until `stop` is set; connect again, with growing pauses, when the store is gone."""
        pause = _FIRST_PAUSE
        with Sender(self._endpoint.url, self._pace.answer) as sender:
            while not stop.is_set():
                try:
                    with self._connect() as connection:
                        self._work(connection, sender, stop)
                        pause = _FIRST_PAUSE
                except psycopg.Error as error:
                    name = self._endpoint.name
                    _LOG.warning("store away", endpoint=name, error=type(error).__name__)
                    stop.wait(pause)
                    pause = min(pause * 2, _LONGEST_PAUSE)

    def _connect(self) -> Connection:
        return psycopg.connect(
            self._dsn,
            autocommit=True,
            connect_timeout=3,
            application_name=f"ledger webhooks {self._endpoint.name}",
            options="-c lock_timeout=10s",
        )

    def _work(self, connection: Connection, sender: Sender, stop: threading.Event) -> None:
        """Send one after the other; an endpoint that fails is left alone for a moment."""
        rest = _FIRST_PAUSE
        outbox.moved(connection, self._endpoint.name, self._endpoint.url)
        while not stop.is_set():
            answer = self._send_next(connection, sender, stop)
            if answer is None:
                stop.wait(self._pace.poll)
            elif answer.accepted:
                rest = _FIRST_PAUSE
            else:
                stop.wait(rest)
                rest = min(rest * 2, _LONGEST_PAUSE)

    def _send_next(
        self, connection: Connection, sender: Sender, stop: threading.Event
    ) -> Answer | None:
        """Send what is due; None when nothing is, or when told to stop meanwhile."""
        endpoint = self._endpoint
        with connection.transaction():
            if outbox.is_gone(connection, endpoint.name, endpoint.url):
                return None
            one = outbox.next_of(connection, endpoint.name)
            if one is None:
                return None
            headers = headers_of(one.event, int(time.time()), one.body, endpoint.keys)
            answer = sender.send(headers, one.body, stop)
            if answer is None:
                return None
            if answer.accepted:
                outbox.sent(connection, one)
            else:
                self._failed(connection, one, answer)
        return answer

    def _failed(self, connection: Connection, one: Waiting, answer: Answer) -> None:
        name, reason = self._endpoint.name, answer.reason
        again: float | None = self._pace.pause(one.tries)
        tried = timedelta(0) if one.first_tried_at is None else _now() - one.first_tried_at
        if answer.gone:
            outbox.gone(connection, name, self._endpoint.url)
            _LOG.error("endpoint is gone", endpoint=name)
        elif tried >= timedelta(seconds=self._pace.give_up):
            again = None
            _LOG.error("webhook parked", endpoint=name, position=one.position, reason=reason)
        else:
            _LOG.warning("webhook failed", endpoint=name, position=one.position, reason=reason)
        outbox.failed(connection, one, reason, again)
        outbox.retried(connection)


def _now() -> datetime:
    return datetime.now(UTC)
