"""PostgreSQL arrays in binary form, joined from their elements' bytes.

psycopg turns a list into an array element by element; joining bytes costs a fraction of that,
which is most of what an append costs here (docs/adr/0003-two-phase-append.md).
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain
from struct import Struct
from typing import Any, Final, cast

from psycopg import Connection
from psycopg.adapt import Dumper
from psycopg.pq import Format

_HEADER: Final = Struct(">iiIii").pack
_LENGTH: Final = Struct(">i").pack
_INT: Final = Struct(">ii").pack
_TIME: Final = Struct(">iq").pack
_NULL: Final = _LENGTH(-1)
_UUID: Final = _LENGTH(16)
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)

_BYTEA, _INT4, _TEXT, _TIMESTAMPTZ, _UUID_OID = 17, 23, 25, 1184, 2950


class ByteaArray(bytes):
    """A `bytea[]`."""


class IntArray(bytes):
    """An `integer[]`."""


class TextArray(bytes):
    """A `text[]`."""


class TimeArray(bytes):
    """A `timestamptz[]`."""


class UuidArray(bytes):
    """A `uuid[]`."""


def bytea_array(items: Sequence[bytes]) -> ByteaArray:
    """Return the items as `bytea[]`."""
    return ByteaArray(_array(_BYTEA, len(items), _varying(items)))


def text_array(items: Sequence[bytes | None]) -> TextArray:
    """Return the items (UTF-8, None is NULL) as `text[]`."""
    return TextArray(_array(_TEXT, len(items), _varying(items)))


def uuid_array(items: Sequence[bytes]) -> UuidArray:
    """Return the items, 16 bytes each, as `uuid[]`."""
    body = _UUID + _UUID.join(items) if items else b""
    return UuidArray(_array(_UUID_OID, len(items), (body,)))


def int_array(items: Sequence[int | None]) -> IntArray:
    """Return the items as `integer[]`."""
    parts = (_NULL if item is None else _INT(4, item) for item in items)
    return IntArray(_array(_INT4, len(items), parts))


def time_array(items: Sequence[datetime | None]) -> TimeArray:
    """Return the items, which know their zone, as `timestamptz[]`."""
    parts = (_NULL if item is None else _TIME(8, (item - _EPOCH) // _MICROSECOND) for item in items)
    return TimeArray(_array(_TIMESTAMPTZ, len(items), parts))


def register_arrays(connection: Connection[Any]) -> None:
    """Let statements of this connection take these arrays as parameters."""
    for dumper in (_ByteaDumper, _IntDumper, _TextDumper, _TimeDumper, _UuidDumper):
        connection.adapters.register_dumper(dumper.carries, dumper)


def _varying(items: Sequence[bytes | None]) -> Iterable[bytes]:
    """Return each item's length and bytes; the loops over batches run in C."""
    if None in items:
        return (_NULL if item is None else _LENGTH(len(item)) + item for item in items)
    known = cast("Sequence[bytes]", items)
    return chain.from_iterable(zip(map(_LENGTH, map(len, known)), known, strict=True))


def _array(oid: int, size: int, body: Iterable[bytes]) -> bytes:
    if size == 0:
        return _HEADER(0, 0, oid, 0, 0)[:12]
    return _HEADER(1, 1, oid, size, 1) + b"".join(body)


class _Dumper(Dumper):
    format = Format.BINARY
    carries: type

    def dump(self, obj: bytes) -> bytes:
        return obj


class _ByteaDumper(_Dumper):
    oid = 1001
    carries = ByteaArray


class _IntDumper(_Dumper):
    oid = 1007
    carries = IntArray


class _TextDumper(_Dumper):
    oid = 1009
    carries = TextArray


class _TimeDumper(_Dumper):
    oid = 1185
    carries = TimeArray


class _UuidDumper(_Dumper):
    oid = 2951
    carries = UuidArray
