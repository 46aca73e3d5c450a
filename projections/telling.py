"""An event as JSON for a reader: its closed data and its opened texts, in one object."""

from datetime import datetime
from typing import Any, Final, cast

import msgspec
import orjson
from msgspec import UNSET

from domain.catalogue import EVENT_TYPES, type_version
from infra.envelope import ADDRESS, Envelope
from infra.upcast import STEPS, upcast
from projections.opening import Opened

Json = dict[str, Any]
_ERASED: Final[Json] = {"erased": True}


def data_of(parts: Envelope) -> Json:
    """Return the event's closed data in the form of today."""
    data = cast("Json", msgspec.json.decode(parts.data))
    current = type_version(EVENT_TYPES[parts.type]) if parts.type in EVENT_TYPES else None
    if current is None or current == parts.type_version:
        return data
    return upcast(STEPS, parts.type, data, parts.type_version, current)


def what_of(opened: Opened) -> Json:
    """Return the event's data with its texts, each {"text": ..., "erased": ...}."""
    told = data_of(opened.parts)
    for name in opened.parts.sealed:
        if name != ADDRESS:
            _place(told, name.split("."), text_of(opened, name))
    return told


def text_of(opened: Opened, name: str) -> Json:
    """Return one sealed field as JSON."""
    text = opened.texts.get(name)
    return {"text": text, "erased": text is None}


def address_of(opened: Opened) -> Json | None:
    """Return the connection's address as it was resolved; None where none was recorded."""
    if ADDRESS not in opened.parts.sealed:
        return None
    text = opened.texts.get(ADDRESS)
    return _ERASED if text is None else cast("Json", orjson.loads(text))


def happened_at(parts: Envelope) -> datetime:
    """Return when it happened, as far as anybody said; else when it was recorded."""
    return parts.recorded_at if parts.occurred_at is UNSET else parts.occurred_at


def _place(told: Any, path: list[str], value: Json) -> None:
    """Put a value where its dotted path leads; a number is an index into a list."""
    *inner, last = path
    for step in inner:
        told = told[int(step)] if isinstance(told, list) else told.setdefault(step, {})
    told[last] = value
