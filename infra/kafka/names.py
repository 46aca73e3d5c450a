"""Names of the topics: those of events, one after the other, what is beside them, and groups."""

import re
from typing import Final

from infra.kafka_settings import TOPIC

GROUPS: Final = "ledger."


def events(topic: str, generation: int) -> str:
    """Return the topic of a generation, from 1: the next one begins when a broker lost the last."""
    return topic if generation == 1 else f"{topic}.{generation}"


def every_generation(topic: str) -> str:
    """Return the pattern that the topics of events match, and nothing beside them."""
    return rf"^{re.escape(topic)}(\.\d+)?$"


def tracking(topic: str) -> str:
    """Return the topic that says how far the publisher is."""
    return f"{topic}.published"


def dead_letters(topic: str, consumer: str) -> str:
    """Return the topic to which a consumer's parked events are copied."""
    return f"{topic}.{consumer}.dlt"


def group(topic: str, consumer: str) -> str:
    """Return the consumer group of a consumer: of this ledger alone, as the topic is."""
    return f"{GROUPS}{consumer}" if topic == TOPIC else f"{GROUPS}{topic}.{consumer}"
