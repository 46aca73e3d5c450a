"""What the publisher measures about itself, in a registry of its own."""

from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

FILE: Final = "publisher.prom"


class PublisherMeters:
    """How far it is, in which topic, and how often something was away or forbade to go on."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.position = Gauge(
            "ledger_publisher_position",
            "Last position that is on Kafka",
            registry=self.registry,
        )
        self.generation = Gauge(
            "ledger_publisher_generation",
            "Which topic of events this is: 1, and one more for each that a broker lost",
            registry=self.registry,
        )
        self.published = Counter(
            "ledger_publisher_events",
            "Events that were published",
            registry=self.registry,
        )
        self.away = Counter(
            "ledger_publisher_away",
            "How often Kafka or the store was away, or the publisher lost its turn",
            registry=self.registry,
        )
        self.failed = Gauge(
            "ledger_publisher_failed",
            "1 while the publisher stands still at what it must not go on from",
            registry=self.registry,
        )

    def write(self, data: Path) -> None:
        """Write everything to `publisher.prom` in the data directory, in one step."""
        write_to_textfile(str(data / FILE), self.registry)
