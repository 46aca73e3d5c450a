"""What only Kafka does to a consumer: foreign messages, lost offsets, members that come and go."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
from support import databases
from support.broker import Shared
from support.consuming import Effects, Fed, fed_by, message_of
from support.databases import Database
from support.histories import History
from support.kafka import committed
from support.store import adding, fresh_seed, ticket
from support.views import Ledger, eventually, ledger_on

from consumers.parking import redrive
from consumers.projecting import Projecting
from infra.kafka import names, records
from infra.postgres import Cluster
from projections.queue import QueueWriter

PARTITIONS = 8
MARK = "SELECT upto FROM consumers.progress"


class _NoText(str):
    """A header's name that another client writes as bytes that are no UTF-8."""

    __slots__ = ()

    def encode(self, *_: str) -> bytes:
        return b"\xff\xfe"


@pytest.fixture
def fed(database: Database, keys_dir: Path, broker: Shared, tmp_path: Path) -> Iterator[Fed]:
    with ledger_on(database, keys_dir) as ledger:
        yield fed_by(ledger, broker.bootstrap, tmp_path)


def test_foreign_messages_are_parked_once_with_origin_and_reason_and_block_nobody(
    fed: Fed, broker: Shared
) -> None:
    one = ticket()
    fed.published = 10**6
    last = fed.tell(adding(one, version) for version in range(4))
    rows = fed.ledger.rows("SELECT envelope FROM ledger.events ORDER BY position")
    good = [message_of(envelope, fed.topic) for (envelope,) in rows]
    raw = good[1].value or b""
    other = raw.replace(
        str(fed.ledger.codec.ledger).encode(), b"0" * 8 + b"-0000-4000-8000-" + b"0" * 12
    )
    at = {"timestamp": good[0].timestamp, "partition": 0}
    foreign = [
        (records.Message(fed.topic, None, b"\xff\x00not JSON", **at), "no envelope"),
        (records.Message(fed.topic, b"x", b"[" * 70_000, **at), "longer than 65535 bytes"),
        (records.Message(fed.topic, b"x", None, **at), "no envelope"),
        (message_of(other, fed.topic), "another ledger"),
        (good[1]._replace(headers=()), "header ce_specversion is missing"),
        (message_of(raw, fed.topic, ce_position=b"77"), "header ce_position contradicts"),
        (message_of(raw, fed.topic, ce_epoch=None), "header ce_epoch is missing"),
        (good[1]._replace(key=b"another"), "the key is not the stream's id"),
        (good[1]._replace(headers=(("\x00\ud7ff", b"\x00"),)), "header ce_specversion is missing"),
        (good[1]._replace(headers=((_NoText("x"), b""),)), "header ce_specversion is missing"),
    ]
    fed.write([good[0], *(message for message, _ in foreign), *good[1:]])
    effects = Effects()
    for _ in range(2):
        fed.consume(effects, last)
        assert eventually(lambda: len(fed.parked(effects.name)) == len(foreign))
        fed.forget_offsets(effects.name)
    fed.assert_once_in_order(effects.name, range(1, last + 1))
    parked = fed.ledger.rows(
        "SELECT origin, epoch, position, stream, reason, attempts FROM consumers.parked"
    )
    assert {(row[1], row[2], row[3]) for row in parked} == {(None, None, None)}
    assert all(row[0].startswith(f"{fed.topic}/") for row in parked)
    for _, reason in foreign:
        assert any(reason in row[4] for row in parked), reason
    copies = committed(broker, names.dead_letters(fed.topic, effects.name))
    assert len(copies) == len(foreign)
    with fed.running(fed.member(effects)):
        redrive(fed.dsn, effects.name)
        assert eventually(lambda: {row[2] for row in fed.parked(effects.name)} == {2})


def test_a_forged_event_takes_no_place_from_the_real_one(fed: Fed, broker: Shared) -> None:
    one, effects = ticket(), Effects()
    last = fed.tell(adding(one, version) for version in range(2))
    ((real,), *_) = fed.ledger.rows("SELECT envelope FROM ledger.events ORDER BY position")

    def forged(old: bytes, new: bytes) -> records.Message:
        assert old in real
        return message_of(real.replace(old, new, 1), fed.topic)

    with fed.running(fed.member(effects)):
        fed.write(
            [
                forged(b'"position":1,', b'"position":3,'),
                forged(b'"position":1,', b'"position":900,'),
                forged(b'"epoch":1', b'"epoch":2'),
                forged(b'"version":1', b'"version":7'),
            ]
        )
        assert eventually(lambda: len(fed.parked(effects.name)) == 4)
        fed.reach(effects.name, last)
        before = fed.published
        last = fed.ledger.tell(adding(one, version) for version in range(2, 5))
        rows = fed.ledger.rows("SELECT envelope FROM ledger.events WHERE position > %s", [before])
        same_batch = forged(b'"position":1,', b'"position":4,')
        fed.write([same_batch, *(message_of(raw, fed.topic) for (raw,) in rows)])
        fed.reach(effects.name, last)
        redrive(fed.dsn, effects.name)
        assert eventually(lambda: {row[2] for row in fed.parked(effects.name)} == {2})
    fed.assert_once_in_order(effects.name, range(1, last + 1))
    assert [version for *_, version in fed.effects(effects.name)] == [1, 2, 3, 4, 5]
    parked = fed.ledger.rows("SELECT lane = origin, position, reason FROM consumers.parked")
    reasons = [reason for own, position, reason in parked if own and position is None]
    assert sum(reason.startswith("the store has no such event") for reason in reasons) == 2
    assert sum(reason.startswith("the store has another event") for reason in reasons) == 3
    assert len(committed(broker, names.dead_letters(fed.topic, effects.name))) == 5


