"""Several at once handle the same events, as after a rebalance that one of them has not noticed."""

import random
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest
from support.consuming import Effects, Fed, fed_by
from support.databases import Database
from support.store import FIXED_SEED, adding, seeds, ticket
from support.views import ledger_on

from consumers import inbox
from consumers.handler import Cursor
from consumers.inbox import Inbox
from consumers.judging import Judge
from consumers.messages import Message
from consumers.parking import Redriven, redrive

PARTITIONS = 3
EVENTS = 240


@pytest.fixture
def fed(database: Database, keys_dir: Path, tmp_path: Path) -> Iterator[Fed]:
    with ledger_on(database, keys_dir) as ledger:
        yield fed_by(ledger, None, tmp_path)


@dataclass
class Partition:
    """Messages in order, and the offset that somebody committed last."""

    messages: list[Message] = field(default_factory=list)
    committed: int = 0


def partitions_of(fed: Fed) -> list[Partition]:
    rows = fed.ledger.rows("SELECT position, stream_id, envelope FROM ledger.events ORDER BY 1")
    found = [Partition() for _ in range(PARTITIONS)]
    for position, stream, envelope in rows:
        found[stream.int % PARTITIONS].messages.append(Message(envelope, f"topic/0/{position}"))
    return found


def serve(dsn: str, member: Inbox, partition: Partition, seed: int, dies: float) -> None:
    """Read a partition in batches from what is committed; now and then lose what was done."""
    chance = random.Random(seed)
    at = partition.committed
    with psycopg.connect(dsn, autocommit=True) as connection:
        while at < len(partition.messages):
            batch = partition.messages[at : at + chance.randint(1, 12)]
            with suppress(psycopg.OperationalError), connection.transaction() as transaction:
                with connection.cursor() as cursor:
                    member.receive(cursor, batch, lambda _: None)
                if chance.random() < dies:
                    raise psycopg.Rollback(transaction)
                at += len(batch)
            if chance.random() < dies:
                at = min(at, partition.committed)  # another takes over what it knows of
            else:
                partition.committed = max(partition.committed, at)
            with connection.transaction(), connection.cursor() as cursor:
                member.work_off(cursor)


def race(fed: Fed, effects: Effects, partitions: Sequence[Partition], seed: int) -> None:
    """Let two read each partition, neither knowing of the other."""
    member = Inbox(effects, Judge(fed.ledger.codec.ledger))
    threads = [
        threading.Thread(target=serve, args=[fed.dsn, member, one, seed * 10 + number, 0.1])
        for number, one in enumerate([*partitions, *partitions])
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with psycopg.connect(fed.dsn) as connection:
        member.fold(connection.cursor())  # as a member does that has nothing else to do


@seeds(1, FIXED_SEED)
def test_members_that_serve_the_same_partition_repeat_nothing_and_keep_the_order(
    fed: Fed, seed: int
) -> None:
    streams = [ticket() for _ in range(12)]
    fed.tell(adding(one, n) for n in range(EVENTS // 12) for one in streams)
    effects = Effects()
    fed.register(effects.name)
    race(fed, effects, partitions_of(fed), seed)
    fed.assert_once_in_order(effects.name, range(1, EVENTS + 1))
    assert fed.mark(effects.name) == EVENTS


@seeds(1, FIXED_SEED)
def test_what_is_redriven_while_more_comes_keeps_the_order_of_its_stream(
    fed: Fed, seed: int
) -> None:
    streams = [ticket() for _ in range(6)]
    fed.tell(adding(one, n) for n in range(EVENTS // 6) for one in streams)
    effects = Effects(poison=dict.fromkeys(random.Random(seed).sample(range(1, 60), 4), 3))
    enough = threading.Event()

    def redrive_often() -> None:
        while not enough.wait(0.01):
            redrive(fed.dsn, effects.name)

    fed.register(effects.name)
    redriving = threading.Thread(target=redrive_often)
    redriving.start()
    try:
        race(fed, effects, partitions_of(fed), seed)
    finally:
        enough.set()
        redriving.join()
    member = Inbox(effects, Judge(fed.ledger.codec.ledger))
    assert redrive(fed.dsn, effects.name).lanes < 6
    with psycopg.connect(fed.dsn, autocommit=True) as connection:
        more = True
        while more:
            with connection.transaction(), connection.cursor() as cursor:
                more = member.work_off(cursor)
    assert redrive(fed.dsn, effects.name) == Redriven(0, 0)
    fed.assert_once_in_order(effects.name, range(1, EVENTS + 1))


def test_what_another_folded_away_meanwhile_is_not_taken_again(
    fed: Fed, monkeypatch: pytest.MonkeyPatch
) -> None:
    fed.tell(adding(ticket(), 0) for _ in range(10))
    messages = [message for one in partitions_of(fed) for message in one.messages]
    effects = Effects()
    fed.register(effects.name)
    late = Inbox(effects, Judge(fed.ledger.codec.ledger))
    read_progress = inbox.read_progress

    def read_and_be_late(cursor: Cursor, consumer: str) -> inbox.Progress:
        """Read the mark; before it is used another handles everything and folds it away."""
        found = read_progress(cursor, consumer)
        monkeypatch.setattr(inbox, "read_progress", read_progress)
        with psycopg.connect(fed.dsn) as other, other.cursor() as its:
            Inbox(effects, Judge(fed.ledger.codec.ledger)).receive(its, messages, lambda _: None)
        return found

    monkeypatch.setattr(inbox, "read_progress", read_and_be_late)
    with psycopg.connect(fed.dsn) as connection, connection.cursor() as cursor:
        late.receive(cursor, messages, lambda _: None)
    assert fed.mark(effects.name) == 10
    fed.assert_once_in_order(effects.name, range(1, 11))
