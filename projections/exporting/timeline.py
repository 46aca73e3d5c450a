"""The timeline of a bag as CSV (RFC 4180): an event a line, times in UTC and in one stated zone.

A spreadsheet must neither calculate with a customer's words nor show them in another order than
they have: what could make it do so is written out. The exact words are in disclosures.jsonl.
"""

import csv
import io
import unicodedata
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import msgspec
from msgspec import UNSET

from infra.envelope import ADDRESS, Envelope

COLUMNS: Final = (
    *("position", "recorded_at_utc", "recorded_at_zone", "occurred_at_utc", "occurred_at_zone"),
    *("type", "stream", "version", "contract", "count", "origin"),
    *("actor_kind", "actor_role", "actor_id", "on_behalf_of", "address", "data", "texts"),
    "event_id",
)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_SHOWN: Final = frozenset({"Cc", "Cf", "Co", "Cn", "Zl", "Zp"})


def header() -> bytes:
    """Return the first line."""
    return _line(COLUMNS)


def row(parts: Envelope, told: dict[str, str], zone: ZoneInfo) -> bytes:
    """Return an event's line; `told` is what is said of each of its sealed fields."""
    said = msgspec.json.decode(bytes(parts.actor))
    behalf = msgspec.json.decode(bytes(parts.on_behalf_of))
    origin = msgspec.json.decode(bytes(parts.origin))
    source = f"imported from {origin['source']}, row {origin['row']}" if "source" in origin else ""
    occurred = None if parts.occurred_at is UNSET else parts.occurred_at
    asserted = f", only said: {' '.join(behalf['asserted'])}" if behalf else ""
    values = (
        parts.position,
        *_times(parts.recorded_at, zone),
        *_times(occurred, zone),
        parts.type,
        f"{parts.stream.kind.value} {parts.stream.id}",
        parts.stream.version,
        parts.contract.number if parts.contract else "",
        parts.contract.count if parts.contract else "",
        source or "live",
        said["kind"],
        said["role"] or "",
        said["id"],
        f"{behalf['id']}{asserted}" if behalf else "",
        told.get(ADDRESS, ""),
        bytes(parts.data).decode(),
        "\n".join(f"{name}: {text}" for name, text in told.items() if name != ADDRESS),
        parts.id,
    )
    return _line(tuple(plain(str(value)) for value in values))


def plain(text: str) -> str:
    """Return a text that no spreadsheet calculates and no terminal turns around."""
    shown = text
    if not text.isprintable():
        shown = "".join(
            one if one == "\n" or unicodedata.category(one) not in _SHOWN else f"<U+{ord(one):04X}>"
            for one in text
        )
    return f"'{shown}" if shown.startswith(_FORMULA) else shown


def _times(at: datetime | None, zone: ZoneInfo) -> tuple[str, str]:
    if at is None:
        return "", ""
    form = "microseconds"
    utc = at.astimezone(UTC).isoformat(timespec=form).replace("+00:00", "Z")
    try:
        return utc, at.astimezone(zone).isoformat(timespec=form)
    except OverflowError:  # a day before the first or behind the last there is
        return utc, ""


def _line(values: tuple[object, ...]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(values)
    return text.getvalue().encode()
