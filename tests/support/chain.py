"""The whole chain: a store, the publisher's process, Kafka, the consumers' process, effects, mail.

Every part is the test's own and may be killed; the publisher and the consumers reach Kafka by a
cable each. `check` says what must hold in the end, whatever happened.
"""

import json
import os
import shutil
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import psutil
import psycopg
from kafka.admin import KafkaAdminClient
from support.broker import settings
from support.cable import Cable
from support.chain_consumers import EFFECTS
from support.chain_parts import Child, Tapped, Work
from support.checkout import ROOT
from support.consuming import TABLE
from support.databases import Database
from support.mailing import Catcher, Office
from support.own_cluster import own_cluster
from support.publishing import everything_on, is_exactly
from support.store import keys_of, rows, waiting_log

from consumers.notifications.telling import kind_of
from infra.envelope import parse
from infra.files import hold
from infra.kafka import names
from infra.kafka.client import Kafka
from infra.kafka.records import Place, Record
from infra.postgres import DATABASE, Cluster
from infra.processes import free_port
from infra.reading import recorded_of

PATIENCE: Final = 180.0
TOPIC: Final = "ledger.events"
STRANGER: Final = ("made_by", b"stranger")
"""The header of what tests write to the topic beside the publisher."""

_PARTITIONS: Final = 3
_STANDING: Final = """
SELECT
    (SELECT coalesce(max(position), 0) FROM ledger.events),
    coalesce((SELECT position FROM views.followers WHERE name = 'publisher'), 0),
    coalesce((SELECT min(upto) FROM consumers.progress WHERE consumer = 'effects'), 0),
    coalesce((SELECT min(upto) FROM consumers.progress WHERE consumer = 'notifications'), 0),
    (SELECT count(*) FROM consumers.mail_outbox),
    (SELECT error FROM views.followers WHERE name = 'publisher' AND state = 'failed')
"""
_ENVELOPES: Final = "SELECT envelope FROM ledger.events ORDER BY position"
_EFFECTS: Final = "SELECT position, stream FROM consumers.effects ORDER BY nth"
_HANDLED: Final = """
SELECT greatest(
    (SELECT upto FROM consumers.progress WHERE consumer = %s),
    (SELECT max(position) FROM consumers.inbox WHERE consumer = %s)
)
"""
_SENT: Final = """
SELECT stream_id, type FROM ledger.events WHERE stream_kind = 'notification' ORDER BY position
"""


class Standing(NamedTuple):
    """How far each part is, by the database; `failed` is what the publisher stands still at."""

    head: int
    acknowledged: int
    effects: int
    notifications: int
    untold: int
    failed: str | None

    @property
    def settled(self) -> bool:
        """Say whether everything arrived everywhere."""
        arrived = {self.head, self.acknowledged, self.effects, self.notifications}
        return len(arrived) == 1 and not self.untold


