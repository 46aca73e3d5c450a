"""The publisher's process: copies every event to Kafka. Until SIGTERM or SIGINT."""

import threading
from typing import Final

from infra.kafka.client import Kafka
from infra.logs import logger
from infra.settings import Settings
from projections.process import follower_dsn, run
from projections.publishing.meters import PublisherMeters
from projections.publishing.publisher import Copying, Publisher

_LOG: Final = logger("publisher")
_METRICS_SECONDS: Final = 5.0
_REACHED_WITHIN: Final = 2.0
_STOP_SECONDS: Final = 8.0


def serve(settings: Settings, stop: threading.Event) -> None:
    """Publish until `stop` is set, and end then within 8 seconds.

    Raises Malformed when a setting of the database or of Kafka is missing or wrong.
    """
    meters = PublisherMeters()
    kafka = Kafka(settings, _REACHED_WITHIN)
    copying = Copying(settings.kafka_topic, settings.kafka_partitions)
    publisher = Publisher(follower_dsn(settings), kafka, copying, meters)
    thread = threading.Thread(target=publisher.run, args=[stop], name="publisher", daemon=True)
    thread.start()
    while not stop.wait(_METRICS_SECONDS):
        _measure(meters, settings)
    thread.join(_STOP_SECONDS)
    _measure(meters, settings)


def _measure(meters: PublisherMeters, settings: Settings) -> None:
    """Write what was measured; a disk without room for that ends nothing."""
    try:
        meters.write(settings.data)
    except OSError as error:
        _LOG.warning("metrics cannot be written", error=type(error).__name__)


if __name__ == "__main__":
    run(serve)
