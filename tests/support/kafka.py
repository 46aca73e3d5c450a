"""What the tests of Kafka need of kafka-python."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Protocol
from uuid import uuid4

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient


class Reached(Protocol):
    """Something that serves clients: a broker of this test alone, or the shared one."""

    @property
    def bootstrap(self) -> str:
        """HOST:PORT."""


def new_topic(broker: Reached, partitions: int = 1) -> str:
    """Make a topic of a new name and return that."""
    name = f"test.{uuid4()}"
    with closing(KafkaAdminClient(bootstrap_servers=broker.bootstrap)) as admin:
        wanted = {name: {"num_partitions": partitions, "replication_factor": 1}}
        admin.create_topics(wanted, wait_for_metadata=True)
    return name


@contextmanager
def transactional(broker: Reached, name: str | None = None) -> Iterator[KafkaProducer]:
    """A producer whose transactions may begin; `name` is the transactional id."""
    producer = KafkaProducer(
        bootstrap_servers=broker.bootstrap, transactional_id=name or str(uuid4())
    )
    try:
        producer.init_transactions()
        yield producer
    finally:
        producer.close(timeout=5)


def committed(broker: Reached, topic: str, partition: int = 0) -> list[bytes]:
    """Return the values of a partition as `read_committed` sees them, up to its end now."""
    with closing(_reading(broker)) as consumer:
        return _up_to_now(consumer, [TopicPartition(topic, partition)])


def committed_everywhere(broker: Reached, topic: str) -> list[bytes]:
    """Return the same of all partitions; nothing where there is no such topic."""
    with closing(_reading(broker)) as consumer:
        numbers = consumer.partitions_for_topic(topic) or set()
        return _up_to_now(consumer, [TopicPartition(topic, number) for number in numbers])


def _reading(broker: Reached) -> KafkaConsumer:
    return KafkaConsumer(
        bootstrap_servers=broker.bootstrap,
        group_id=None,
        isolation_level="read_committed",
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )


def _up_to_now(consumer: KafkaConsumer, places: list[TopicPartition]) -> list[bytes]:
    consumer.assign(places)
    consumer.seek_to_beginning(*places)
    ends = consumer.end_offsets(places)
    found: list[bytes] = []
    while any(consumer.position(place) < ends[place] for place in places):
        for records in consumer.poll(timeout_ms=500).values():
            found += [record.value for record in records]
    return found
