"""The client of Kafka: topics, writers, transactions and readers, against a real broker."""

import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from kafka import KafkaProducer
from pydantic import SecretStr
from support.broker import settings

from domain.errors import Malformed, Unavailable
from infra.kafka import Broker
from infra.kafka.client import GroupReader, Kafka
from infra.kafka.connection import options
from infra.kafka.records import Message, Place, Record
from infra.processes import free_port

WITHIN = 30.0


@pytest.fixture
def kafka(broker: Broker, tmp_path: Path) -> Kafka:
    return Kafka(settings(tmp_path, kafka_bootstrap=broker.bootstrap))


def topic_of(kafka: Kafka, partitions: int = 1) -> str:
    return kafka.ensure(f"test.{uuid4()}", partitions).name


def read(reader: GroupReader, how_many: int) -> list[Record]:
    found: list[Record] = []
    deadline = time.monotonic() + WITHIN
    while len(found) < how_many and time.monotonic() < deadline:
        found += reader.poll(0.2, 1000)
    return found


def test_a_topic_is_made_once_and_known_by_its_id(kafka: Kafka) -> None:
    name = f"test.{uuid4()}"
    assert kafka.topics([name]) == {}
    made = kafka.ensure(name, 3)
    assert made.partitions == 3
    assert kafka.ensure(name, 5) == made
    assert kafka.topics([name]) == {name: made}
    assert kafka.cluster() == kafka.cluster()


def test_a_committed_transaction_is_read_as_it_was_written(kafka: Kafka) -> None:
    topic, headers = topic_of(kafka), (("one", b"1"), ("two", "zwölf".encode()))
    writer = kafka.transactions(str(uuid4()))
    writer.begin()
    writer.write([Message(topic, b"key", b"value", headers, 1_700_000_000_123)])
    assert kafka.last(topic) is None
    writer.commit()
    writer.begin()
    writer.write([Message(topic, None, b"never read")])
    writer.close()
    assert kafka.last(topic) == Record(topic, 0, 0, b"key", b"value", headers, 1_700_000_000_123)


def test_the_last_record_is_found_behind_many_transactions_that_were_given_up(kafka: Kafka) -> None:
    topic, name = topic_of(kafka), str(uuid4())
    with_it = kafka.transactions(name)
    with_it.begin()
    with_it.write([Message(topic, None, b"kept")])
    with_it.commit()
    with_it.begin()
    with_it.write([Message(topic, None, b"given up")] * 40)
    with_it.close()
    kafka.transactions(name).close()
    found = kafka.last(topic)
    assert found is not None
    assert found.value == b"kept"


def test_a_second_writer_of_a_name_fences_the_first(kafka: Kafka) -> None:
    topic, name = topic_of(kafka), str(uuid4())
    first = kafka.transactions(name)
    first.begin()
    first.write([Message(topic, None, b"of the first")])
    second = kafka.transactions(name)
    with pytest.raises(Unavailable):
        first.commit()
    first.close()
    second.begin()
    second.write([Message(topic, None, b"of the second")])
    second.commit()
    second.close()
    found = kafka.last(topic)
    assert found is not None
    assert found.value == b"of the second"


def test_a_group_goes_on_behind_what_it_committed(kafka: Kafka) -> None:
    topic, group = topic_of(kafka, 2), str(uuid4())
    writer = kafka.writer()
    writer.write([Message(topic, b"%d" % number, b"%d" % number) for number in range(20)])
    told: list[frozenset[Place]] = []
    reader = kafka.reader(group, f"^{topic}$", told.append)
    found = read(reader, 20)
    assert {record.value for record in found} == {b"%d" % number for number in range(20)}
    assert told[-1] == {Place(topic, 0), Place(topic, 1)} == reader.assignment()
    ends = {record.place: record.offset + 1 for record in found}
    assert reader.committed(ends) == {}
    noted = found[-1].place
    assert reader.commit(ends, {noted: "a note"})
    kept = {place: (end, "a note" if place == noted else "") for place, end in ends.items()}
    assert reader.committed(ends) == kept
    reader.close()
    writer.write([Message(topic, b"x", b"new")])
    writer.close()
    again = kafka.reader(group, f"^{topic}$")
    assert [record.value for record in read(again, 1)] == [b"new"]
    again.close()


