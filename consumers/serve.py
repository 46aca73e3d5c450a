"""The consumers' process: every consumer that is configured, and its workers, until told to stop.

`python -m consumers.serve`. More of these processes share the partitions of Kafka's topics; fed
from the store, a second one waits until the first one ends.
"""

import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final
from uuid import UUID

import psycopg

from consumers.feeds import Bearings, Feed
from consumers.feeds.store import StoreFeed
from consumers.group import Feeds, Member, ledger_of, start_of
from consumers.judging import Judge
from consumers.registry import services
from consumers.service import Service, Store, Worker
from domain.errors import Malformed
from infra import logs
from infra.codec import Codec
from infra.keys.opening import open_keys
from infra.settings import Settings
from projections.consuming_meters import ConsumingMeters
from projections.process import run

_LOG: Final = logs.logger("consumers")
_STOP_SECONDS: Final = 8.0
_METRICS_SECONDS: Final = 5.0
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 5.0


def serve(settings: Settings, stop: threading.Event) -> None:
    """Run the consumers until `stop` is set, and wait for them, at most 8 seconds."""
    if settings.database_consumer_url is None:
        raise Malformed("name the database as role ledger_consumer", "LEDGER_DATABASE_CONSUMER_URL")
    dsn = settings.database_consumer_url.get_secret_value()
    ledger = _ledger(dsn, stop)
    if ledger is None:
        return
    keys = open_keys(settings)
    store = Store(dsn, Codec(ledger, keys))
    feeds = _feeds(settings, dsn)
    threads = [
        threading.Thread(target=runs, args=[stop], name=name, daemon=True)
        for service in services(settings, store)
        for name, runs in _parts(settings, store, feeds, service)
    ]
    if not threads:
        _LOG.info("no consumer is configured")
    for thread in threads:
        thread.start()
    meters = ConsumingMeters(threads)
    while not stop.wait(_METRICS_SECONDS):
        _measure(meters, settings.data)
    deadline = time.monotonic() + _STOP_SECONDS
    for thread in threads:
        thread.join(max(0.0, deadline - time.monotonic()))
    keys.close()


def _measure(meters: ConsumingMeters, data: Path) -> None:
    """Write what was measured; a disk without room for that ends no consumer."""
    try:
        meters.write(data)
    except OSError as error:
        _LOG.warning("metrics cannot be written", error=type(error).__name__)


def _parts(
    settings: Settings, store: Store, feeds: Feeds, service: Service
) -> list[tuple[str, Worker]]:
    consumer = service.consumer
    start = partial(start_of, store.dsn, consumer, settings.consumer_begins)
    judge = Judge(store.codec.ledger, store.dsn)
    member = Member(service.dsn or store.dsn, judge, consumer, feeds, start)
    workers = [partial(_keep_running, consumer.name, worker) for worker in service.workers]
    return [(consumer.name, member.run), *((f"{consumer.name} works", one) for one in workers)]


def _feeds(settings: Settings, dsn: str) -> Feeds:
    if settings.kafka_bootstrap is None:
        return partial(StoreFeed, dsn)
    from consumers.feeds.kafka import KafkaFeed  # noqa: PLC0415 - many ledgers have no Kafka
    from infra.kafka.client import Kafka  # noqa: PLC0415

    kafka = Kafka(settings)

    def open_feed(consumer: str, bearings: Bearings) -> Feed:
        return KafkaFeed(kafka, consumer, bearings, settings.kafka_topic)

    return open_feed


def _keep_running(
    consumer: str, worker: Callable[[threading.Event], None], stop: threading.Event
) -> None:
    """Run a worker; begin it anew, with growing pauses, when it ends by an error."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        begun = time.monotonic()
        try:
            worker(stop)
        except Exception as error:  # noqa: BLE001 - a thread must not end unnoticed
            _LOG.error("worker begins anew", consumer=consumer, exc_info=error)
        if time.monotonic() - begun > _LONGEST_PAUSE:
            pause = _FIRST_PAUSE
        stop.wait(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _ledger(dsn: str, stop: threading.Event) -> UUID | None:
    """Return which ledger this is as soon as the store answers; None when told to stop before."""
    pause = _FIRST_PAUSE
    while not stop.is_set():
        try:
            return ledger_of(dsn)
        except psycopg.OperationalError as error:
            _LOG.warning("store away", error=type(error).__name__)
            stop.wait(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)
    return None


if __name__ == "__main__":
    run(serve)
