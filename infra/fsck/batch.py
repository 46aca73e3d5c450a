"""Many events as few long values, and whether they are obviously whole.

PostgreSQL sends what the columns say as text, piece by piece as the envelope must say it, so that
the comparison is one of bytes and made here. What it computes for that is no more believed than
the columns themselves.
"""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from operator import lt
from struct import Struct, unpack
from typing import Any, Final, NamedTuple

from psycopg import Connection
from psycopg.errors import ProgramLimitExceeded

from domain.merkle import HASH_BYTES
from infra.envelope import MAX_BYTES
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "fsck.sql")
_NUMBERS: Final = "qqqiii"
_NUMBERS_BYTES: Final = Struct(f">{_NUMBERS}").size
_TEXTS: Final = 7
_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_EARLIEST: Final = (datetime.min.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_LATEST: Final = (datetime.max.replace(tzinfo=UTC) - _EPOCH) // timedelta(microseconds=1)
_NEVER: Final = -(1 << 63)

Texts = tuple[bytes, bytes, bytes, bytes, bytes, bytes, bytes]
"""What columns say: as far as `previous`; the stream; as far as the contract's `previous`; the
contract's number; as far as `origin`; the actor's id; the type and its version."""


class Batch(NamedTuple):
    """Events at all positions after `after`: dense, their times and epochs in order."""

    after: int
    envelopes: list[bytes]
    leaves: bytes
    hashes: list[bytes]
    """The leaf hashes in hex."""
    times: tuple[int, ...]
    versions: tuple[int, ...]
    epochs: tuple[int, ...]
    counts: tuple[int, ...]
    texts: list[bytes]

    def events(self) -> Iterator[tuple[int, bytes, bytes, int, int, Texts]]:
        """Yield position, envelope, leaf hash, version, count and texts of each event."""
        return zip(
            range(self.after + 1, self.after + 1 + len(self.envelopes)),
            self.envelopes,
            self.hashes,
            self.versions,
            self.counts,
            zip(*[iter(self.texts)] * _TEXTS, strict=True),
            strict=True,
        )


def read_batch(connection: Connection[Any], after: int, upto: int) -> Batch | None:
    """Return the events after a position, up to another; None unless they are obviously whole.

    Obviously whole: one event at each position, no value missing or too long, the leaf hashes
    those of the envelopes, times and epochs in order.
    """
    try:
        with connection.cursor(binary=True) as cursor:
            row = cursor.execute(_SQL["batch"], {"after": after, "upto": upto}).fetchone()
    except ProgramLimitExceeded:
        return None
    count = upto - after
    if row is None or None in row or len(row[2]) != count * _NUMBERS_BYTES:
        return None
    envelopes, texts = row[0].split(b"\n"), row[3].split(b"\n")
    if len(envelopes) != count or len(texts) != count * _TEXTS:
        return None
    leaves = b"".join([hashlib.sha256(b"\x00" + one).digest() for one in envelopes])
    numbers = unpack(">" + _NUMBERS * count, row[2])
    positions, times, occurred, versions, epochs, counts = (
        numbers[place :: len(_NUMBERS)] for place in range(len(_NUMBERS))
    )
    late = set(occurred) - {_NEVER}
    if (
        leaves != row[1]
        or max(map(len, envelopes)) > MAX_BYTES
        or positions != tuple(range(after + 1, upto + 1))
        or not _in_order(times)
        or not _in_order(epochs)
        or not _EARLIEST <= times[0] <= times[-1] <= _LATEST
        or (late and not (min(late) >= _EARLIEST and all(map(lt, occurred, times))))
    ):
        return None
    hashes = leaves.hex("\n", HASH_BYTES).encode().split(b"\n")
    return Batch(after, envelopes, leaves, hashes, times, versions, epochs, counts, texts)


def _in_order(values: tuple[int, ...]) -> bool:
    return list(values) == sorted(values)
