"""Takes out of `consumers.webhooks` what nobody will send or look up any more."""

import threading
from collections.abc import Iterable
from typing import Final

import psycopg

from consumers.connecting import connect
from consumers.webhooks import outbox
from infra.logs import logger

_LOG: Final = logger("webhooks")
_EVERY: Final = 600.0
_PAUSE: Final = 5.0


class Tidying:
    """Drops, once, what waits for endpoints that are not named any more; prunes records as it goes.

    Whose messages waited at the start is said then, and dropped at the second round: who started a
    process without the endpoints can end it before anything is lost. Once, and no others: while
    processes are restarted one by one, an old one must not drop what a new one notes.
    """

    def __init__(self, dsn: str, endpoints: Iterable[str]) -> None:
        self._dsn = dsn
        self._endpoints = tuple(endpoints)
        self._out: frozenset[str] | None = None

    def run(self, stop: threading.Event) -> None:
        """Tidy at once and every ten minutes until `stop` is set; sooner after an error."""
        while not stop.is_set():
            pause = _EVERY
            try:
                with connect(self._dsn, "webhooks tidies") as connection:
                    while not outbox.prune(connection) and not stop.is_set():
                        pass
                    self._drop(connection)
            except psycopg.OperationalError as error:
                _LOG.warning("not tidied", error=type(error).__name__)
                pause = _PAUSE
            stop.wait(pause)

    def _drop(self, connection: outbox.Connection) -> None:
        if self._out is None:
            unnamed = outbox.unnamed(connection, self._endpoints)
            for endpoint, messages in unnamed.items():
                _LOG.warning("endpoint is not named", endpoint=endpoint, waiting=messages)
            self._out = frozenset(unnamed)
            return
        for endpoint, messages in outbox.drop(connection, self._out).items():
            _LOG.warning("endpoint taken out", endpoint=endpoint, dropped=messages)
        self._out = frozenset()
