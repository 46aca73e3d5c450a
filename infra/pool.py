"""The reading connections: a pool whose connections are checked before use."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, LiteralString

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, PoolTimeout, TooManyRequests

from domain.errors import Unavailable

READERS: Final = 8
WAIT_SECONDS: Final = 5.0
WAITING: Final = 1_000

Rows = list[tuple[Any, ...]]


class Pool:
    """Reads on up to READERS connections; raises Unavailable when none is to be had."""

    def __init__(self, dsn: str, *, size: int = READERS, wait: float = WAIT_SECONDS) -> None:
        self._pool = AsyncConnectionPool(
            dsn,
            min_size=1,
            max_size=size,
            max_waiting=WAITING,
            timeout=wait,
            open=False,
            check=AsyncConnectionPool.check_connection,
            kwargs={
                "autocommit": True,
                "application_name": "ledger read",
                "connect_timeout": 3,
                "options": "-c statement_timeout=30s -c idle_in_transaction_session_timeout=30s",
            },
        )

    async def open(self) -> None:
        """Begin to connect, without waiting for it."""
        await self._pool.open()

    async def close(self) -> None:
        """Close every connection."""
        await self._pool.close()

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[AsyncConnection[Any]]:
        """Lend a connection in autocommit mode."""
        try:
            async with self._pool.connection() as connection:
                yield connection
        except (
            PoolTimeout,
            TooManyRequests,
            psycopg.OperationalError,
            psycopg.InterfaceError,
        ) as error:
            raise Unavailable("the database cannot be read: try again later") from error

    async def fetch(self, statement: LiteralString, parameters: Sequence[object] = ()) -> Rows:
        """Return a statement's rows; tried again once when the server went away under it."""
        try:
            return await self._fetch(statement, parameters)
        except Unavailable as error:
            if isinstance(error.__cause__, PoolTimeout | TooManyRequests):
                raise
            return await self._fetch(statement, parameters)

    async def _fetch(self, statement: LiteralString, parameters: Sequence[object]) -> Rows:
        async with self.connection() as connection, connection.cursor(binary=True) as cursor:
            await cursor.execute(statement, parameters, prepare=True)
            return await cursor.fetchall()
