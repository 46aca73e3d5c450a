"""What followers measure about themselves, in a registry of their own."""

from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

FILE: Final = "followers.prom"


class Meters:
    """Position, events applied, reconnections and failures, by follower."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.position = Gauge(
            "ledger_follower_position",
            "Last position that the follower applied",
            ["follower"],
            registry=self.registry,
        )
        self.applied = Counter(
            "ledger_follower_events",
            "Events that the follower applied",
            ["follower"],
            registry=self.registry,
        )
        self.reconnects = Counter(
            "ledger_follower_reconnects",
            "How often the follower lost the store",
            ["follower"],
            registry=self.registry,
        )
        self.failed = Gauge(
            "ledger_follower_failed",
            "1 when the follower stopped at an event it cannot handle",
            ["follower"],
            registry=self.registry,
        )

    def write(self, data: Path) -> None:
        """Write everything to `followers.prom` in the data directory, in one step."""
        write_to_textfile(str(data / FILE), self.registry)
