"""The key store as a SQLite file beside an embedded ledger.

WAL with `synchronous = FULL`: a commit is on disk when it returns. Writers of several processes
wait for each other in SQLite; threads of this one wait for a lock.
"""

import json
import os
import sqlite3
import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
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
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._db = sqlite3.connect(
                path, timeout=_WAIT, isolation_level=None, check_same_thread=False
            )
            for pragma in _SQL["pragmas"].splitlines():
                self._db.execute(pragma).fetchall()
            for statement in ("create", "one_living_key"):
                self._db.execute(_SQL[statement])
            sync_directory(path.parent)
        except (OSError, sqlite3.Error) as error:
            raise Unavailable(f"{path}: the key store cannot be opened: {error}") from error

    def find(self, scopes: Collection[str]) -> Mapping[str, WrappedKey]:
        """Return the living keys of these scopes."""
        return {key.scope: key for key in self._rows("find", list(scopes))}

    def insert(self, keys: Sequence[WrappedKey]) -> Mapping[str, WrappedKey]:
        """Keep new keys with one fsync; return for each scope the key that lives now."""
        rows = [(str(key.id), key.scope, key.kek, key.wrapped) for key in keys]
        try:
            with self._lock, self._db:
                self._db.execute(_SQL["begin"])
                self._db.executemany(_SQL["insert"], rows)
        except sqlite3.Error as error:
            raise Unavailable(f"{self.path}: the key store refused new keys: {error}") from error
        return self.find([key.scope for key in keys])

    def by_ids(self, ids: Collection[UUID]) -> Mapping[UUID, WrappedKey]:
        """Return the living keys with these ids."""
        return {key.id: key for key in self._rows("by_ids", [str(one) for one in ids])}

    def scopes(self, prefix: str) -> Sequence[str]:
        """Return the scopes of living keys that begin with `prefix`, sorted."""
        return [row[0] for row in self._query("scopes", (prefix,))]

    def destroy(self, ids: Collection[UUID], at: datetime) -> None:
        """Overwrite keys with zeros, in the journal too; their rows stay as tombstones."""
        wanted = json.dumps([str(one) for one in ids])
        self._query("destroy", (wanted, at.isoformat()))
        self._query("forget_journal", ())

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._db.close()

    def _rows(self, statement: str, wanted: list[str]) -> Iterable[WrappedKey]:
        for key_id, scope, kek, wrapped in self._query(statement, (json.dumps(wanted),)):
            yield WrappedKey(UUID(key_id), scope, kek, wrapped)

    def _query(self, statement: str, parameters: tuple[Any, ...]) -> list[Any]:
        try:
            with self._lock:
                return self._db.execute(_SQL[statement], parameters).fetchall()
        except sqlite3.Error as error:
            raise Unavailable(f"{self.path}: the key store failed: {error}") from error
