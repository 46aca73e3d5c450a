"""An event as a message of Kafka: CloudEvents in binary mode, key = stream, value = envelope."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from infra.envelope import Envelope, time_text
from infra.kafka.records import Headers, Message

_SPECVERSION: Final = ("ce_specversion", b"1.0")
_JSON: Final = ("content-type", b"application/json")
_START: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND: Final = timedelta(milliseconds=1)


def message(topic: str, envelope: bytes, parsed: Envelope) -> Message:
    """Return the message of an event; its time is when the event was recorded."""
    return Message(
        topic,
        str(parsed.stream.id).encode(),
        envelope,
        _headers(parsed),
        (parsed.recorded_at - _START) // _MILLISECOND,
    )


def source(ledger: UUID) -> str:
    """Return what CloudEvents calls the source: this ledger."""
    return f"/ledgers/{ledger}"


def _headers(parsed: Envelope) -> Headers:
    """CloudEvents 1.0, Kafka protocol binding, section 3.2.3."""
    return (
        _SPECVERSION,
        ("ce_id", str(parsed.id).encode()),
        ("ce_type", parsed.type.encode()),
        ("ce_source", source(parsed.ledger.id).encode()),
        ("ce_time", time_text(parsed.recorded_at).encode()),
        ("ce_epoch", b"%d" % parsed.ledger.epoch),
        ("ce_position", b"%d" % parsed.position),
        _JSON,
    )
