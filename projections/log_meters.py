"""What the integrator's process measures about itself, in a registry of its own."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, write_to_textfile

from domain.errors import LedgerError
from infra import logs
from projections.log import checkpoint_written

FILE: Final = "integrator.prom"
_LOG: Final = logs.logger("integrator")
_SECONDS: Final = 5.0


class LogMeters:
    """Checkpoints, heads of chains, failures; `registry` takes what else the process measures."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.size = Gauge(
            "ledger_log_size",
            "Events that the last published checkpoint covers",
            registry=self.registry,
        )
        self.published = Gauge(
            "ledger_log_checkpoint_timestamp_seconds",
            "When the last checkpoint was published, in Unix time",
            registry=self.registry,
        )
        self.signed = Counter(
            "ledger_log_checkpoints",
            "Checkpoints that this process signed and published",
            registry=self.registry,
        )
        self.errors = Counter(
            "ledger_log_errors",
            "How often nothing could be integrated or signed, by kind of error",
            ["kind"],
            registry=self.registry,
        )
        self.heads = Counter(
            "ledger_log_heads",
            "Questions for signed heads of chains, by outcome",
            ["outcome"],
            registry=self.registry,
        )

    def write(self, data: Path) -> None:
        """Write everything to `integrator.prom` in the data directory, in one step."""
        if (found := checkpoint_written(data)) is not None:
            self.size.set(found[0])
            self.published.set(found[1])
        write_to_textfile(str(data / FILE), self.registry)

    @contextmanager
    def written(self, data: Path) -> Iterator[None]:
        """Write every 5 seconds, in a thread, while the block runs."""
        stop = threading.Event()
        thread = threading.Thread(target=self._keep, args=[data, stop], name="meters", daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(_SECONDS)

    def _keep(self, data: Path, stop: threading.Event) -> None:
        while True:
            try:
                self.write(data)
            except (OSError, LedgerError) as error:  # whatever lies there, figures go on
                _LOG.warning("figures are not written", error=type(error).__name__)
            if stop.wait(_SECONDS):
                return
