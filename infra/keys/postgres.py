"""The key store as a PostgreSQL database of its own, for production (`LEDGER_KEYS_URL`).

It must not be the event database: whoever holds that one's backups must not hold the keys.
"""

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeVar
from uuid import UUID

import psycopg

from domain.errors import Unavailable
from infra.keys.store import WrappedKey
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "postgres.sql")
_WAIT: Final = 5
T = TypeVar("T")
Connection = psycopg.Connection[tuple[Any, ...]]


class PostgresKeyStore:
    """Keys in the schema `ledger_keys`, made when it is missing.

    One connection, one user at a time: keys are read once a minute and made once. It is opened
    again after it was lost; what was being done then is done once more, which is harmless because
    a key that exists already is never replaced.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._run(_create)

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        """Return the living keys of these scopes."""
        rows = self._run(lambda db: db.execute(_SQL["find"], (list(scopes),)).fetchall())
        return {row[1]: WrappedKey(*row) for row in rows}

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        """Keep new keys in one transaction; return for each scope the key that lives now."""
        rows = [(key.id, key.scope, key.kek, key.wrapped) for key in keys]

        def insert(db: Connection) -> None:
            with db.transaction():
                db.execute(_SQL["wait_for_disk"])
                db.cursor().executemany(_SQL["insert"], rows)

        self._run(insert)
        return self.find([key.scope for key in keys])

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        """Return the living keys with these ids."""
        rows = self._run(lambda db: db.execute(_SQL["by_ids"], (list(ids),)).fetchall())
        return {row[0]: WrappedKey(*row) for row in rows}

    def scopes(self, prefix: str) -> Sequence[str]:
        """Return the scopes of living keys that begin with `prefix`, sorted."""
        rows = self._run(lambda db: db.execute(_SQL["scopes"], (prefix,)).fetchall())
        return [row[0] for row in rows]

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:
        """Remove keys, durably; their rows stay as tombstones.

        The old row versions go with the next VACUUM, and from WAL and backups as those expire.
        """

        def destroy(db: Connection) -> None:
            with db.transaction():
                db.execute(_SQL["wait_for_disk"])
                db.execute(_SQL["destroy"], (at, list(ids)))

        self._run(destroy)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _run(self, work: Callable[[Connection], T]) -> T:
        with self._lock:
            try:
                try:
                    return work(self._open())
                except psycopg.OperationalError:
                    self._connection = None
                    return work(self._open())
            except psycopg.Error as error:
                self._connection = None
                raise Unavailable(f"the key store failed: {_reason(error)}") from None

    def _open(self) -> Connection:
        if self._connection is None or self._connection.closed:
            self._connection = psycopg.connect(
                self._url,
                autocommit=True,
                connect_timeout=_WAIT,
                tcp_user_timeout=_WAIT * 1000,
                options=f"-c statement_timeout={_WAIT}s -c lock_timeout={_WAIT}s",
            )
        return self._connection


def _create(db: Connection) -> None:
    row = db.execute(_SQL["durable"]).fetchone()
    if row is None or not row[0]:
        raise Unavailable("the key store must be a primary with fsync = on")
    with db.transaction():
        db.execute(_SQL["lock_creation"])
        db.execute(_SQL["create"])


def _reason(error: psycopg.Error) -> str:
    """Return what went wrong without the address and the account that psycopg quotes."""
    return error.diag.message_primary or type(error).__name__
