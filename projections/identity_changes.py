"""Every change of identity data, in the order in which they were asked for; read from the store."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from infra.sqlfiles import load_sql
from projections.opening import Connection

_SQL: Final = load_sql(__file__, "identity_changes.sql")


@dataclass(frozen=True, slots=True)
class Requested:
    """A change that was asked for at a position."""

    position: int
    change: UUID
    requested_at: datetime


class ChangeCursor(msgspec.Struct):
    """Where the next page begins: after what was asked for at this position."""

    asked: str
    after: int


async def requested(connection: Connection, after: int, limit: int) -> list[Requested]:
    """Return changes asked for after a position, in order."""
    cursor = await connection.execute(_SQL["requested"], {"after": after, "limit": limit})
    return [Requested(*row) for row in await cursor.fetchall()]
