"""Consumers for tests: effects that can be counted, fed from the store or from Kafka."""

import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import psycopg
from support.views import PATIENCE, Ledger, eventually

from consumers.feeds import Bearings, Feed
from consumers.feeds.kafka import KafkaFeed
from consumers.feeds.store import StoreFeed
from consumers.group import Member, Pace, Start, start_of
from consumers.handler import Arrived, Begin, Cursor
from consumers.inbox import Step
from domain.log import Request
from infra.envelope import parse, time_text
from infra.kafka import records
from infra.kafka.client import Kafka

TABLE = """
CREATE TABLE consumers.effects (
    nth bigint GENERATED ALWAYS AS IDENTITY,
    consumer text NOT NULL,
    epoch integer NOT NULL,
    position bigint NOT NULL,
    stream uuid NOT NULL,
    version integer NOT NULL
)
"""
_WRITE = """
INSERT INTO consumers.effects (consumer, epoch, position, stream, version)
SELECT %s, * FROM unnest(%s::integer[], %s::bigint[], %s::uuid[], %s::integer[])
"""


class Poisoned(Exception):
    """What a consumer raises at what the test calls poison."""


@dataclass
class Effects:
    """A consumer whose effect is a row for each event; `poison` holds positions, and how often."""

    name: str = field(default_factory=lambda: f"effects-{uuid4().hex[:12]}")
    begins: Begin = Begin.FIRST
    poison: dict[int, int] = field(default_factory=dict)

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        parts = [arrived.parsed for arrived in batch]
        rows = [(p.ledger.epoch, p.position, p.stream.id, p.stream.version) for p in parts]
        cursor.execute(_WRITE, [self.name, *map(list, zip(*rows, strict=True))])
        for one in parts:
            if self.poison.get(one.position, 0) > 0:
                self.poison[one.position] -= len(batch) == 1
                raise Poisoned(one.position)


@dataclass
class Fed:
    """A ledger whose events reach consumers by one feed; what is told it is published too."""

    ledger: Ledger
    kafka: Kafka | None
    topic: str = ""
    published: int = 0

    @property
    def kind(self) -> str:
        return "kafka" if self.kafka else "store"

    def tell(self, requests: Iterable[Request]) -> int:
        """Append requests and publish them; return the last position."""
        last = self.ledger.tell(requests)
        self.publish()
        return last

    def publish(self, topic: str = "", after: int | None = None) -> None:
        """Do what the publisher does, from a position on."""
        if self.kafka is None:
            return
        begin = self.published if after is None else after
        rows = self.ledger.rows(
            "SELECT position, envelope FROM ledger.events WHERE position > %s ORDER BY position",
            [begin],
        )
        self.write([message_of(envelope, topic or self.topic) for _, envelope in rows])
        self.published = max([self.published, *(position for position, _ in rows)])

    def write(self, messages: Sequence[records.Message]) -> None:
        assert self.kafka is not None
        writer = self.kafka.writer()
        writer.write(messages)
        writer.close()

    def feed(self, name: str, bearings: Bearings) -> Feed:
        if self.kafka is None:
            return StoreFeed(self.ledger.database.dsn_consumer, name, bearings)
        return KafkaFeed(self.kafka, name, bearings, self.topic)

    def member(
        self,
        consumer: Any,
        step: Step = lambda _: None,
        batch: int = 50,
        dsn: str | None = None,
        begins: dict[str, int] | None = None,
    ) -> Member:
        store = self.ledger.database.dsn_consumer

        def start() -> Start:
            return start_of(store, consumer, begins or {})

        ledger = self.ledger.codec.ledger
        pace = Pace(batch, 0.05)
        return Member(dsn or store, ledger, consumer, self.feed, start, pace, step)

    @contextmanager
    def running(self, *members: Member) -> Iterator[None]:
        """Run members in threads while the block runs."""
        stops = [threading.Event() for _ in members]
        threads = [
            threading.Thread(target=member.run, args=[stop])
            for member, stop in zip(members, stops, strict=True)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            for stop in stops:
                stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)

    def consume(self, consumer: Any, upto: int, **more: Any) -> None:
        """Run one member until its mark is there."""
        with self.running(self.member(consumer, **more)):
            self.reach(consumer.name, upto)

    def reach(self, name: str, upto: int, epoch: int = 1) -> None:
        """Wait until a consumer's mark is there."""
        reached = eventually(lambda: self.mark(name, epoch) >= upto)
        assert reached, (self.mark(name, epoch), upto, self.parked(name))

    def mark(self, name: str, epoch: int = 1) -> int:
        rows = self.ledger.rows(
            "SELECT upto FROM consumers.progress WHERE consumer = %s AND epoch = %s", [name, epoch]
        )
        return int(rows[0][0]) if rows else -1

    def parked(self, name: str) -> list[tuple[Any, ...]]:
        """Return (position, reason, attempts) of what is parked, in order."""
        return self.ledger.rows(
            "SELECT position, reason, attempts FROM consumers.parked WHERE consumer = %s"
            " ORDER BY position NULLS LAST, origin",
            [name],
        )

    def effects(self, name: str) -> list[tuple[Any, ...]]:
        """Return (epoch, position, stream, version) in the order in which they were written."""
        return self.ledger.rows(
            "SELECT epoch, position, stream, version FROM consumers.effects WHERE consumer = %s"
            " ORDER BY nth",
            [name],
        )

    def positions(self, name: str) -> list[int]:
        return sorted(row[1] for row in self.effects(name))

    def assert_once_in_order(self, name: str, wanted: Collection[int]) -> None:
        """Check that these positions had their effect once, each stream's in its order."""
        assert self.positions(name) == sorted(wanted)
        last: dict[UUID, int] = {}
        for _, position, stream, _ in self.effects(name):
            assert position > last.get(stream, 0), f"position {position} after {last[stream]}"
            last[stream] = position
        assert self.ledger.rows("SELECT FROM consumers.inbox WHERE consumer = %s", [name]) == []


def message_of(envelope: bytes, topic: str, **wrong: bytes | None) -> records.Message:
    """Return what the publisher writes for an envelope; `wrong` headers replace its own."""
    parts = parse(envelope)
    headers = {
        "ce_specversion": b"1.0",
        "ce_id": str(parts.id).encode(),
        "ce_type": parts.type.encode(),
        "ce_source": f"/ledgers/{parts.ledger.id}".encode(),
        "ce_time": time_text(parts.recorded_at).encode(),
        "ce_epoch": b"%d" % parts.ledger.epoch,
        "ce_position": b"%d" % parts.position,
        "content-type": b"application/json",
    } | wrong
    said = tuple((name, value) for name, value in headers.items() if value is not None)
    at = int(parts.recorded_at.timestamp() * 1000)
    return records.Message(topic, str(parts.stream.id).encode(), envelope, said, at)


def make_table(dsn_owner: str) -> None:
    with psycopg.connect(dsn_owner, autocommit=True) as connection:
        connection.execute(TABLE)
