"""The publisher, from the store to committed on Kafka, against a plain idempotent producer."""

import itertools
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Final

from kafka import KafkaProducer

from bench.broker import broker
from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave, timed
from bench.viewing import SQL as STORED
from bench.viewing import Filled, filled
from infra.kafka.client import Kafka
from infra.kafka.records import Message
from infra.postgres import Role
from infra.settings import Settings
from infra.sqlfiles import load_sql
from projections.publishing.message import event_of, message
from projections.publishing.meters import PublisherMeters
from projections.publishing.publisher import Copying, Publisher

SQL: Final = load_sql(__file__, "publisher.sql")
BAR: Final = Bar(
    "publisher",
    "x",
    0.5,
    1.0,
    "events a second from the store to committed on Kafka / kafka-python's idempotent producer, "
    "which has the same messages in memory, compressed and batched alike",
)
_NUMBERS: Final = itertools.count(1)
_LOOK: Final = 0.01
_PATIENCE: Final = 120.0


@contextmanager
def publishing(made: Filled, settings: Settings, topic: str) -> Iterator[list[tuple[str, float]]]:
    """Publish to a topic while the block runs; yield the steps of its transactions, with times."""
    steps: list[tuple[str, float]] = []
    stop = threading.Event()
    publisher = Publisher(
        made.scratch.dsn(Role.FOLLOWER),
        Kafka(settings),
        Copying(topic, settings.kafka_partitions),
        PublisherMeters(),
        lambda step: steps.append((step, time.perf_counter())),
    )
    thread = threading.Thread(target=publisher.run, args=[stop])
    thread.start()
    try:
        yield steps
    finally:
        stop.set()
        thread.join()


def publish(made: Filled, settings: Settings, topic: str) -> float:
    """Publish everything to a new topic; return events a second, from the first transaction on."""
    events, deadline = made.head, time.monotonic() + _PATIENCE
    with made.scratch.superuser() as connection:
        for name in ("forget_topics", "forget_publisher"):
            connection.execute(SQL[name])
        with publishing(made, settings, topic) as steps:
            while connection.execute(SQL["published"]).fetchone() != (events,):
                assert time.monotonic() < deadline, "the publisher does not get on"
                time.sleep(_LOOK)
    moments = [moment for _, moment in steps]
    return events / (max(moments) - min(moments))


def produce(settings: Settings, topic: str, messages: Sequence[Message]) -> float:
    """Send the same messages with kafka-python alone; return how many a second."""
    Kafka(settings).ensure(topic, settings.kafka_partitions)
    producer = KafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap,
        enable_idempotence=True,
        acks="all",
        compression_type="zstd",
        batch_size=262_144,
        max_block_ms=60_000,
    )
    with closing(producer), timed() as watch:
        sent = [
            producer.send(topic, one.value, one.key, list(one.headers), None, one.timestamp)
            for one in messages
        ]
        producer.flush()
        assert all(future.succeeded() for future in sent)
    return len(messages) / watch.seconds


def stored(made: Filled) -> list[Message]:
    """Return what the publisher has to send."""
    with made.scratch.superuser() as connection:
        envelopes = [bytes(row[0]) for row in connection.execute(STORED["envelopes"])]
    return [message("", envelope, event_of(envelope)) for envelope in envelopes]


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    with filled("publisher") as made, broker(made.scratch) as settings:
        record(made.scratch.dsn(Role.APP), made.codec, made.filling.contracts())
        lives = made.filling.lives(scale.pick(50_000, 1_000))
        record(made.scratch.dsn(Role.APP), made.codec, lives)
        made.settle()
        messages = stored(made)
        produce(settings, "bench.warm", messages)  # the broker's code is compiled as it runs
        rounds = interleave(
            scale.rounds,
            ours=lambda: publish(made, settings, f"bench.ours.{next(_NUMBERS)}"),
            plain=lambda: produce(settings, f"bench.plain.{next(_NUMBERS)}", messages),
        )
    size = sum(len(one.value or b"") for one in messages) // len(messages)
    notes = (
        f"{len(messages):,} events, {size:,} bytes each",
        rounds.note("ours", "events/s"),
        rounds.note("plain", "events/s"),
    )
    yield Result(BAR, rounds.ratios("ours", "plain"), notes)
