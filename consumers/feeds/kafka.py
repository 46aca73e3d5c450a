"""Kafka as a feed: the members of a group share the partitions of the topics of events.

Where a partition is read from is what the inbox knows, not what Kafka kept. An offset is committed
with the name of the event before it, and counts while the inbox knows that event; else, and where
none was committed, reading starts at the time before which everything was handled.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from consumers.feeds import Bearings
from consumers.isolation import Parked
from consumers.messages import Headers, Message, Where
from infra.envelope import MAX_BYTES
from infra.kafka import names, records
from infra.kafka.client import GroupReader, Kafka, Writer
from infra.kafka.records import Place

_LONGEST_NAME: Final = 40


class KafkaFeed:
    """One member of a consumer's group; `topic` is the first one of events."""

    kind = "kafka"

    def __init__(self, kafka: Kafka, consumer: str, bearings: Bearings, topic: str) -> None:
        self._kafka = kafka
        self._dead_letters = names.dead_letters(topic, consumer)
        self._bearings = bearings
        self._read: dict[Place, int] = {}
        self._names: dict[Place, str] = {}
        self._placed: set[Place] = set()
        self._writer: Writer | None = None
        self._reader: GroupReader = kafka.reader(
            names.group(topic, consumer), names.every_generation(topic), self._assigned
        )

    def poll(self, seconds: float, limit: int) -> Sequence[Message]:
        """Return what the partitions of this member hold next."""
        self._placed = set()
        found = [
            record
            for record in self._reader.poll(seconds, limit)
            if record.place not in self._placed  # it was read before it was known where to start
        ]
        for record in found:
            self._read[record.place] = record.offset + 1
            self._names[record.place] = _name_of(record)
        return [
            Message(
                record.value or b"",
                f"{record.topic}/{record.partition}/{record.offset}",
                record.key,
                tuple((name, value or b"") for name, value in record.headers),
            )
            for record in found
        ]

    def bury(self, parked: Sequence[Parked]) -> None:
        """Write what was parked to the group's topic of dead letters."""
        if self._writer is None:
            self._kafka.ensure(self._dead_letters, 1)
            self._writer = self._kafka.writer()
        self._writer.write([_dead_letter(self._dead_letters, one) for one in parked])

    def done(self) -> None:
        """Commit where each partition goes on."""
        if self._read:
            self._reader.commit(self._read, self._names)
        self._read, self._names = {}, {}

    def close(self) -> None:
        """Leave the group."""
        self._reader.close()
        if self._writer is not None:
            self._writer.close()

    def _assigned(self, places: frozenset[Place]) -> None:
        """Start each partition where the inbox says; called before its records are returned."""
        self._read, self._names = {}, {}
        committed = self._reader.committed(places)
        lost = {place for place in places if not self._holds(committed.get(place))}
        if not lost:
            return
        since = self._bearings.progress().since
        for topic in {place.topic for place in lost}:
            offsets = self._kafka.offsets_at(topic, since) if since else {}
            for place in lost:
                if place.topic == topic:
                    self._reader.seek(place, offsets.get(place, 0))
                    self._placed.add(place)

    def _holds(self, committed: tuple[int, str] | None) -> bool:
        if committed is None:
            return False
        epoch, _, position = committed[1].partition("/")
        if not (epoch.isdigit() and position.isdigit()):
            return False
        return self._bearings.knows(Where(int(epoch), int(position)))


def _name_of(record: records.Record) -> str:
    """Return EPOCH/POSITION as the headers say; what has none is found again by its time."""
    said = dict(record.headers)
    name = b"/".join((said.get("ce_epoch") or b"", said.get("ce_position") or b""))
    return name.decode("ascii", "replace")[:_LONGEST_NAME]


def _dead_letter(topic: str, parked: Parked) -> records.Message:
    """Return the message as it came, with where from and why it is there."""
    message = parked.what.message
    headers = (
        ("ledger_origin", message.origin.encode()),
        ("ledger_reason", parked.reason.encode()),
        ("ledger_attempts", str(parked.attempts).encode()),
        *_short(message.headers or ()),
    )
    key = message.key and message.key[:MAX_BYTES]
    return records.Message(topic, key, message.value[:MAX_BYTES], headers)


def _short(headers: Headers) -> Iterator[tuple[str, bytes]]:
    """Yield headers until they come to what a message may hold; the database keeps them all."""
    left = MAX_BYTES
    for name, value in headers:
        left -= len(name.encode()) + len(value)
        if left < 0:
            return
        yield name, value
