"""The eventsourcing library's own cases for recorders, run against the ledger.

The cases store opaque bytes under opaque topics. A test codec carries both inside an event of a
type that only tests know; a view that only tests make gives them back. What is left out:

- `ProcessRecorderTestCase`: events and tracking in one insert is not how followers of this ledger
  work: they write projections, and never append in the same transaction.
- `InfrastructureFactoryTestCase.test_create_process_recorder`: for the same reason.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import TestCase

import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresTrackingRecorder
from eventsourcing.tests import persistence as cases
from eventsourcing.utils import Environment
from support.databases import Database
from support.store import PERIOD, provenance, waiting_log

from domain.log import CommandKey, NewEvent, Request
from domain.stream import Stream, StreamKind
from infra.codec import Codec
from infra.eventsourced import (
    Drafted,
    LedgerAggregateRecorder,
    LedgerApplicationRecorder,
    LedgerFactory,
    LedgerTrackingRecorder,
    environment,
    writes_of,
)
from infra.forms import forms_of
from infra.store import PostgresLog

CHUNK = 60
VIEW = """
CREATE VIEW ledger.opaque_events AS
SELECT originator_id, originator_version - 1 AS originator_version,
    convert_from(decode(carried.data ->> 'topic', 'hex'), 'UTF8') AS topic,
    decode(
        (SELECT string_agg(part, '' ORDER BY nth)
         FROM jsonb_array_elements_text(carried.data -> 'state') WITH ORDINALITY AS s (part, nth)),
        'hex'
    ) AS state,
    notification_id
FROM ledger.stored_events
CROSS JOIN LATERAL (SELECT convert_from(state, 'UTF8')::jsonb -> 'data' AS data) AS carried;
GRANT SELECT ON ledger.opaque_events TO ledger_app;
"""
current: dict[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Opaque:
    """The library's bytes in closed-vocabulary clothes: hex digits."""

    topic: str
    state: tuple[str, ...]


def carried(stored: StoredEvent) -> Drafted:
    text = stored.state.hex()
    chunks = tuple(text[at : at + CHUNK] for at in range(0, len(text), CHUNK))
    return Drafted(
        Stream(StreamKind.TICKET, stored.originator_id),
        stored.originator_version + 1,
        NewEvent(Opaque(stored.topic.encode().hex(), chunks), None),
        CommandKey(os.urandom(32), (PERIOD + bytes(32),)),
        provenance(),
    )


def carrying(stored_events: Sequence[StoredEvent]) -> Request:
    drafts = [carried(stored) for stored in stored_events]
    return Request(writes_of(drafts), (), drafts[0].key, drafts[0].provenance)


@pytest.fixture(autouse=True)
def opened(database: Database, keys_dir: Path) -> Iterator[None]:
    with psycopg.connect(database.dsn_owner) as connection:
        connection.execute(VIEW)
    with waiting_log(database.dsn_app, keys_dir) as log:
        log.codec = Codec(log.codec.ledger, log.codec.keys, forms=forms_of([Opaque]))
        current.update(log=log, database=database)
        yield
    current.clear()


class WithFactory(TestCase):
    """Recorders as the library makes them, for the view of opaque events."""

    def setUp(self) -> None:
        more = {"LEDGER_LOG_TOPIC": f"{__name__}:opened_log"}
        env = Environment("opaque", environment(current["database"].dsn_app, **more))
        self.factory = LedgerFactory(env)
        current["factory"] = self.factory

    def tearDown(self) -> None:
        self.factory.close()


def prepared(recorder: Any) -> Any:
    assert recorder.log is current["log"]
    recorder.request_of = carrying
    return recorder


class TestAggregateRecorder(WithFactory, cases.AggregateRecorderTestCase):
    INITIAL_VERSION = 0

    def create_recorder(self) -> LedgerAggregateRecorder:
        return prepared(self.factory.aggregate_recorder())


class TestApplicationRecorder(
    WithFactory, cases.ApplicationRecorderTestCase[LedgerApplicationRecorder]
):
    INITIAL_VERSION = 0

    def create_recorder(self) -> LedgerApplicationRecorder:
        return prepared(self.factory.application_recorder())

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestNonInterleaving(WithFactory, cases.NonInterleavingNotificationIDsBaseCase):
    insert_num = 200

    def create_recorder(self) -> LedgerApplicationRecorder:
        return prepared(self.factory.application_recorder())


class TestTrackingRecorder(cases.TrackingRecorderTestCase):
    def setUp(self) -> None:
        env = Environment(env=environment(current["database"].dsn_follower))
        self.factory = LedgerFactory(env)

    def tearDown(self) -> None:
        self.factory.close()

    def create_recorder(self) -> PostgresTrackingRecorder:
        return self.factory.tracking_recorder()


class OtherTracking(LedgerTrackingRecorder):
    """What the factory case asks for: a subclass of our tracking recorder."""


class TestFactory(cases.InfrastructureFactoryTestCase[LedgerFactory]):
    test_create_process_recorder = None  # type: ignore[assignment]

    def setUp(self) -> None:
        made = environment(current["database"].dsn_app)
        del made["CREATE_TABLE"], made["MAPPER_TOPIC"]
        self.env = Environment("TestCase", made)
        super().setUp()

    def expected_factory_class(self) -> type[LedgerFactory]:
        return LedgerFactory

    def expected_aggregate_recorder_class(self) -> type[LedgerAggregateRecorder]:
        return LedgerAggregateRecorder

    def expected_application_recorder_class(self) -> type[LedgerApplicationRecorder]:
        return LedgerApplicationRecorder

    def expected_tracking_recorder_class(self) -> type[LedgerTrackingRecorder]:
        return LedgerTrackingRecorder

    def tracking_recorder_subclass(self) -> type[LedgerTrackingRecorder]:
        return OtherTracking

    def expected_process_recorder_class(self) -> Any:
        raise AssertionError("left out")


def opened_log() -> PostgresLog:
    return current["log"]
