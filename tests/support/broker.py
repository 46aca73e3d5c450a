"""An embedded Kafka for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.files import hold
from infra.kafka import Broker
from infra.settings import Settings, read_settings


def settings(data: Path, **given: object) -> Settings:
    """Return settings for a broker of `data`; the jars are kept from run to run."""
    kept = os.environ.get("LEDGER_TESTS_JARS", Path.home() / ".cache/ticket-ledger/kafka")
    return read_settings(**{"data": data, "kafka_jars": kept, **given})


@contextmanager
def started(data: Path) -> Iterator[Broker]:
    """A broker of `data`, stopped at the end."""
    with hold(data) as held:
        broker = Broker(held, settings(data))
        broker.start()
        try:
            yield broker
        finally:
            broker.stop()
