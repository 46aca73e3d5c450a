"""Publishers for tests: in a thread, and what a cluster and the store then hold."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import psycopg
from kafka import KafkaConsumer, TopicPartition
from support.broker import settings
from support.databases import Database
from support.store import key, keys_of, provenance, ticket, waiting_log
from support.views import eventually

from bench.filling import Filling, record
from domain.log import NewEvent, Request, Write
from domain.ticket.events import Audience, MessagePosted, Side
from domain.values import Purpose, Sealed
from infra.codec import Codec
from infra.ids import new_id
from infra.kafka import names
from infra.kafka.client import Kafka
from infra.kafka.records import Record
from projections.publishing.message import event_of
from projections.publishing.meters import PublisherMeters
from projections.publishing.publisher import Copying, Publisher

WITHIN: Final = 180.0


@dataclass
class Bench:
    """A ledger, a topic of its own on a cluster, and publishers between them."""

    database: Database
    data: Path
    bootstrap: str
    topic: str = field(default_factory=lambda: f"test.{uuid4()}")
    partitions: int = 3

    @property
    def kafka(self) -> Kafka:
        given = settings(self.data, kafka_bootstrap=self.bootstrap, kafka_topic=self.topic)
        return Kafka(given, 2.0)

    def fill(self, events: int, seed: int = 1) -> int:
        """Append ordinary lives of tickets of about so many events; return the last position."""
        filling, keys = Filling(seed), keys_of(self.data)
        ((ledger,),) = self.rows("SELECT ledger FROM ledger.identity")
        try:
            codec = Codec(UUID(str(ledger)), keys)
            return record(self.database.dsn_app, codec, filling.lives(events))
        finally:
            keys.close()

    def fill_long(self, size: int) -> None:
        """Append an event whose envelope has at least so many bytes."""
        many = tuple(new_id() for _ in range(size // len(f'"{new_id()}",') + 1))
        text = Sealed("long", new_id(), Purpose.CORRESPONDENCE)
        event = MessagePosted(new_id(), Side.STAFF, Audience.PUBLIC, text, None, many)
        with waiting_log(self.database.dsn_app, self.data) as log:
            write = Write(ticket(), 0, (NewEvent(event, None),))
            log.append_wait(Request((write,), (), key(), provenance()))

    def lose(self, events: int) -> None:
        """Lose the last events, as a restore does."""
        self.rows("ALTER TABLE ledger.events DISABLE TRIGGER ALL")
        self.rows("DELETE FROM ledger.events WHERE position > %s", [self.head() - events])

    def next_epoch(self) -> None:
        self.rows("UPDATE ledger.identity SET epoch = epoch + 1")

    def publisher(
        self, step: Callable[[str], object] = lambda _: None, events: int = 500
    ) -> Publisher:
        copying = Copying(self.topic, self.partitions, events, poll=0.1)
        return Publisher(self.database.dsn_follower, self.kafka, copying, PublisherMeters(), step)

    @contextmanager
    def publishing(
        self, step: Callable[[str], object] = lambda _: None, events: int = 500
    ) -> Iterator[threading.Thread]:
        """Publish in a thread until the block ends."""
        stop = threading.Event()
        thread = threading.Thread(target=self.publisher(step, events).run, args=[stop])
        thread.start()
        try:
            yield thread
        finally:
            stop.set()
            thread.join(WITHIN)
            assert not thread.is_alive()

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement as the superuser; return its rows, if it has any."""
        with psycopg.connect(self.database.dsn_superuser, autocommit=True) as connection:
            cursor = connection.execute(statement, parameters)
            return [] if cursor.rownumber is None else cursor.fetchall()

    def acknowledged(self) -> int:
        """Return up to which position the publisher's row says that it is on the cluster."""
        found = self.rows("SELECT position FROM views.followers WHERE name = 'publisher'")
        return int(found[0][0]) if found else 0

    def state(self) -> tuple[str, str | None]:
        """Return the publisher's state and what it stands still at."""
        found = self.rows("SELECT state, error FROM views.followers WHERE name = 'publisher'")
        return found[0] if found else ("", None)

    def generations(self) -> list[tuple[int, str]]:
        """Return the topics that were begun, and why."""
        return self.rows("SELECT generation, reason FROM views.publishing ORDER BY 1")

    def sessions(self) -> set[int]:
        """Return the sessions of publishers."""
        found = self.rows(
            "SELECT pid FROM pg_stat_activity"
            " WHERE application_name = 'ledger publisher' AND datname = current_database()"
        )
        return {pid for (pid,) in found}

    def head(self) -> int:
        ((head,),) = self.rows("SELECT coalesce(max(position), 0) FROM ledger.events")
        return int(head)

    def drained(self) -> None:
        """Wait until everything that is stored is acknowledged."""
        head = self.head()
        assert eventually(lambda: self.acknowledged() == head, WITHIN), self.state()

    def records(self, generation: int = 1) -> list[Record]:
        """Return what `read_committed` sees on a topic of events, partition by partition."""
        topic = names.events(self.topic, generation)
        return everything_on(self.bootstrap, topic)

    def envelopes(self) -> list[bytes]:
        found = self.rows("SELECT envelope FROM ledger.events ORDER BY position")
        return [bytes(one) for (one,) in found]


def everything_on(bootstrap: str, topic: str, isolation: str = "read_committed") -> list[Record]:
    """Return the records of a topic, as `read_committed` sees them, up to its ends now."""
    consumer = KafkaConsumer(
        bootstrap_servers=bootstrap,
        group_id=None,
        isolation_level=isolation,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    with closing(consumer):
        places = [TopicPartition(topic, at) for at in consumer.partitions_for_topic(topic)]
        consumer.assign(places)
        ends = consumer.end_offsets(places)
        found: list[Record] = []
        while any(consumer.position(place) < ends[place] for place in places):
            for records in consumer.poll(timeout_ms=200).values():
                found += [
                    Record(
                        r.topic,
                        r.partition,
                        r.offset,
                        r.key,
                        r.value,
                        tuple(r.headers),
                        r.timestamp,
                    )
                    for r in records
                ]
    return found


def is_exactly(records: list[Record], envelopes: list[bytes]) -> None:
    """Assert that each envelope is there once, and each stream's in order."""
    placed = [(event_of(record.value or b"").position, record) for record in records]
    wanted = [(event_of(envelope).position, envelope) for envelope in envelopes]
    assert sorted(position for position, _ in placed) == [position for position, _ in wanted]
    found = {position: record.value for position, record in placed}
    assert all(found[position] == envelope for position, envelope in wanted)
    last: dict[bytes | None, tuple[int, int]] = {}
    for position, one in placed:
        at = (one.partition, position)
        assert last.get(one.key, (one.partition, 0)) < at, "out of order"
        last[one.key] = at


def tracked(bench: Bench) -> dict[str, object]:
    """Return what the tracking record says."""
    found = bench.kafka.last(names.tracking(bench.topic))
    assert found is not None
    assert found.value is not None
    said: dict[str, object] = json.loads(found.value)
    return said
