"""Consumers for tests: effects that can be counted, fed from the store or from Kafka."""

import hashlib
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg
from kafka.admin import KafkaAdminClient
from support.broker import settings
from support.views import PATIENCE, Ledger, eventually

from consumers.feeds import Bearings, Feed
from consumers.feeds.kafka import KafkaFeed
from consumers.feeds.store import StoreFeed
from consumers.group import Member, Pace, Start, start_of
from consumers.handler import Arrived, Begin, Cursor
from consumers.inbox import Step
from consumers.judging import Judge
from domain.log import Request
from infra.kafka import records
from infra.kafka.client import Kafka
from infra.kafka.names import group

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


Change = Callable[[bytes], bytes]


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
    bootstrap: str = ""

    @property
    def kind(self) -> str:
        return "kafka" if self.kafka else "store"

    @property
    def dsn(self) -> str:
        return str(self.ledger.database.dsn_consumer)

    def tell(self, requests: Iterable[Request], change: Change | None = None) -> int:
        """Append requests, change their envelopes, publish them; return the last position."""
        last = self.ledger.tell(requests)
        if change is not None:
            rows = self.ledger.rows("SELECT position, envelope FROM ledger.events")
            for position, envelope in rows:
                self._replace(position, change(envelope))
        self.publish()
        return last

    def _replace(self, position: int, envelope: bytes) -> None:
        leaf = hashlib.sha256(b"\x00" + envelope).digest()
        with psycopg.connect(self.ledger.database.dsn_superuser) as connection:
            connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
            connection.execute(
                "UPDATE ledger.events SET envelope = %s, leaf_hash = %s WHERE position = %s",
                [envelope, leaf, position],
            )

    def lose(self, after: int) -> None:
        """Lose the events behind a position, as a restore of an older backup does."""
        with psycopg.connect(self.ledger.database.dsn_superuser) as connection:
            connection.execute("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
            connection.execute("DELETE FROM ledger.events WHERE position > %s", [after])

    def mend(self, position: int, name: str, change: Change) -> None:
        """Change what is parked, as an update that can read it would in effect."""
        with psycopg.connect(self.ledger.database.dsn_superuser) as connection:
            connection.execute(
                "UPDATE consumers.parked SET envelope = %s, headers = NULL"
                " WHERE consumer = %s AND position = %s",
                [change(self.parked_envelope(name, position)), name, position],
            )

    def parked_envelope(self, name: str, position: int) -> bytes:
        (row,) = self.ledger.rows(
            "SELECT envelope FROM consumers.parked WHERE consumer = %s AND position = %s",
            [name, position],
        )
        return bytes(row[0])

    def committed(self, name: str) -> int:
        """Return how many records a group has behind it, as Kafka keeps it."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            (found,) = admin.list_group_offsets(group(self.topic, name)).values()
        finally:
            admin.close()
        return sum(one.offset for one in found.values())

    def shared(self, name: str) -> list[int]:
        """Return how many partitions each member of a group has, in order of size."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            (found,) = admin.describe_groups([group(self.topic, name)]).values()
        finally:
            admin.close()
        given = [one["member_assignment"] for one in found["members"]]
        return sorted(
            sum(len(topic["partitions"]) for topic in one["assigned_partitions"] or ())
            for one in given
            if one
        )

    def handled(self, name: str) -> int:
        """Return how many events a consumer's mark and inbox name."""
        (row,) = self.ledger.rows(
            "SELECT upto + (SELECT count(*) FROM consumers.inbox WHERE consumer = p.consumer)"
            " FROM consumers.progress AS p WHERE consumer = %s",
            [name],
        )
        return int(row[0])

    def register(self, name: str) -> None:
        """Begin a consumer at the first event."""
        self.ledger.rows("INSERT INTO consumers.groups VALUES (%s, 'kafka')", [name])
        self.ledger.rows("INSERT INTO consumers.progress VALUES (%s, 1, 0)", [name])

    def forget_offsets(self, name: str) -> None:
        """Lose what Kafka keeps of a group."""
        admin = KafkaAdminClient(bootstrap_servers=self.bootstrap)
        try:
            admin.delete_groups([group(self.topic, name)])
        finally:
            admin.close()

    def due(self, name: str) -> bool:
        return bool(
            self.ledger.rows("SELECT FROM consumers.lanes WHERE consumer = %s AND due", [name])
        )

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
        poll: float = 0.05,
    ) -> Member:
        store = self.ledger.database.dsn_consumer

        def start() -> Start:
            return start_of(store, consumer, begins or {})

        judge = Judge(self.ledger.codec.ledger, None if dsn else store)
        pace = Pace(batch, poll)
        return Member(dsn or store, judge, consumer, self.feed, start, pace, step)

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

    def consume(self, consumer: Any, upto: int, epoch: int = 1, **more: Any) -> None:
        """Run one member until its mark is there."""
        with self.running(self.member(consumer, **more)):
            self.reach(consumer.name, upto, epoch)

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
    parts = msgspec.json.decode(envelope)
    ledger, stream = parts["ledger"], parts["stream"]["id"]
    headers = {
        "ce_specversion": "1.0",
        "ce_id": parts["id"],
        "ce_type": parts["type"],
        "ce_source": f"/ledgers/{ledger['id']}",
        "ce_time": parts["recorded_at"],
        "ce_epoch": str(ledger["epoch"]),
        "ce_position": str(parts["position"]),
        "content-type": "application/json",
    }
    said = {name: value.encode() for name, value in headers.items()} | wrong
    at = int(datetime.fromisoformat(parts["recorded_at"]).timestamp() * 1000)
    given = tuple((name, value) for name, value in said.items() if value is not None)
    return records.Message(topic, stream.encode(), envelope, given, at)


def fed_by(ledger: Ledger, bootstrap: str | None, data: Path, partitions: int = 8) -> Fed:
    """Return the ledger with a topic of its own, or without Kafka."""
    with psycopg.connect(ledger.database.dsn_owner, autocommit=True) as connection:
        connection.execute(TABLE)
    if bootstrap is None:
        return Fed(ledger, None)
    kafka = Kafka(settings(data, kafka_bootstrap=bootstrap))
    topic = kafka.ensure(f"test-{uuid4()}", partitions).name
    return Fed(ledger, kafka, topic, bootstrap=bootstrap)
