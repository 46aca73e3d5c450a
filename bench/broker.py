"""A Kafka for one bench, beside a scratch ledger."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench.scratch import Scratch
from infra.files import hold
from infra.kafka import Broker
from infra.settings import Settings

JARS: Final = os.environ.get("LEDGER_KAFKA_JARS", Path.home() / ".cache/ticket-ledger/kafka")
"""Where the broker's jars are kept from run to run."""


@contextmanager
def broker(made: Scratch) -> Iterator[Settings]:
    """Start a broker; yield the ledger's settings with it; stop it after the block."""
    with hold(made.data.parent / "broker") as held:
        running = Broker(held, made.settings(kafka_jars=JARS))
        running.start()
        try:
            yield made.settings(kafka_bootstrap=running.bootstrap)
        finally:
            running.stop()
