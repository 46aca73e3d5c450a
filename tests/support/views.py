"""A ledger for tests of what is read: histories told to it, followers, reads."""

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from support.bulk import append_all
from support.store import keys_of

from domain.log import Request
from infra.codec import Codec
from infra.pool import Pool
from projections.metrics import Meters
from projections.opening import Reads
from projections.projection import Followed
from projections.queue import QueueWriter
from projections.runner import Follower, Pace

T = TypeVar("T")
PATIENCE = 60.0


@dataclass(frozen=True)
class Ledger:
    """A database with its keys; roles' URLs as fixtures give them."""

    database: Any
    codec: Codec

    def tell(self, requests: Iterable[Request]) -> int:
        """Append requests; return the last position."""
        return append_all(self.database.dsn_app, self.codec, requests)

    def follow(self, upto: int, followed: Followed | None = None) -> Follower:
        """Follow until a position was applied or the follower failed; return the follower."""
        with self.following(followed) as follower:
            self.wait(follower.name, upto)
        return follower

    @contextmanager
    def following(self, followed: Followed | None = None, batch: int = 500) -> Iterator[Follower]:
        """Run a follower in a thread while the block runs."""
        follower = Follower(
            self.database.dsn_follower,
            followed or QueueWriter().followed(),
            Meters(),
            Pace(batch, 0.05),
        )
        stop = threading.Event()
        thread = threading.Thread(target=follower.run, args=[stop])
        thread.start()
        try:
            yield follower
        finally:
            stop.set()
            thread.join(PATIENCE)
        assert not thread.is_alive()

    def wait(self, name: str, upto: int) -> None:
        """Wait until the follower was there, or failed."""
        reached = eventually(lambda: (row := self.tracked(name))[1] == "failed" or row[0] >= upto)
        assert reached, self.tracked(name)

    def tracked(self, name: str) -> tuple[int, str, str | None]:
        """Return the follower's position, state and error."""
        rows = self.rows(
            "SELECT position, state, error FROM views.followers WHERE name = %s", [name]
        )
        return rows[0] if rows else (0, "new", None)

    def rows(self, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        """Return a statement's rows, asked as superuser."""
        with psycopg.connect(self.database.dsn_superuser, autocommit=True) as connection:
            cursor = connection.execute(statement, values)
            return [] if cursor.rownumber is None else cursor.fetchall()

    def versions(self) -> list[tuple[Any, ...]]:
        """Return every row and version of the queue."""
        return self.rows(
            "SELECT q.*, NULL, NULL FROM views.queue AS q"
            " UNION ALL SELECT * FROM views.queue_past ORDER BY 1, 2"
        )

    def read(self, ask: Callable[[Reads], Awaitable[T]]) -> T:
        """Run an asynchronous read."""

        async def run() -> T:
            pool = Pool(self.database.dsn_app)
            await pool.open()
            try:
                return await ask(Reads(pool, self.codec.sealer))
            finally:
                await pool.close()

        return asyncio.run(run())


@contextmanager
def ledger_on(database: Any, data: Path) -> Iterator[Ledger]:
    """Return the ledger of a database, its keys in `data`."""
    with psycopg.connect(database.dsn_app) as connection:
        (ledger,) = connection.execute("SELECT ledger FROM ledger.identity").fetchone()
    keys = keys_of(data)
    yield Ledger(database, Codec(ledger, keys))
    keys.close()


def eventually(holds: Callable[[], bool], within: float = PATIENCE) -> bool:
    """Wait until something holds; False when it does not in time."""
    deadline = time.monotonic() + within
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.01)
    return False


async def all_items(page: Callable[..., Awaitable[Any]], **asked: Any) -> list[Any]:
    """Return the items of all pages."""
    found = await page(**asked)
    items = list(found.items)
    while found.next:
        found = await page(**{**asked, "cursor": found.next})
        items += found.items
    return items
