"""The appending connection: made to a writable server, and what its errors mean."""

import socket
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg import Connection
from psycopg.errors import Diagnostic

from domain.errors import Forked, LedgerError, Unavailable
from infra.arrays import register_arrays

CONNECT_SECONDS: Final = 3
_POISON: Final = ("22", "23")
_LOST: Final = ("08", "57P", "25006")
_SYNC_WAIT: Final = "SyncRepWaitForLSN"


class Link:
    """One connection; `wait_cancelled` says that a commit was not confirmed by the standby."""

    def __init__(self, dsn: str) -> None:
        self.connection: Connection[Any] = psycopg.connect(
            dsn,
            connect_timeout=CONNECT_SECONDS,
            target_session_attrs="read-write",
            application_name="ledger append",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
            tcp_user_timeout=10_000,
        )
        self.wait_cancelled = False
        self.connection.add_notice_handler(self._notice)
        register_arrays(self.connection)

    def close(self) -> None:
        """Close the connection; what was not committed is rolled back by the server."""
        with suppress(psycopg.Error):
            self.connection.close()

    def cut(self) -> None:
        """End whatever the connection waits for; called from another thread."""
        with suppress(OSError, psycopg.Error):
            handle = socket.socket(fileno=socket.dup(self.connection.fileno()))
            with handle:
                handle.shutdown(socket.SHUT_RDWR)

    def _notice(self, diagnostic: Diagnostic) -> None:
        if diagnostic.source_function == _SYNC_WAIT:
            self.wait_cancelled = True


def is_poison(error: psycopg.Error) -> bool:
    """Say whether what was sent is at fault: bad data, or a broken constraint."""
    return (error.sqlstate or "").startswith(_POISON)


def is_lost(link: Link | None, error: psycopg.Error) -> bool:
    """Say whether the server is gone or no longer writable, so that a new connection may help."""
    if link is None or link.connection.closed:
        return True
    return (error.sqlstate or "").startswith(_LOST)


def meaning(error: psycopg.Error) -> LedgerError:
    """Return an error after which nothing was recorded, as ours."""
    if error.sqlstate == "LF001":
        return Forked(
            "the database lacks the last event that it acknowledged: "
            "run `ledger continue` if it was restored from an older copy"
        )
    if error.sqlstate in {"LD001", "LD002"}:
        return Unavailable(f"the database is not set up to keep what it accepts: {error}")
    return Unavailable(f"the database refuses to record ({error.sqlstate}): try again later")