def test_what_is_parked_is_copied_for_others_with_origin_and_reason(
    fed: Fed, broker: Shared
) -> None:
    bad = ticket()
    last = fed.tell(adding(bad, version) for version in range(2))
    effects = Effects(poison={1: 10**6})
    fed.consume(effects, last)
    topic = names.dead_letters(fed.topic, effects.name)
    assert fed.kafka is not None
    record = fed.kafka.last(topic)
    assert record is not None
    said = dict(record.headers)
    assert said["ledger_reason"] == b"behind what is parked in its stream"
    assert said["ledger_origin"].startswith(fed.topic.encode())
    assert (said["ledger_attempts"], said["ce_position"]) == (b"0", b"2")
    assert committed(broker, topic) == [
        row[0] for row in fed.ledger.rows("SELECT envelope FROM ledger.events ORDER BY position")
    ]


def test_the_inbox_decides_where_reading_starts_whatever_became_of_the_offsets(fed: Fed) -> None:
    history = History(fresh_seed(), tickets=10)
    half = fed.tell(history.requests(60))
    effects = Effects()
    fed.consume(effects, half)
    fed.forget_offsets(effects.name)
    last = fed.tell(history.requests(60))
    fed.consume(effects, last)
    fed.assert_once_in_order(effects.name, range(1, last + 1))
    # a backup of the database is older than the offsets: what it lost is done again
    fed.ledger.rows("DELETE FROM consumers.effects WHERE position > %s", [half])
    fed.ledger.rows("UPDATE consumers.progress SET upto = %s, reached_at = NULL", [half])
    fed.consume(effects, last)
    fed.assert_once_in_order(effects.name, range(1, last + 1))


def test_a_topic_that_was_written_anew_repeats_nothing(fed: Fed) -> None:
    history, effects = History(fresh_seed(), tickets=10), Effects()
    last = fed.tell(history.requests(60))
    assert fed.kafka is not None
    second = fed.kafka.ensure(names.events(fed.topic, 2), 3).name
    with fed.running(fed.member(effects)):
        fed.reach(effects.name, last)
        fed.publish(second, after=0)
        before = fed.published
        more = fed.ledger.tell(history.requests(60))
        fed.publish(second, after=before)
        fed.reach(effects.name, more)
    fed.assert_once_in_order(effects.name, range(1, more + 1))


def test_going_to_kafka_and_back_repeats_and_loses_nothing(fed: Fed) -> None:
    history, effects = History(fresh_seed(), tickets=10), Effects()
    store = Fed(fed.ledger, None)
    for feed in (store, fed, store, fed):
        last = fed.tell(history.requests(40))
        feed.consume(effects, last)
        assert fed.ledger.rows("SELECT feed FROM consumers.groups") == [(feed.kind,)]
    fed.assert_once_in_order(effects.name, range(1, last + 1))


@contextmanager
def loaded(fed: Fed, history: History) -> Iterator[None]:
    """Append and publish all the time while the block runs."""
    enough = threading.Event()

    def load() -> None:
        while not enough.wait(0.02):
            fed.tell(history.requests(20))

    loading = threading.Thread(target=load)
    loading.start()
    try:
        yield
    finally:
        enough.set()
        loading.join()


def fair(members: int) -> list[int]:
    """Return how many partitions each of so many members has, in order of size."""
    return sorted((PARTITIONS + nth) // members for nth in range(members))


def test_members_that_come_and_go_under_load_lose_and_repeat_no_effect(fed: Fed) -> None:
    effects = Effects()
    with fed.running(fed.member(effects)):
        with loaded(fed, History(fresh_seed(), tickets=40)):
            fed.reach(effects.name, fed.published + 20)
            with ExitStack() as group:
                for members in range(2, PARTITIONS + 1):
                    group.enter_context(fed.running(fed.member(effects)))
                    assert eventually(lambda n=members: fed.shared(effects.name) == fair(n))
            fed.reach(effects.name, fed.published + 20)
        fed.reach(effects.name, fed.published)
    fed.assert_once_in_order(effects.name, range(1, fed.published + 1))


@pytest.mark.parametrize("members", [1, 8])
def test_a_queue_built_from_kafka_alone_in_another_database_equals_the_stores(
    fed: Fed, cluster: Cluster, members: int
) -> None:
    name = f"copy-{uuid4().hex[:12]}"
    with databases.fresh(cluster) as elsewhere:
        copy = [Projecting(name, QueueWriter().followed()) for _ in range(members)]
        history = History(fresh_seed(), tickets=40)
        fed.tell(history.requests(100))
        with fed.running(*(fed.member(one, dsn=elsewhere.dsn_owner) for one in copy)):
            last = fed.tell(history.requests(300))
            fed.ledger.follow(last)
            there = Ledger(elsewhere, fed.ledger.codec)
            assert eventually(lambda: there.rows(MARK) == [(last,)]), there.rows(MARK)
        assert there.versions() == fed.ledger.versions()
        assert there.rows("SELECT FROM consumers.parked") == []
