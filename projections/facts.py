"""An envelope as far as a fold over very many events needs it.

Ids and times stay text: all times in envelopes have one form, whose order is the order of time,
so nothing is parsed only to be written again. What needs whole events uses `infra.codec`.
"""

from typing import Any, Final

import msgspec

from domain.catalogue import EVENT_TYPES, type_version
from domain.errors import Integrity
from infra.upcast import STEPS, upcast


class StreamRef(msgspec.Struct, gc=False):
    """The stream's kind, id and the event's version in it."""

    kind: str
    id: str
    version: int


class OriginRef(msgspec.Struct, gc=False):
    """`live` or `imported`."""

    kind: str


class Fact(msgspec.Struct, gc=False):
    """One event: where it stands, when, and its closed data."""

    id: str
    position: int
    stream: StreamRef
    type: str
    type_version: int
    recorded_at: str
    origin: OriginRef
    data: dict[str, Any]
    sealed: msgspec.Raw
    occurred_at: str | None = None

    def seals(self, field: str) -> bool:
        """Say whether the event has this sealed field; its name stands nowhere else in there."""
        return b'"%b":{' % field.encode() in bytes(self.sealed)

    @property
    def when(self) -> str:
        """When it happened, as far as anybody said; else when it was recorded."""
        return self.occurred_at or self.recorded_at


_decode = msgspec.json.Decoder(list[Fact]).decode
_CURRENT: Final = {name: type_version(cls) for name, cls in EVENT_TYPES.items()}


def read_facts(envelopes: bytes) -> list[Fact]:
    """Return the events of envelopes separated by commas; their data in the form of today.

    Raises Integrity for a type of tomorrow.
    """
    facts = _decode(b"[%b]" % envelopes)
    for fact in facts:
        current = _CURRENT.get(fact.type)
        if current != fact.type_version:
            if current is None:
                raise Integrity(f"position {fact.position}: no event type {fact.type} is known")
            fact.data = upcast(STEPS, fact.type, fact.data, fact.type_version, current)
    return facts