@dataclass
class Chain:
    """A running chain, and the cables between its processes, or somebody else, and Kafka."""

    cluster: Cluster
    database: Database
    broker: Tapped
    office: Office
    to_publisher: Cable
    to_consumers: Cable
    to_others: Cable
    publisher: Child
    consumers: Child

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        return rows(self.database.dsn_superuser, statement, values)

    @property
    def kafka(self) -> Kafka:
        """Kafka without a cable."""
        return self.kafka_by(self.broker.port)

    def kafka_by(self, port: int) -> Kafka:
        return Kafka(settings(self.office.data, kafka_bootstrap=f"127.0.0.1:{port}"))

    @property
    def standing(self) -> Standing:
        (found,) = self.rows(_STANDING)
        return Standing(*found)

    @property
    def topics(self) -> list[tuple[int, str, str]]:
        """Return (generation, name, why it was begun) of every topic of events."""
        return self.rows(  # type: ignore[return-value]
            "SELECT generation, topic, reason FROM views.publishing ORDER BY generation"
        )

    def until(self, holds: Callable[[Standing], bool]) -> Standing:
        """Wait until something holds; a publisher that stands still ends the wait."""

        deadline = time.monotonic() + PATIENCE
        while not holds(standing := self.standing):
            assert standing.failed is None, standing
            assert time.monotonic() < deadline, (standing, *self._last_words())
            time.sleep(0.1)
        return standing

    def tracked(self) -> int:
        """Return up to which position Kafka says that it has everything."""
        found = self.kafka.last(names.tracking(TOPIC))
        return 0 if found is None else int(json.loads(found.value or b"")["position"])

    def uncommitted(self, consumer: str) -> set[int]:
        """Return the positions that a consumer handled and of which its group does not know."""
        (upto,) = self.rows(_HANDLED, consumer, consumer)[0]
        with closing(KafkaAdminClient(bootstrap_servers=self.broker.bootstrap)) as admin:
            (kept,) = admin.list_group_offsets(names.group(TOPIC, consumer)).values()
        offsets = {Place(*place): one.offset for place, one in kept.items()}
        behind = [one for one in self.published() if one.offset >= offsets.get(one.place, 0)]
        return {at for one in behind if (at := position_of(one)) <= upto}

    def moved(self, events: int = 10) -> Standing:
        """Wait until so many more events were published, and had their effect."""
        wanted = self.standing.head + events
        return self.until(lambda now: min(now.acknowledged, now.effects) >= wanted)

    @property
    def parts(self) -> tuple[tuple[Child, Cable], ...]:
        """Return the processes, each with its cable."""
        return (self.publisher, self.to_publisher), (self.consumers, self.to_consumers)

    def published(self, isolation: str = "read_committed") -> list[Record]:
        """Return what is on the newest topic of events, without what a stranger wrote there."""
        found = everything_on(self.broker.bootstrap, self.topics[-1][1], isolation)
        return [one for one in found if STRANGER not in one.headers]

    def kill_broker(self) -> None:
        """Kill the broker (SIGKILL)."""
        process = psutil.Process(self.broker.pid)
        os.kill(process.pid, signal.SIGKILL)
        psutil.wait_procs([process], timeout=10)
        assert not self.broker.shut_down

    def lose_logs(self) -> None:
        """Stop the broker and remove everything it had."""
        self.broker.stop()
        shutil.rmtree(self.broker.data)

    def mend(self) -> None:
        """Start what does not run, as a supervisor does, and mend the cables."""
        if not self.cluster.alive():
            self.cluster.start()
        if not self.broker.alive():
            self.broker.start()
        for child, cable in self.parts:
            cable.mend()
            if child.pid is None:
                child.start()

    def working(self, seed: int, pause: float = 0.2) -> Work:
        return Work(self.office, seed, pause)

    def check(self) -> None:
        """Wait until everything arrived; assert that it did as it must.

        Every event once on the topic, every effect once, every mail at least once and always under
        its event's id, each in order. What a stranger wrote to the topic is not looked at.
        """
        self.until(lambda now: now.settled)
        stored = [bytes(one) for (one,) in self.rows(_ENVELOPES)]
        is_exactly(self.published(), stored)
        self._check_effects(stored)
        self._check_mails(stored)

    def _last_words(self) -> list[str]:
        """Return how the logs of the processes end, with where the consumers' threads are."""
        if self.consumers.pid is not None:
            os.kill(self.consumers.pid, signal.SIGUSR1)
            time.sleep(0.5)
        logs = [f"{child.pid}\n{child.log.read_text('utf-8')[-6000:]}" for child, _ in self.parts]
        return [*logs, str(self.rows("SELECT * FROM consumers.progress, consumers.inbox"))]

    def _check_effects(self, stored: list[bytes]) -> None:
        found = self.rows(_EFFECTS)
        assert sorted(position for position, _ in found) == list(range(1, len(stored) + 1))
        _assert_ordered([(stream, position) for position, stream in found])
        assert self.rows("SELECT FROM consumers.inbox") == []

    def _check_mails(self, stored: list[bytes]) -> None:
        recorded = [recorded_of(parse(one), one) for one in stored]
        told = {one.id: one for one in recorded if kind_of(one) is not None}
        mails = list(self.office.catcher.mails)
        assert {mail.event for mail in mails} == set(told)
        ids: dict[tuple[str, str], set[str]] = defaultdict(set)
        texts: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for mail in mails:
            text = (str(mail.mail["Subject"]), mail.text)
            ids[text].add(mail.mail["Message-ID"])
            texts[mail.mail["Message-ID"]].add(text)
        assert {len(one) for one in (*ids.values(), *texts.values())} <= {1}
        _assert_ordered(
            [(told[one.event].stream.id, told[one.event].position) for one in mails], again=True
        )
        said = self.rows(_SENT)
        assert sorted(said) == sorted((one, "NotificationSent") for one in told)
        print(f"{len(stored)} events, {len(told)} told in {len(mails)} mails")


