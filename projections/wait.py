"""Waiting until a projection has read far enough: read your own writes."""

import asyncio
import time
from typing import Final

from infra.sqlfiles import load_sql
from projections.opening import Connection

_SQL: Final = load_sql(__file__, "wait.sql")
_FIRST_PAUSE: Final = 0.002
_LONGEST_PAUSE: Final = 0.05


async def wait_for(connection: Connection, projection: str, position: int, within: float) -> bool:
    """Wait until `projection` has applied `position`, at most `within` seconds.

    Returns False when it has not got there; the connection is in use meanwhile.
    """
    deadline = time.monotonic() + within
    pause = _FIRST_PAUSE
    while True:
        row = await (await connection.execute(_SQL["position"], [projection])).fetchone()
        if row is not None and row[0] >= position:
            return True
        if time.monotonic() + pause > deadline:
            return False
        await asyncio.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)
