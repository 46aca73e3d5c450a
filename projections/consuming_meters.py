"""What the consumers' process measures about itself, in a registry of its own."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

FILE: Final = "consumers.prom"


class ConsumingMeters:
    """How many of its threads live: one for each consumer, and those that send."""

    def __init__(self, threads: Sequence[threading.Thread]) -> None:
        self.registry = CollectorRegistry()
        living = Gauge(
            "ledger_consumers_threads",
            "Threads of the consumers that live",
            registry=self.registry,
        )
        living.set_function(lambda: sum(thread.is_alive() for thread in threads))

    def write(self, data: Path) -> None:
        """Write everything to `consumers.prom` in the data directory, in one step."""
        write_to_textfile(str(data / FILE), self.registry)
