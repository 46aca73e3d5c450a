"""Every consumer there is, and which of them this ledger is configured to run."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from consumers.handler import Consumer
from domain.errors import Malformed
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

_OFFERS: Final[tuple[Offer, ...]] = ()


def services(settings: Settings, store: Store) -> tuple[Service, ...]:
    """Return the consumers to run: all that are configured, or those that LEDGER_CONSUMERS names.

    Raises Malformed when it names one that is not there or not configured.
    """
    offered = [offer(settings, store) for offer in _OFFERS]
    found = {one.consumer.name: one for one in offered if one is not None}
    wanted = list(found) if settings.consumers is None else list(settings.consumers)
    for name in wanted:
        if name not in found:
            there = ", ".join(found) or "none"
            raise Malformed(f"no {name} is configured; configured: {there}", "LEDGER_CONSUMERS")
    return tuple(found[name] for name in wanted)
