"""Whether something was erased while a bag was made: its file may lie beyond the eraser's reach."""

from typing import Final

from domain.errors import Erasing
from infra.pool import Pool
from projections.exporting.scope import SQL

_EVER: Final = 2**62


async def require_lasting(pool: Pool, begun: int, upto: int = _EVER) -> None:
    """Raise Erasing when an erasure up to position `upto` was not carried out by `begun`.

    Reading began at `begun`, so what such an erasure covers may have been read.
    """
    if (await pool.fetch(SQL["unfinished"], (upto, begun)))[0][0]:
        raise Erasing("data is erased meanwhile: make it again in a moment")
