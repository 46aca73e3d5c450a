"""Redriving: what a consumer parked, or what its outbox gave up, is tried again."""

from collections.abc import Callable
from typing import Final

import psycopg

from consumers import parking
from consumers.handler import Cursor
from consumers.notifications import outbox as mail
from consumers.webhooks import outbox as webhooks
from domain.errors import Unavailable

_OUTBOXES: Final[dict[str, Callable[[Cursor], int]]] = {
    "notifications": mail.redrive,
    "webhooks": webhooks.redrive,
}


def redrive(dsn: str, group: str) -> dict[str, int]:
    """Let the running consumer try again; return how much that is, as role ledger_consumer.

    `streams` with `events` that it could not handle, `sendings` that its outbox holds. Raises
    NotFound when the consumer was never run, Unavailable.
    """
    found = parking.redrive(dsn, group)
    sendings = 0
    if redrive_sendings := _OUTBOXES.get(group):
        try:
            with psycopg.connect(dsn, connect_timeout=3) as connection:
                sendings = redrive_sendings(connection.cursor())
        except psycopg.OperationalError as error:
            raise Unavailable("the database cannot be reached") from error
    return {"streams": found.lanes, "events": found.messages, "sendings": sendings}
