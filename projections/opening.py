"""Reading personal data: views hold none, so it is opened from the store when somebody reads.

Everything a page shows is fetched in one query and opened together. A projection that keeps keyed
hashes opens what it hashes, too, once.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from psycopg import AsyncConnection

from domain.log import Recorded
from infra.codec import Codec
from infra.envelope import Envelope, parse
from infra.pool import Pool
from infra.reading import commitments
from infra.sealing import SealedRow, Sealer
from infra.sqlfiles import load_sql
from projections.projection import Cursor

_SQL: Final = load_sql(__file__, "opening.sql")
Connection = AsyncConnection[tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Reads:
    """What every read needs: connections of a role that may select, and the keys."""

    pool: Pool
    sealer: Sealer


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of personal data that was read; None when it was erased."""

    text: str | None

    @property
    def erased(self) -> bool:
        """Say that its key or its ciphertext was destroyed."""
        return self.text is None


@dataclass(frozen=True, slots=True)
class Opened:
    """An event's members and the texts of its sealed fields by name."""

    parts: Envelope
    envelope: bytes
    texts: Mapping[str, str | None]


async def open_envelopes(
    connection: Connection, sealer: Sealer, envelopes: Sequence[bytes], only: str | None = None
) -> list[Opened]:
    """Open the sealed fields (all, or the one named `only`) of these events, in order.

    Raises Integrity for a text that was altered.
    """
    parts = [parse(envelope) for envelope in envelopes]
    ids = [one.id for one in parts if one.sealed]
    name, arguments = ("sealed", [ids]) if only is None else ("sealed_field", [ids, only])
    rows: list[SealedRow] = []
    if ids:
        cursor = connection.cursor(binary=True)
        await cursor.execute(_SQL[name], arguments)
        rows = [SealedRow(*row) for row in await cursor.fetchall()]
    opened = await _open(sealer, parts, rows)
    return [
        Opened(one, envelope, opened[one.id])
        for one, envelope in zip(parts, envelopes, strict=True)
    ]


async def open_field(
    connection: Connection, sealer: Sealer, events: Sequence[UUID], field: str
) -> dict[UUID, Text]:
    """Return the texts of one field of these events, by event id; all in one query."""
    cursor = connection.cursor(binary=True)
    await cursor.execute(_SQL["with_field"], [field, list(events)])
    found = await cursor.fetchall()
    rows = [SealedRow(*row[1:]) for row in found if row[1] is not None]
    opened = await _open(sealer, [parse(row[0]) for row in found], rows)
    return {event: Text(texts.get(field)) for event, texts in opened.items()}


def open_events(
    cursor: Cursor, codec: Codec, envelopes: Sequence[bytes], types: frozenset[str], fields: str
) -> Iterator[Recorded]:
    """Yield the events of these types, in order, for a projection that follows them.

    Their sealed fields whose names match the regular expression `fields` are opened.
    """
    parts = [(parse(envelope), envelope) for envelope in envelopes]
    wanted = [(part.id, envelope) for part, envelope in parts if part.type in types]
    if not wanted:
        return
    cursor.execute(_SQL["sealed_like"], [[event for event, _ in wanted], fields])
    rows: dict[UUID, dict[str, SealedRow]] = {}
    for row in cursor.fetchall():
        rows.setdefault(row[0], {})[row[1]] = SealedRow(*row)
    for event, envelope in wanted:
        yield codec.open(envelope, rows.get(event, {}))


async def _open(
    sealer: Sealer, parts: Sequence[Envelope], rows: Sequence[SealedRow]
) -> dict[UUID, dict[str, str | None]]:
    """Return event id -> field -> text for the rows that are there, opened together."""
    found = {(row.event_id, row.field): row for row in rows}
    said = [c for one in parts for c in commitments(one) if (c.event_id, c.field) in found]
    texts = await sealer.open_all_soon([(found[c.event_id, c.field], c) for c in said])
    opened: dict[UUID, dict[str, str | None]] = {one.id: {} for one in parts}
    for commitment, text in zip(said, texts, strict=True):
        opened[commitment.event_id][commitment.field] = text
    return opened
