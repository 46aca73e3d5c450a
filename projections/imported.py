"""What was taken over from other systems' logs: figures, computed from the events when asked."""

from typing import Any, Final

from infra.pool import Pool
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "imported.sql")


async def figures(pool: Pool) -> dict[str, Any]:
    """Return counts of imported tickets, rows, reassignments, reopenings and contracts.

    `closed` are tickets whose last imported status is closed; months are UTC. Raises Unavailable.
    """
    (row,) = await pool.fetch(_SQL["figures"])
    months = await pool.fetch(_SQL["opened_by_month"])
    incidents, updates, closed, moved_tickets, moved, again_tickets, again, contracts = row
    return {
        "incidents": incidents,
        "updates": updates,
        "closed": closed,
        "reassigned": {"tickets": moved_tickets, "times": moved},
        "reopened": {"tickets": again_tickets, "times": again},
        "opened_by_month": dict(months),
        "contracts": contracts,
    }
