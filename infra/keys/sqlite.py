"""The key store as a SQLite file beside an embedded ledger.

WAL with `synchronous = FULL`: a commit is on disk when it returns. Writers of several processes
wait for each other in SQLite; threads of this one wait for a lock.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from domain.errors import Unavailable
from infra.files import sync_directory
from infra.keys.store import WrappedKey
from infra.sqlfiles import load_sql

_SQL: Final = load_sql(__file__, "sqlite.sql")
_WAIT: Final = 10.0


class SqliteKeyStore:
    """Keys in one file, made with mode 0600."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        try:
            _make(path)
            self._db = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            for pragma in _SQL["pragmas"].splitlines():
                self._db.execute(pragma).fetchall()
            for statement in ("create", "one_living_key", "wrapping_table"):
                self._db.execute(_SQL[statement])
            sync_directory(path.parent)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{path}: the key store cannot be opened: {error}") from error

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        """Return the living keys of these scopes."""
        return {key.scope: key for key in self._rows("find", json.dumps(list(scopes)))}

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        """Keep new keys with one fsync; return for each scope the key that lives now."""
        if keys:
            self._write(("first_kek", [(keys[0].kek,)]), ("insert", [_row(key) for key in keys]))
        return self.find([key.scope for key in keys])

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        """Return the living keys with these ids."""
        wanted = json.dumps([str(one) for one in ids])
        return {key.id: key for key in self._rows("by_ids", wanted)}

    def scopes(self, prefix: str) -> Sequence[str]:
        """Return the scopes of living keys that begin with `prefix`, sorted."""
        return [row[0] for row in self._query("scopes", prefix)]

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:
        """Overwrite keys with zeros, in the journal too; their rows stay as tombstones."""
        self._query("destroy", json.dumps([str(one) for one in ids]), at.isoformat())
        self._forget_journal()

    def wrapping(self) -> str | None:
        """Return the key-encryption key that new keys must be wrapped by, None before the first."""
        return next((row[0] for row in self._query("wrapping")), None)

    def wrap_by(self, kek: str, at: datetime) -> datetime:
        """Take new keys wrapped by `kek` alone from now on; return since when that is so."""
        self._query("wrap_by", kek, at.isoformat())
        return datetime.fromisoformat(self._query("wrapping")[0][1])

    def keks(self) -> Mapping[str, int]:
        """Return how many living keys each key-encryption key wraps."""
        return dict(self._query("keks"))

    def wrapped_otherwise(self, kek: str, after: UUID, limit: int) -> Sequence[WrappedKey]:
        """Return living keys that another one wraps, those with an id beyond `after`, by id."""
        return list(self._rows("wrapped_otherwise", kek, str(after), limit))

    def rewrap(self, keys: Sequence[WrappedKey]) -> None:
        """Replace how living keys are wrapped, durably; a key destroyed meanwhile stays so."""
        self._write(("rewrap", [_row(key) for key in keys]))

    def rewrite(self) -> None:
        """Write every page anew, and empty the journal."""
        self._query("rewrite")
        self._forget_journal()

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _forget_journal(self) -> None:
        busy = self._query("forget_journal")[0][0]
        if busy:
            raise Unavailable(f"{self.path}: somebody keeps the key store's journal: try again")

    def _rows(self, statement: str, *parameters: object) -> Iterable[WrappedKey]:
        for key_id, scope, kek, wrapped in self._query(statement, *parameters):
            yield WrappedKey(UUID(key_id), scope, kek, wrapped)

    def _query(self, statement: str, *parameters: Any) -> list[Any]:
        try:
            with self._lock:
                return self._db.execute(_SQL[statement], parameters).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"{self.path}: the key store failed: {error}") from error

    def _write(self, *work: tuple[str, Sequence[tuple[Any, ...]]]) -> None:
        """Run statements with their rows in one transaction."""
        try:
            with self._lock, self._db:
                self._db.execute(_SQL["begin"])
                for statement, rows in work:
                    self._db.executemany(_SQL[statement], rows)
        except sqlite3.Error as error:
            raise Unavailable(f"{self.path}: the key store refused keys: {error}") from error


def _make(path: Path) -> None:
    """Make the file for this user alone; one that is there is left to SQLite.

    Closing a file gives up all locks that this process has on it: then another process takes
    itself for the last one, and removes the journal that is in use here.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600))


def _row(key: WrappedKey) -> tuple[str, str, str, bytes]:
    return str(key.id), key.scope, key.kek, key.wrapped
