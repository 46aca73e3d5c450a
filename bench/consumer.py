"""A consumer with its inbox: one effect for each event, in batches, fed by Kafka or the store."""

import itertools
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from bench.broker import broker
from bench.filling import record
from bench.harness import Bar, Result, Scale, interleave
from bench.publisher import publish
from bench.viewing import Filled, filled
from consumers.feeds import Bearings, Feed
from consumers.feeds.kafka import KafkaFeed
from consumers.feeds.store import StoreFeed
from consumers.group import Member, Start
from consumers.handler import Arrived, Begin, Cursor
from consumers.inbox import Hop
from consumers.judging import Judge
from infra.kafka.client import Kafka
from infra.postgres import Role
from infra.sqlfiles import load_sql

SQL: Final = load_sql(__file__, "consumer.sql")
EFFECTS: Final = 3_000
BAR: Final = Bar(
    "consumer",
    "s",
    1.0,
    0.3,
    f"{EFFECTS:,} effects of one consumer with its inbox, one row each, fed by Kafka in batches",
    at_most=True,
)
_NUMBERS: Final = itertools.count(1)
_LOOK: Final = 0.01
_PATIENCE: Final = 120.0

Feeds = Callable[[str, Bearings], Feed]


@dataclass(frozen=True, slots=True)
class Teller:
    """Writes a row for each event; that it was handled before, its key would refuse."""

    name: str
    begins: Begin = Begin.FIRST

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Write the rows of a batch."""
        parsed = [arrived.parsed for arrived in batch]
        values = {
            "consumer": self.name,
            "tickets": [one.stream.id for one in parsed],
            "versions": [one.stream.version for one in parsed],
            "types": [one.type for one in parsed],
            "times": [one.recorded_at for one in parsed],
        }
        cursor.execute(SQL["tell"], values)


def consume(made: Filled, feeds: Feeds) -> float:
    """Let a new consumer handle every event; return effects a second, from the first batch on."""
    name, moments, stop = f"bench-{next(_NUMBERS)}", list[float](), threading.Event()

    def step(hop: Hop) -> None:
        if hop in {Hop.POLLED, Hop.RECORDED}:
            moments.append(time.perf_counter())

    dsn = made.scratch.dsn(Role.CONSUMER)
    judge = Judge(made.codec.ledger, dsn)
    member = Member(dsn, judge, Teller(name), feeds, Start, step=step)
    thread = threading.Thread(target=member.run, args=[stop])
    events, deadline = made.head, time.monotonic() + _PATIENCE
    thread.start()
    try:
        with made.scratch.superuser() as connection:
            while connection.execute(SQL["told"], [name]).fetchone() != (events,):
                assert time.monotonic() < deadline, "the consumer does not get on"
                time.sleep(_LOOK)
    finally:
        stop.set()
        thread.join()
    return events / (max(moments) - min(moments))


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar, and for comparison the same consumer fed by the store."""
    with filled("consumer") as made, broker(made.scratch) as settings:
        record(made.scratch.dsn(Role.APP), made.codec, made.filling.contracts())
        lives = made.filling.lives(scale.pick(50_000, 1_000))
        record(made.scratch.dsn(Role.APP), made.codec, lives)
        with made.scratch.superuser() as connection:
            connection.execute(SQL["make"])
        made.settle()
        topic = settings.kafka_topic
        publish(made, settings, topic)
        kafka, dsn = Kafka(settings), made.scratch.dsn(Role.CONSUMER)
        rounds = interleave(
            scale.rounds,
            kafka=lambda: consume(made, lambda name, at: KafkaFeed(kafka, name, at, topic)),
            store=lambda: consume(made, lambda name, at: StoreFeed(dsn, name, at)),
        )
    seconds = tuple(EFFECTS / rate for rate in rounds.values["kafka"])
    notes = (
        f"{made.filling.opened:,} tickets",
        rounds.note("kafka", "effects/s"),
        rounds.note("store", "effects/s when the store feeds it"),
    )
    yield Result(BAR, seconds, notes)
