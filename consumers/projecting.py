"""A projection as a consumer: a view built in another database, from Kafka alone if need be.

Every view that needs the order of streams only, and no sealed field, can be kept so; it grows with
the members of its group. What a restore of the ledger lost stays in it: make such a copy anew after
`ledger continue`.
"""

from collections.abc import Sequence
from typing import Final

from consumers.handler import Arrived, Begin, Cursor
from consumers.service import Service, Store
from infra.settings import Settings
from projections.projection import Followed
from projections.queue import QueueWriter

QUEUE_COPY: Final = "queue-copy"


class Projecting:
    """Applies a projection to the tables of the database that its inbox is in."""

    begins = Begin.FIRST

    def __init__(self, name: str, followed: Followed) -> None:
        self.name = name
        self._followed = followed

    def handle(self, cursor: Cursor, batch: Sequence[Arrived]) -> None:
        """Apply the events."""
        self._followed.apply(cursor, [arrived.envelope for arrived in batch])


def offer(settings: Settings, _store: Store) -> Service | None:
    """Return the copy of the queue where another database is named for it."""
    if settings.consumer_database_url is None:
        return None
    consumer = Projecting(QUEUE_COPY, QueueWriter().followed())
    return Service(consumer, dsn=settings.consumer_database_url.get_secret_value())
