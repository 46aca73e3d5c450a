"""What the ledger holds and how far its followers are."""

from pathlib import Path
from typing import Any, Final

from infra.pool import Pool
from infra.sqlfiles import load_sql
from projections import imported
from projections.consuming import consumed
from projections.log import checkpoint_age
from projections.stamps import stamping_state
from projections.witnessing import cosigned

_SQL: Final = load_sql(__file__, "status.sql")


async def status(pool: Pool, data: Path) -> dict[str, Any]:
    """Return counts of events, tickets and contracts, and each follower's position and lag.

    `publisher` is null where nothing was ever published, `consumers` has those that ever ran.
    `checkpoint` is the last one published from the data directory, `cosigned` in it how the log
    stands with its witnesses; `timestamps` how stamping goes, null where nothing stamps.
    Raises Unavailable.
    """
    ((position, epoch),) = await pool.fetch(_SQL["head"])
    ((tickets, contracts),) = await pool.fetch(_SQL["streams"])
    events: dict[str, int] = dict(await pool.fetch(_SQL["types"]))
    followers = await pool.fetch(_SQL["followers"])
    return {
        "position": position,
        "epoch": epoch,
        "tickets": tickets,
        "contracts": contracts,
        "events": events,
        "followers": {
            name: {"position": at, "lag": max(0, position - at), "state": state}
            for name, at, state in followers
        },
        **await elsewhere(pool),
        "checkpoint": _checkpoint(data),
        "timestamps": stamping_state(data),
        "imported": await imported.figures(pool),
    }


async def elsewhere(pool: Pool) -> dict[str, Any]:
    """Return how far the publisher and the consumers are; raises Unavailable."""
    published = await pool.fetch(_SQL["publisher"])
    names = ("topic", "position", "lag", "state")
    return {
        "publisher": dict(zip(names, published[0], strict=True)) if published else None,
        "consumers": {
            one.name: {
                "feed": one.feed,
                "position": one.position,
                "lag": one.lag,
                "parked": one.parked,
                "retried": one.retried,
            }
            for one in await consumed(pool)
        },
    }


def _checkpoint(data: Path) -> dict[str, Any] | None:
    found = checkpoint_age(data)
    return None if found is None else found | {"cosigned": cosigned(data)}
