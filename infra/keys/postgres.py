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

        def insert(db: Connection) -> None:
            db.execute(_SQL["first_kek"], (keys[0].kek,))
            current = db.execute(_SQL["hold_wrapping"]).fetchone()
            fit = [key for key in keys if (key.kek,) == current]
            rows = [(key.id, key.scope, key.kek, key.wrapped) for key in fit]
            db.cursor().executemany(_SQL["insert"], rows)

        if keys:
            self._write(insert)
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
        self._write(lambda db: db.execute(_SQL["destroy"], (at, list(ids))))

    def wrapping(self) -> str | None:
        """Return the key-encryption key that new keys must be wrapped by, None before the first."""
        row = self._run(lambda db: db.execute(_SQL["wrapping"]).fetchone())
        return None if row is None else row[0]

    def wrap_by(self, kek: str, at: datetime) -> datetime:
        """Take new keys wrapped by `kek` alone from now on; return since when that is so."""
        self._write(lambda db: db.execute(_SQL["wrap_by"], (kek, at)))
        row = self._run(lambda db: db.execute(_SQL["wrapping"]).fetchone())
        assert row is not None
        since: datetime = row[1]
        return since

    def keks(self) -> Mapping[str, int]:
        """Return how many living keys each key-encryption key wraps."""
        rows = self._run(lambda db: db.execute(_SQL["keks"]).fetchall())
        return {row[0]: row[1] for row in rows}

    def wrapped_otherwise(self, kek: str, after: UUID, limit: int) -> Sequence[WrappedKey]:
        """Return living keys that another one wraps, those with an id beyond `after`, by id."""
        wanted = (kek, after, limit)
        rows = self._run(lambda db: db.execute(_SQL["wrapped_otherwise"], wanted).fetchall())
        return [WrappedKey(*row) for row in rows]

    def rewrap(self, keys: Sequence[WrappedKey]) -> None:
        """Replace how living keys are wrapped, durably; a key destroyed meanwhile stays so."""
        rows = [(key.kek, key.wrapped, key.id, key.scope) for key in keys]
        self._write(lambda db: db.cursor().executemany(_SQL["rewrap"], rows))

    def rewrite(self) -> None:
        """Put the table into new files; WAL and backups keep the old ones until they expire."""

        def rewrite(db: Connection) -> None:
            db.execute(_SQL["take_time"])
            db.execute(_SQL["rewrite"])

        self._write(rewrite)

    def close(self) -> None:
        """Close the connection."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _write(self, work: Callable[[Connection], object]) -> None:
        """Do something in a transaction that is on disk when this returns."""

        def write(db: Connection) -> None:
            with db.transaction():
                db.execute(_SQL["wait_for_disk"])
                work(db)

        self._run(write)

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
    if db.execute(_SQL["exists"]).fetchone() == (True,):
        return
    with db.transaction():
        db.execute(_SQL["lock_creation"])
        db.execute(_SQL["create"])


def _reason(error: psycopg.Error) -> str:
    """Return what went wrong without the address and the account that psycopg quotes."""
    return error.diag.message_primary or type(error).__name__
