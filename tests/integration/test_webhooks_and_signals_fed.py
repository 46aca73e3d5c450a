"""Webhooks and signals come out the same from the store's feed and from Kafka's."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from pydantic import SecretStr
from support import broker as brokers
from support.consuming import Fed
from support.databases import Database
from support.signalled import Signalled, signalled, tell
from support.webhooks import new_secret

from consumers.handler import Begin
from consumers.webhooks.consumer import Webhooks
from infra.kafka import Broker
from infra.kafka.client import Kafka
from infra.webhookat import WebhookAt

SIGNALS = "SELECT * FROM consumers.signals ORDER BY key"
GROUNDS = "SELECT * FROM consumers.signal_grounds ORDER BY kind, about, event"
TOLD = "SELECT endpoint, epoch, position, stream, event, body FROM consumers.webhooks ORDER BY 1, 3"


@pytest.fixture
def said(database: Database, keys_dir: Path) -> Iterator[Signalled]:
    with signalled(database, keys_dir) as made:
        yield made


def test_both_feeds_raise_the_same_signals_and_tell_the_same(
    said: Signalled, broker: Broker, tmp_path: Path
) -> None:
    tell(said)
    said.follow()
    kafka = Kafka(brokers.settings(tmp_path, kafka_bootstrap=broker.bootstrap))
    topic = f"test.{uuid4()}"
    kafka.ensure(topic, 3)
    tables = []
    for fed in (Fed(said.ledger, None), Fed(said.ledger, kafka, topic)):
        said.ledger.rows("TRUNCATE consumers.signals, consumers.signal_grounds")
        said.ledger.rows("TRUNCATE consumers.webhooks")
        fed.publish()
        secret = SecretStr(new_secret())
        told = WebhookAt(name="a", url="https://integrator.example/", secret=secret)
        webhooks, signals = Webhooks([told]), said.consumer()
        for one in (webhooks, signals):
            one.name = f"{one.name}-{uuid4().hex[:12]}"
        webhooks.begins = Begin.FIRST
        with fed.running(*(fed.member(one) for one in (webhooks, signals, signals))):
            for one in (webhooks, signals):
                fed.reach(one.name, said.head)
        assert fed.parked(signals.name) == fed.parked(webhooks.name) == []
        tables.append([said.ledger.rows(statement) for statement in (SIGNALS, GROUNDS, TOLD)])
    assert tables[0] == tables[1]
    assert all(tables[0])