def test_a_reader_goes_back_where_it_is_told(kafka: Kafka) -> None:
    topic = topic_of(kafka)
    writer = kafka.writer()
    writer.write([Message(topic, None, b"one"), Message(topic, None, b"two")])
    writer.close()
    reader = kafka.reader(str(uuid4()), f"^{topic}$")
    assert len(read(reader, 2)) == 2
    reader.seek(Place(topic, 0), 1)
    assert [record.value for record in read(reader, 1)] == [b"two"]
    reader.close()


def test_what_others_packed_otherwise_can_be_read(
    kafka: Kafka, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = topic_of(kafka)
    others = KafkaProducer(bootstrap_servers=broker.bootstrap, compression_type="gzip")
    others.send(name, b"v" * 1000).get(WITHIN)
    others.close(WITHIN)
    # stands for snappy and lz4, which cannot be unpacked here
    monkeypatch.setattr("kafka.codec.has_gzip", lambda: False)
    found = kafka.last(name)
    assert found is not None
    assert found.value == b"v" * 1000


def test_a_topic_that_appears_later_is_read_from_its_beginning(kafka: Kafka) -> None:
    base = topic_of(kafka)
    reader = kafka.reader(str(uuid4()), rf"^{base}(\.\d+)?$")
    reader.poll(0.5, 10)
    writer = kafka.writer()
    kafka.ensure(f"{base}.2", 1)
    writer.write([Message(f"{base}.2", None, b"first")])
    writer.close()
    assert [record.value for record in read(reader, 1)] == [b"first"]
    reader.close()


def test_offsets_for_a_moment_are_those_of_the_first_record_from_then_on(kafka: Kafka) -> None:
    topic, moment = topic_of(kafka), datetime(2026, 1, 1, tzinfo=UTC)
    at = int(moment.timestamp() * 1000)
    writer = kafka.writer()
    writer.write([Message(topic, None, b"x", (), at + second * 1000) for second in range(3)])
    writer.close()
    place = Place(topic, 0)
    assert kafka.offsets_at(topic, moment + timedelta(seconds=1)) == {place: 1}
    assert kafka.offsets_at(topic, moment + timedelta(days=1)) == {place: 3}
    assert kafka.offsets_at(f"{topic}.none", moment) == {}


def test_a_broker_that_is_away_is_unavailable_and_leaves_no_thread_behind(tmp_path: Path) -> None:
    away = Kafka(settings(tmp_path, kafka_bootstrap=f"127.0.0.1:{free_port()}"), 0.3)
    before = threading.active_count()
    for asked in (away.cluster, away.writer, lambda: away.transactions("x")):
        with pytest.raises(Unavailable, match="Kafka"):
            asked()
    deadline = time.monotonic() + WITHIN
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert threading.active_count() <= before


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, "LEDGER_KAFKA_BOOTSTRAP"),
        ({"kafka_bootstrap": "broker"}, "LEDGER_KAFKA_BOOTSTRAP"),
        ({"kafka_bootstrap": "b:1", "kafka_security": "sasl_plaintext"}, "LEDGER_KAFKA_USER"),
        (
            {"kafka_bootstrap": "b:1", "kafka_security": "sasl_tls", "kafka_user": "ledger"},
            "LEDGER_KAFKA_PASSWORD",
        ),
        (
            {"kafka_bootstrap": "b:1", "kafka_security": "tls", "kafka_ca": "/nowhere"},
            "LEDGER_KAFKA_CA",
        ),
    ],
    ids=["none", "no-port", "no-user", "no-password", "no-authority"],
)
def test_a_setting_that_cannot_be_used_is_named(
    tmp_path: Path, given: dict[str, object], named: str
) -> None:
    with pytest.raises(Malformed, match=named):
        Kafka(settings(tmp_path, **given))


def test_who_asks_is_told_to_the_cluster(tmp_path: Path) -> None:
    given = options(
        settings(
            tmp_path,
            kafka_bootstrap="a:9092,b:9092",
            kafka_security="sasl_tls",
            kafka_user="ledger",
            kafka_password=SecretStr("secret word"),
        )
    )
    assert given["bootstrap_servers"] == ["a:9092", "b:9092"]
    assert given["security_protocol"] == "SASL_SSL"
    assert given["sasl_plain_password"] == "secret word"
    assert given["ssl_context"].check_hostname
