"""Sealed fields: present and what the event committed to, or gone for a recorded reason."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg import Connection

from domain.errors import Integrity
from infra.arrays import uuid_array
from infra.cover import Cover
from infra.envelope import Envelope
from infra.erasurelist import ErasureList
from infra.fsck.findings import Finding, Kind
from infra.keys import Keys, SealingKey
from infra.reading import commitments
from infra.sealing import Commitment, SealedRow, Sealer
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "fsck.sql")

Events = Sequence[tuple[int, Envelope]]


class Gone(NamedTuple):
    """Something that is not there: no finding if a recorded erasure covers it."""

    finding: Finding
    parts: Envelope
    field: str


class SealedFields:
    """Checks the sealed fields of events against the key store."""

    def __init__(
        self, connection: Connection[Any], keys: Keys, sealer: Sealer, listed: ErasureList
    ) -> None:
        self._connection = connection
        self._listed = listed
        self._keys = keys
        self._sealer = sealer

    def check(self, events: Events) -> list[Finding]:
        """Return what is wrong with the sealed fields of these (position, envelope)."""
        rows = self._rows([parts.id for _, parts in events])
        keys = self._living({row.key_id for of_event in rows.values() for row in of_event})
        if self._all_good(events, rows, keys):
            return []
        found: list[Finding] = []
        gone: list[Gone] = []
        for position, parts in events:
            by_field = {row.field: row for row in rows.get(parts.id, ())}
            for said in commitments(parts):
                row = by_field.pop(said.field, None)
                wrong = self._wrong(position, said, row, keys)
                if wrong is None:
                    continue
                if row is None or wrong.kind is Kind.MISSING_KEY:
                    gone.append(Gone(wrong, parts, said.field))
                else:
                    found.append(wrong)
            found += [
                Finding(position, Kind.SEALED, f"{name}: the event has no such sealed field")
                for name in by_field
            ]
        return found + self._uncovered(gone)

    def _all_good(
        self,
        events: Events,
        rows: Mapping[UUID, list[SealedRow]],
        keys: Mapping[UUID, SealingKey | None],
    ) -> bool:
        """Say whether everything is there and opens: the usual case, opened all together."""
        stored = {(row.event_id, row.field): row for of in rows.values() for row in of}
        said = [one for _, parts in events if parts.sealed for one in commitments(parts)]
        pairs = [(row, one) for one in said if (row := stored.get((one.event_id, one.field)))]
        if not len(pairs) == len(said) == len(stored) or not all(
            keys.get(row.key_id) for row, _ in pairs
        ):
            return False
        try:
            return None not in self._sealer.open_all(pairs)
        except (Integrity, UnicodeDecodeError):
            return False

    def _wrong(
        self,
        position: int,
        said: Commitment,
        row: SealedRow | None,
        keys: Mapping[UUID, SealingKey | None],
    ) -> Finding | None:
        if row is None:
            return Finding(position, Kind.SEALED, f"{said.field}: removed, without an erasure")
        if keys.get(row.key_id) is None:
            detail = f"{said.field}: key {row.key_id} is not usable, without an erasure"
            return Finding(position, Kind.MISSING_KEY, detail)
        try:
            self._sealer.open(row, said)
        except (Integrity, UnicodeDecodeError):
            return Finding(position, Kind.SEALED, f"{said.field}: not what the event committed to")
        return None

    def _rows(self, events: Iterable[UUID]) -> dict[UUID, list[SealedRow]]:
        rows: dict[UUID, list[SealedRow]] = {}
        with self._connection.cursor(binary=True) as cursor:
            cursor.execute(_SQL["sealed"], [uuid_array([one.bytes for one in events])])
            for row in cursor:
                rows.setdefault(row[0], []).append(SealedRow(*row))
        return rows

    def _living(self, ids: Iterable[UUID]) -> Mapping[UUID, SealingKey | None]:
        wanted = list(ids)
        try:
            return self._keys.by_ids(wanted)
        except Integrity:  # one of them was altered: which?
            return {key_id: self._one(key_id) for key_id in wanted}

    def _one(self, key_id: UUID) -> SealingKey | None:
        try:
            return self._keys.by_id(key_id)
        except Integrity:
            return None

    def _uncovered(self, gone: list[Gone]) -> list[Finding]:
        """Return what no erasure covers; erasures are recorded before anything is destroyed."""
        if not gone:
            return []
        with self._connection.cursor(binary=True) as cursor:
            ledger = gone[0].parts.ledger.id  # whose own stream says what was lost
            rows = cursor.execute(_SQL["erasures"], [ledger])
            cover = Cover((row[0] for row in rows), self._listed.entries())
        return [one.finding for one in gone if not cover.covers(one.parts, one.field)]
