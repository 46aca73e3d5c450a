"""JSON as the interface says it: times with microseconds and Z, erased texts marked as such."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from starlette.responses import Response

from projections.opening import Text

_OPTIONS: Final = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS


def dump(value: object) -> bytes:
    """Return a value as JSON bytes."""
    return orjson.dumps(value, _form, _OPTIONS)


def _form(value: object) -> Any:
    if isinstance(value, datetime):
        return time_text(value)
    if isinstance(value, Text):
        return {"erased": True} if value.erased else value.text
    if is_dataclass(value):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, (frozenset, set)):
        return sorted(value)
    if isinstance(value, bytes):
        return value.hex()
    raise TypeError(f"{type(value).__name__} has no JSON form")


def time_text(time: datetime) -> str:
    """Return a time as the interface writes it, such as 2026-01-02T03:04:05.000000Z."""
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def shown(value: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a read's answer; no cache may keep it."""
    return Response(
        dump(value),
        headers={"Cache-Control": "no-store", **(headers or {})},
        media_type="application/json",
    )
