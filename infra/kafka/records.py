"""What goes to Kafka and comes from it, without a client's classes."""

from typing import NamedTuple

Headers = tuple[tuple[str, bytes], ...]


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class Message(NamedTuple):
    """What is written: `timestamp` in milliseconds since 1970, None for now."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    timestamp: int | None = None
    partition: int | None = None


class Record(NamedTuple):
    """What was read, and where: `timestamp` in milliseconds since 1970."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Headers
    timestamp: int

    @property
    def place(self) -> Place:
        """Where it lies."""
        return Place(self.topic, self.partition)


class Topic(NamedTuple):
    """A topic that is there; one that was deleted and made again has another id."""

    name: str
    id: str
    partitions: int
