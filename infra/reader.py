"""Reading what was recorded: streams, contracts, positions, sealed rows."""

from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from psycopg import Connection
from psycopg.errors import UniqueViolation
from psycopg.sql import SQL, Literal

from domain.errors import Integrity
from domain.log import Head
from domain.stream import Stream, StreamKind
from infra.pool import Pool
from infra.sealing import SealedChunk, SealedRow
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "reader.sql")
_PAGE: Final = 500
_ALL: Final = 2**62
_COPY_HEADER: Final = 19
_COPY_BEFORE: Final = 18
# Of a copied row before the envelope: field count (2), length (4), position (8), length (4).
_NO_HASH: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Identity:
    """Which ledger a database holds, and in which of its lives."""

    ledger: UUID
    epoch: int


class Reader:
    """Reads the events of one database; every answer is of committed events alone."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def identity(self) -> Identity:
        """Return which ledger this is."""
        return Identity(*(await self.pool.fetch(_SQL["identity"]))[0])

    async def head(self) -> Head:
        """Return the last recorded position."""
        epoch, position, leaf_hash, at = (await self.pool.fetch(_SQL["head"]))[0]
        if position is None:
            return Head(epoch, 0, _NO_HASH, None)
        return Head(epoch, position, leaf_hash, at.astimezone(UTC))

    async def envelopes(
        self, stream: Stream, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield a stream's envelopes with version > `after` and position <= `upto`."""
        asked = (stream.id, stream.kind.value)
        async for envelope in self._pages(_SQL["stream"], asked, after, upto):
            yield envelope

    async def version(self, stream: Stream) -> int:
        """Return the stream's version, 0 when it has no events."""
        rows = await self.pool.fetch(_SQL["version"], (stream.id, stream.kind.value))
        return int(rows[0][0])

    async def version_as_of(self, stream: Stream, position: int) -> int:
        """Return the version that the stream had as of a position."""
        asked = (stream.id, stream.kind.value, position)
        return int((await self.pool.fetch(_SQL["version_as_of"], asked))[0][0])

    async def contract_envelopes(
        self, number: str, *, after: int = 0, upto: int | None = None
    ) -> AsyncIterator[bytes]:
        """Yield the envelopes of everything under a contract, in the order of their counts."""
        async for envelope in self._pages(_SQL["contract"], (number,), after, upto):
            yield envelope

    async def contract_stream(self, number: str) -> Stream | None:
        """Return the stream of the contract with this number, None when there is none."""
        rows = await self.pool.fetch(_SQL["contract_stream"], (number,))
        return Stream(StreamKind.CONTRACT, rows[0][0]) if rows else None

    async def by_event(self, event_id: UUID) -> bytes | None:
        """Return the envelope of one event."""
        rows = await self.pool.fetch(_SQL["by_event"], (event_id,))
        return rows[0][0] if rows else None

    async def by_positions(self, after: int, upto: int) -> AsyncIterator[tuple[int, bytes]]:
        """Yield (position, envelope) for `after` < position <= `upto`."""
        while after < upto:
            rows = await self.pool.fetch(_SQL["by_positions"], (after, upto, _PAGE))
            for position, envelope in rows:
                yield position, envelope
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]

    async def position_at(self, moment: datetime) -> int:
        """Return the last position recorded at or before a moment, 0 when there is none."""
        return int((await self.pool.fetch(_SQL["position_at"], (moment,)))[0][0])

    async def holds(self, position: int, leaf_hash: bytes) -> bool:
        """Say whether this event is (still) there; position 0 always is."""
        if position == 0:
            return True
        return bool((await self.pool.fetch(_SQL["holds"], (position, leaf_hash)))[0][0])

    async def sealed_rows(self, event_ids: Collection[UUID]) -> dict[tuple[UUID, str], SealedRow]:
        """Return the sealed rows of these events by event and field."""
        rows = await self.pool.fetch(_SQL["sealed"], (list(event_ids),))
        return {(row[0], row[1]): SealedRow(*row) for row in rows}

    async def store_chunk(self, attachment: UUID, index: int, chunk: SealedChunk) -> None:
        """Keep one sealed chunk of an attachment; raise Integrity if it was written before."""
        place = (attachment, index, chunk.key_id, chunk.nonce, chunk.ciphertext)
        try:
            await self.pool.fetch(_SQL["store_chunk"], place)
        except UniqueViolation:
            raise Integrity(f"attachment {attachment} has a chunk {index} already") from None

    async def chunk(self, attachment: UUID, index: int) -> SealedChunk | None:
        """Return one sealed chunk of an attachment, None behind the last."""
        rows = await self.pool.fetch(_SQL["chunk"], (attachment, index))
        return SealedChunk(*rows[0]) if rows else None

    async def chunk_count(self, attachment: UUID) -> int:
        """Return of how many chunks an attachment consists, 0 for an unknown one."""
        return int((await self.pool.fetch(_SQL["chunk_count"], (attachment,)))[0][0])

    async def command(self, command_id: bytes) -> tuple[bytes, bytes] | None:
        """Return a known command's fingerprint and result."""
        rows = await self.pool.fetch(_SQL["command"], (command_id,))
        return (rows[0][0], rows[0][1]) if rows else None

    async def ticket_numbers(self, how_many: int) -> list[int]:
        """Return numbers never given before; at most 1,000 at once."""
        rows = await self.pool.fetch(_SQL["ticket_numbers"], (how_many,))
        return [row[0] for row in rows]

    async def _pages(
        self,
        statement: LiteralString,
        asked: tuple[object, ...],
        after: int,
        upto: int | None,
    ) -> AsyncIterator[bytes]:
        while True:
            limit = _ALL if upto is None else upto
            rows = await self.pool.fetch(statement, (*asked, after, limit, _PAGE))
            for _, envelope in rows:
                yield envelope
            if len(rows) < _PAGE:
                return
            after = rows[-1][0]


def read_batch(connection: Connection[Any], after: int, limit: int) -> list[tuple[int, bytes]]:
    """Return (position, envelope) of the next events after a position, in order.

    Positions are dense and committed in order: what is not there yet comes after what is.
    """
    with connection.cursor(binary=True) as cursor:
        cursor.execute(_SQL["by_positions"], (after, after + limit, limit), prepare=True)
        return cursor.fetchall()


def copy_range(connection: Connection[Any], after: int, upto: int) -> Iterator[tuple[int, bytes]]:
    """Yield (position, envelope) for `after` < position <= `upto`, as fast as the server sends."""
    statement = SQL(_SQL["copy_events"]).format(after=Literal(after), upto=Literal(upto))
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for block in copy:
            row = bytes(block)
            if row.startswith(b"PGCOPY"):
                row = row[_COPY_HEADER:]
            if len(row) > _COPY_BEFORE:
                yield int.from_bytes(row[6:14], "big"), row[_COPY_BEFORE:]


def is_there(connection: Connection[Any], position: int, leaf_hash: bytes) -> bool:
    """Say whether this event is (still) there: a follower's fork guard."""
    row = connection.execute(_SQL["holds"], (position, leaf_hash)).fetchone()
    return position == 0 or bool(row and row[0])
