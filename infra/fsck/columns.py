"""The row of an event as PostgreSQL sends it in binary, and what its envelope says it must be."""

from datetime import UTC, datetime, timedelta
from struct import Struct
from typing import Final

from msgspec import UNSET

from infra.envelope import Envelope

COLUMNS: Final = (
    "position",
    "recorded_at",
    "occurred_at",
    "event_id",
    "stream_id",
    "actor_id",
    "stream_kind",
    "stream_version",
    "epoch",
    "contract_count",
    "type_version",
    "contract",
    "type",
    "leaf_hash",
)
"""The columns after the envelope, in the order of the statement `rows`."""

_SIGNATURE: Final = b"PGCOPY\n\xff\r\n\x00"
_HEADER: Final = len(_SIGNATURE) + 8
_TRAILER: Final = b"\xff\xff"
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_LENGTH: Final = Struct(">i")
_SMALL: Final = Struct(">ih").pack
_INT: Final = Struct(">ii").pack
_LONG: Final = Struct(">iq").pack
_NULL: Final = _LENGTH.pack(-1)
_UUID: Final = _LENGTH.pack(16)
_HASH: Final = _LENGTH.pack(32)
_FIRST: Final = 6
"""Where the envelope begins: after the number of fields and the envelope's length."""


def split_row(data: bytes) -> tuple[bytes, bytes] | None:
    """Return the envelope and the bytes of the other columns; None for what is no row."""
    if data.startswith(_SIGNATURE):
        data = data[_HEADER:]
    if not data or data == _TRAILER:
        return None
    end = _FIRST + _LENGTH.unpack_from(data, 2)[0]
    return data[_FIRST:end], data[end:]


def position_of(columns: bytes) -> int:
    """Return the column `position`."""
    return int.from_bytes(columns[4:12], "big", signed=True)


def columns_of(parts: Envelope, actor: bytes, leaf: bytes) -> bytes:
    """Return the columns that an envelope must have; `actor` is the id's 16 bytes."""
    contract, occurred = parts.contract, parts.occurred_at
    return b"".join(
        (
            _LONG(8, parts.position),
            _time(parts.recorded_at),
            _NULL if occurred is UNSET else _time(occurred),
            _UUID,
            parts.id.bytes,
            _UUID,
            parts.stream.id.bytes,
            _UUID,
            actor,
            _text(parts.stream.kind.value),
            _number(parts.stream.version),
            _number(parts.ledger.epoch),
            _NULL if contract is None else _number(contract.count),
            _small(parts.type_version),
            _NULL if contract is None else _text(contract.number),
            _text(parts.type),
            _HASH,
            leaf,
        )
    )


def microseconds(at: datetime) -> int:
    """Return a time as PostgreSQL counts it."""
    return (at - _EPOCH) // _MICROSECOND


def differing(found: bytes, expected: bytes) -> list[str]:
    """Return the names of the columns in which two rows differ."""
    pairs = zip(COLUMNS, _fields(found), _fields(expected), strict=True)
    return [name for name, one, other in pairs if one != other]


def _fields(columns: bytes) -> list[bytes | None]:
    fields: list[bytes | None] = []
    at = 0
    while at < len(columns):
        (length,) = _LENGTH.unpack_from(columns, at)
        at += 4
        fields.append(None if length < 0 else columns[at : at + length])
        at += max(0, length)
    return fields


def _time(at: datetime) -> bytes:
    return _LONG(8, microseconds(at))


def _text(text: str) -> bytes:
    return _LENGTH.pack(len(text)) + text.encode()


def _number(value: int) -> bytes:
    # what no integer column can hold differs from whatever it holds
    return _INT(4, value) if value < 1 << 31 else _LONG(8, value)


def _small(value: int) -> bytes:
    return _SMALL(2, value) if value < 1 << 15 else _LONG(8, value)
