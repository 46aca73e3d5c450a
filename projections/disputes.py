"""Every dispute, in the order in which they were opened; read from the store."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec

from infra.sqlfiles import load_sql
from projections.opening import Connection

_SQL: Final = load_sql(__file__, "disputes.sql")


@dataclass(frozen=True, slots=True)
class OpenedDispute:
    """A dispute, and the envelope that opened it at a position."""

    position: int
    dispute: UUID
    envelope: bytes


class DisputeCursor(msgspec.Struct):
    """Where the next page begins: after what was opened at this position."""

    asked: str
    after: int


async def opened(
    connection: Connection, after: int, limit: int, *, closed: bool | None = None
) -> list[OpenedDispute]:
    """Return disputes opened after a position, in order; `closed` not None: those alone."""
    asked = {"after": after, "limit": limit, "closed": closed}
    cursor = await connection.execute(_SQL["opened"], asked)
    return [OpenedDispute(*row) for row in await cursor.fetchall()]
