"""Figures for operators, in Prometheus form; labels are names, never ids or addresses."""

from collections.abc import Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_OF_CONSUMERS: Final = {
    "position": "Up to where the consumer has handled or parked every event.",
    "lag": "Events behind that.",
    "parked": "Events and sendings of the consumer that wait to be redriven.",
    "retried": "Tries of the consumer beyond the first, since it was added.",
}

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class Metrics:
    """Counters and histograms of one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "ledger_http_requests_total",
            "Requests answered, by operation and status.",
            ("operation", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "ledger_http_seconds",
            "Seconds from the request to its answer, by operation.",
            ("operation",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.live = Gauge(
            "ledger_live_readers", "Open streams of the live queue.", registry=self.registry
        )
        self.position = Gauge(
            "ledger_position", "The last position this process saw.", registry=self.registry
        )
        self._cosigned = Gauge(
            "ledger_cosigned_size",
            "Events in the last tree that a quorum of witnesses cosigned.",
            registry=self.registry,
        )
        self._alarms = Gauge(
            "ledger_witness_alarms",
            "Alarms that are on: witnesses that contradict, a quorum that is missing.",
            registry=self.registry,
        )
        self._witnesses = Gauge(
            "ledger_witness_cosigns",
            "1 when the witness cosigns.",
            ("witness",),
            registry=self.registry,
        )
        self._stamped = Gauge(
            "ledger_timestamp_size",
            "Events that the last time stamp covers.",
            registry=self.registry,
        )
        self._stamp_age = Gauge(
            "ledger_timestamp_age_seconds", "Age of the last time stamp.", registry=self.registry
        )
        self._stamp_failures = Gauge(
            "ledger_timestamp_failures",
            "Questions to authorities without a good answer since the integrator started.",
            registry=self.registry,
        )
        self._mail = Counter(
            "ledger_mail_received_total",
            "Mails that came in, by what became of them and why.",
            ("outcome", "reason"),
            registry=self.registry,
        )
        self._make_elsewhere()
        self._counted: dict[tuple[str, int], tuple[Counter, Histogram]] = {}

    def _make_elsewhere(self) -> None:
        self._published = Gauge(
            "ledger_publisher_lag", "Events that are not on Kafka yet.", registry=self.registry
        )
        self._consumers = {
            name: Gauge(f"ledger_consumer_{name}", text, ("consumer",), registry=self.registry)
            for name, text in _OF_CONSUMERS.items()
        }

    def answered(self, operation: str, status: int, seconds: float) -> None:
        """Count an answer."""
        counted = self._counted.get((operation, status))
        if counted is None:
            counted = (
                self._requests.labels(operation, str(status)),
                self._seconds.labels(operation),
            )
            self._counted[operation, status] = counted
        counted[0].inc()
        counted[1].observe(seconds)

    def mail_received(self, outcome: str, reason: str | None) -> None:
        """Count a mail that came in."""
        self._mail.labels(outcome, reason or "").inc()

    def witnessed(self, told: Mapping[str, Any] | None) -> None:
        """Take over how the log stands with its witnesses, None when it has none."""
        told = told or {"size": 0, "alarms": (), "witnesses": {}}
        self._cosigned.set(told["size"])
        self._alarms.set(len(told["alarms"]))
        for name, standing in told["witnesses"].items():
            self._witnesses.labels(name).set(standing == "cosigns")

    def stamping(self, state: Mapping[str, Any] | None) -> None:
        """Take over how time stamping goes, where anything stamps."""
        if state is None:
            return
        self._stamp_failures.set(state["failures"])
        if last := state["last"]:
            self._stamped.set(last["size"])
            self._stamp_age.set(last["age"])

    def elsewhere(self, found: Mapping[str, Any]) -> None:
        """Take over how far the publisher and the consumers are."""
        if publisher := found["publisher"]:
            self._published.set(publisher["lag"])
        for consumer, figures in found["consumers"].items():
            for name, gauge in self._consumers.items():
                gauge.labels(consumer).set(figures[name])

    def page(self) -> bytes:
        """Return all figures as text."""
        return generate_latest(self.registry)
