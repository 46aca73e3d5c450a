"""What a feed brings, and what can be said of it before anybody handles it.

A message is an event of this ledger, or it is foreign. An event that this version cannot read (a
type or a form of a newer one) still has its place, so that its stream waits for it.
"""

from typing import Final, NamedTuple
from uuid import UUID

import msgspec

from consumers.handler import Arrived
from domain.errors import Malformed
from infra.envelope import MAX_BYTES, Count, Time, time_text
from infra.forms import FORMS

Headers = tuple[tuple[str, bytes], ...]

_LAST_EPOCH: Final = 2**31 - 1


class Message(NamedTuple):
    """Bytes and where they came from; `headers` is None for the store, which needs none."""

    value: bytes
    origin: str
    key: bytes | None = None
    headers: Headers | None = None


class Where(NamedTuple):
    """An epoch and a position in it: together unique for ever."""

    epoch: int
    position: int


class Event(NamedTuple):
    """An event of this ledger; `fault` says why this version cannot handle it, None if it can.

    `lane` is what is handled one after the other: its stream.
    """

    message: Message
    where: Where
    lane: str
    outline: "Outline"
    arrived: Arrived
    fault: str | None


class Foreign(NamedTuple):
    """A message that is no event of this ledger, and why."""

    message: Message
    fault: str

    @property
    def lane(self) -> str:
        """Its own: nothing waits for it."""
        return self.message.origin


def judge(message: Message, ledger: UUID) -> Event | Foreign:
    """Say what a message is to this ledger."""
    arrived = Arrived(message.value, message.origin)
    fault = None
    try:
        parts: Outline = Outline.of(arrived)
    except Malformed as error:
        fault = str(error)
        found = _outline(message.value)
        if found is None:
            return Foreign(message, f"no envelope: {fault}")
        parts = found
    if parts.ledger != ledger:
        return Foreign(message, "an event of another ledger")
    if parts.epoch > _LAST_EPOCH:
        return Foreign(message, "an epoch that no ledger reaches")
    if message.headers is not None and (wrong := _contradiction(message, parts)):
        return Foreign(message, wrong)
    where = Where(parts.epoch, parts.position)
    lane = str(parts.stream)
    return Event(message, where, lane, parts, arrived, fault or _unknown(parts))


class Outline(NamedTuple):
    """What must be known of an event even if the rest cannot be read."""

    ledger: UUID
    epoch: int
    id: UUID
    position: int
    stream: UUID
    type: str
    type_version: int
    recorded_at: str

    @classmethod
    def of(cls, arrived: Arrived) -> "Outline":
        """Return that of an envelope; raise Malformed when it cannot be read."""
        parts = arrived.parsed
        return cls(
            parts.ledger.id,
            parts.ledger.epoch,
            parts.id,
            parts.position,
            parts.stream.id,
            parts.type,
            parts.type_version,
            time_text(parts.recorded_at),
        )


class _Ledger(msgspec.Struct):
    id: UUID
    epoch: Count


class _Stream(msgspec.Struct):
    id: UUID


class _Newer(msgspec.Struct):
    """What every format of the envelope will have."""

    ledger: _Ledger
    id: UUID
    position: Count
    stream: _Stream
    type: str
    type_version: Count
    recorded_at: Time


_PARSE: Final = msgspec.json.Decoder(_Newer).decode


def _outline(value: bytes) -> Outline | None:
    if len(value) > MAX_BYTES:
        return None
    try:
        parts = _PARSE(value)
        recorded_at = time_text(parts.recorded_at)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError, Malformed):
        return None
    return Outline(
        parts.ledger.id,
        parts.ledger.epoch,
        parts.id,
        parts.position,
        parts.stream.id,
        parts.type,
        parts.type_version,
        recorded_at,
    )


def _contradiction(message: Message, parts: Outline) -> str | None:
    """Say how headers and key contradict the envelope; they are what others believe."""
    said = dict(message.headers or ())
    for name, value in (
        ("ce_specversion", "1.0"),
        ("ce_id", str(parts.id)),
        ("ce_type", parts.type),
        ("ce_source", f"/ledgers/{parts.ledger}"),
        ("ce_time", parts.recorded_at),
        ("ce_epoch", str(parts.epoch)),
        ("ce_position", str(parts.position)),
        ("content-type", "application/json"),
    ):
        if name not in said:
            return f"header {name} is missing"
        if said[name] != value.encode():
            return f"header {name} contradicts the envelope"
    if message.key != str(parts.stream).encode():
        return "the key is not the stream's id"
    return None


def _unknown(parts: Outline) -> str | None:
    form = FORMS.get(parts.type)
    if form is None:
        return f"no event type {parts.type} is known: update this consumer"
    if parts.type_version > form.version:
        return f"{parts.type} is known up to version {form.version}: update this consumer"
    return None
