"""What the consumers' process runs: a consumer, and what works off what it wrote."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from consumers.handler import Consumer
from infra.codec import Codec
from infra.settings import Settings

Worker = Callable[[threading.Event], None]


@dataclass(frozen=True, slots=True)
class Store:
    """The ledger as consumers reach it: its URL as role ledger_consumer, codec and keys."""

    dsn: str
    codec: Codec


@dataclass(frozen=True, slots=True)
class Service:
    """A consumer, and what works off its outbox: each worker runs in a thread until told to stop.

    `dsn` is where the consumer keeps its tables, None for the ledger's own database.
    """

    consumer: Consumer
    workers: tuple[Worker, ...] = ()
    dsn: str | None = None


Offer = Callable[[Settings, Store], Service | None]
"""Returns a consumer, or None where the settings do not configure it."""
