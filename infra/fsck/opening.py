"""The sealed fields of many events, opened together: are all there, and what was committed to?"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from struct import unpack
from typing import Any, Final
from uuid import UUID

from psycopg import Connection
from psycopg.errors import ProgramLimitExceeded

from domain.errors import Integrity
from infra.keys import Keys, SealingKey
from infra.lengths import lp_id, lp_name
from infra.sealing import NONCE_BYTES, Sealer
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "fsck.sql")
_ID: Final = 36
_REMEMBERED: Final = 100_000


Sealing = tuple[int, bytes, bytes, tuple[bytes, ...], tuple[bytes, ...]]
"""What an envelope says of an event's sealed fields: its position and id, kind and id of its stream
(ids are their 36 characters), the fields' names, their commitments in hex."""

Rows = dict[bytes, tuple[bytes, bytes, bytes]]
"""What is stored: by event and field, the key's id, nonce and ciphertext."""


class Opening:
    """Opens what is obviously there."""

    def __init__(self, connection: Connection[Any], keys: Keys, sealer: Sealer) -> None:
        self._connection = connection
        self._keys = keys
        self._sealer = sealer
        self._ids: dict[bytes, UUID] = {}

    def doubtful(self, after: int, upto: int, said: Sequence[Sealing]) -> set[int] | None:
        """Return the positions of events whose sealed fields are not obviously what they should be.

        `said` is of all events after a position, up to another. None means that all are to be
        looked at, for there are fields that no event names.
        """
        rows = self._rows(after, upto)
        if rows is None:
            return None
        keys = self._living({row[0] for row in rows.values()})
        found = set()
        for one in said:
            try:
                good = self._is_good(one, rows, keys)
            except (Integrity, UnicodeDecodeError, KeyError):
                good = False
            if not good:
                found.add(one[0])
        return None if rows else found

    def _is_good(self, said: Sealing, rows: Rows, keys: dict[bytes, SealingKey]) -> bool:
        """Open what is stored of an event, and take it out of the rows."""
        _, event, stream, names, commitments = said
        place = lp_name(stream[:-_ID]) + lp_id(stream[-_ID:])
        stored = [rows.pop(event + name, None) for name in names]
        for row, name, commitment in zip(stored, names, commitments, strict=True):
            if row is None:
                return False
            key, nonce, ciphertext = row
            _, text, made = self._sealer.unseal(
                event, place, lp_name(name), keys[key], nonce, ciphertext
            )
            text.decode()
            if made.hex().encode() != commitment:
                return False
        return True

    def _rows(self, after: int, upto: int) -> Rows | None:
        """Return what is stored of these events; None for what has another form."""
        asked = {"after": after, "upto": upto}
        try:
            with self._connection.cursor(binary=True) as cursor:
                row = cursor.execute(_SQL["sealed_batch"], asked).fetchone()
        except ProgramLimitExceeded:
            return None
        if row is None or row[0] is None:
            return {}
        texts, sealed = row[0].split(b"\n"), row[2]
        lengths = unpack(f">{len(row[1]) // 4}i", row[1])
        ends = list(accumulate(lengths, initial=0))
        if set(lengths[::2]) != {NONCE_BYTES} or ends[-1] != len(sealed):
            return None
        pieces = [sealed[start:end] for start, end in pairwise(ends)]
        if len(texts) != len(pieces):
            return None
        stored = zip(texts[1::2], pieces[::2], pieces[1::2], strict=True)
        rows = dict(zip(texts[::2], stored, strict=True))
        return rows if 2 * len(rows) == len(texts) else None

    def _living(self, ids: set[bytes]) -> dict[bytes, SealingKey]:
        """Return the keys that there are by the text of their ids; none when one was altered."""
        if len(self._ids) > _REMEMBERED:
            self._ids.clear()
        known = self._ids
        for one in ids - known.keys():
            known[one] = UUID(one.decode())
        try:
            keys = self._keys.by_ids([known[one] for one in ids])
        except Integrity:
            return {}
        return {one: key for one in ids if (key := keys.get(known[one]))}