def position_of(record: Record) -> int:
    """Return the position of the event that a record holds."""
    return parse(record.value or b"").position


def _assert_ordered(found: list[tuple[UUID, int]], *, again: bool = False) -> None:
    """Assert that the positions of each stream grow; `again`: one may come several times."""
    last: dict[UUID, int] = {}
    for stream, position in found:
        before = last.get(stream, 0)
        assert position > before or (again and position == before), (stream, before, position)
        last[stream] = position


@contextmanager
def chained(place: Path, state: Path) -> Iterator[Chain]:
    """A running chain of its own, everything in it ended after the block."""
    with ExitStack() as stack:
        cluster = stack.enter_context(own_cluster(place, state))
        database = Database(DATABASE, cluster)
        with psycopg.connect(database.dsn_owner) as connection:
            connection.execute(TABLE)
        cables = [stack.enter_context(Cable(free_port())) for _ in range(3)]
        held = stack.enter_context(hold(place / "kafka"))
        broker = Tapped(held, settings(place / "kafka"), *cables)
        stack.callback(broker.stop)
        broker.start()
        data = place / "data"
        data.mkdir(mode=0o700)
        keys, catcher = keys_of(data), Catcher()
        stack.callback(keys.close)
        stack.enter_context(catcher.open())
        log = waiting_log(database.dsn_app, data, keys=keys, patience=PATIENCE)
        office = Office(database, data, keys, stack.enter_context(log), catcher)
        children = [
            Child(module, _environment(database, data, catcher, cable), place / f"{name}.log")
            for module, name, cable in (
                ("projections.publish", "publisher", cables[0]),
                ("support.chain_consumers", "consumers", cables[1]),
            )
        ]
        for child in children:
            stack.callback(child.kill)
            child.start()
        yield Chain(cluster, database, broker, office, *cables, *children)


def _environment(database: Database, data: Path, catcher: Catcher, cable: Cable) -> dict[str, str]:
    return {
        "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}",
        "LEDGER_DATA": str(data),
        "LEDGER_KEK": "A" * 43 + "=",
        "LEDGER_DATABASE_URL": database.dsn_app,
        "LEDGER_DATABASE_FOLLOWER_URL": database.dsn_follower,
        "LEDGER_DATABASE_CONSUMER_URL": database.dsn_consumer,
        "LEDGER_KAFKA_BOOTSTRAP": f"127.0.0.1:{cable.port}",
        "LEDGER_KAFKA_TOPIC": TOPIC,
        "LEDGER_KAFKA_PARTITIONS": str(_PARTITIONS),
        "LEDGER_CONSUMERS": f'["{EFFECTS}", "notifications"]',
        "LEDGER_CONSUMER_BEGINS": f'{{"{EFFECTS}": 0, "notifications": 0}}',
        "LEDGER_SMTP_URL": f"smtp://127.0.0.1:{catcher.port}?tls=none",
        "LEDGER_MAIL_FROM": "The provider <no-reply@provider.example>",
        "LEDGER_MAIL_PER_HOUR": "100000",
    }
