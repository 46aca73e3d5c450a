"""An event as a message of Kafka: CloudEvents in binary mode, key = stream, value = envelope."""

from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from infra.kafka.records import Message

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_JSON: Final = ("content-type", b"application/json")
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


class _Ledger(Struct, gc=False):
    id: str
    epoch: int


class _Stream(Struct, gc=False):
    id: str


class Event(Struct, gc=False):
    """What a message says of its event beside the envelope, in the envelope's own words.

    To read the whole envelope would take as long as everything else that is done with it.
    """

    ledger: _Ledger
    id: str
    position: int
    stream: _Stream
    type: str
    recorded_at: str


event_of: Final = msgspec.json.Decoder(Event).decode
"""Reads an envelope that the store holds."""


def message(topic: str, envelope: bytes, event: Event) -> Message:
    """Return the message of an event; its time is when the event was recorded.

    Headers as CloudEvents 1.0 has them, Kafka protocol binding, section 3.2.3.
    """
    headers = (
        _SPECVERSION,
        ("ce_id", event.id.encode()),
        ("ce_type", event.type.encode()),
        ("ce_source", b"/ledgers/" + event.ledger.id.encode()),
        ("ce_time", event.recorded_at.encode()),
        ("ce_epoch", b"%d" % event.ledger.epoch),
        ("ce_position", b"%d" % event.position),
        _JSON,
    )
    at = (datetime.fromisoformat(event.recorded_at) - _START) // _MILLISECOND
    return Message(topic, event.stream.id.encode(), envelope, headers, at)
