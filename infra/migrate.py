"""Brings a database to the form this version needs: `migrations/NNNN_name.sql`, in order, once."""

import hashlib
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import psycopg

from domain.errors import Integrity, Unavailable
from infra.sqlfiles import load_sql

MIGRATIONS: Final = Path(__file__).parent / "migrations"
_NAME: Final = re.compile(r"\d{4}_[a-z0-9_]+\.sql")
_SQL: Final = load_sql(__file__, "migrate.sql")


def migrate(
    owner: str, *, folder: Path = MIGRATIONS, progress: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Apply what the database of the `owner` URL lacks; return the names applied now.

    Each file is one transaction together with the record that it was applied. Two at once take
    turns. Raises Integrity when a file changed after it was applied, or the database knows more
    than this version; Unavailable when the database cannot be reached or another one is migrating.
    """
    files = _files(folder)
    applied: list[str] = []
    try:
        with psycopg.connect(owner, autocommit=True) as connection:
            connection.execute(_SQL["take_turns"])
            connection.execute(_SQL["prepare"])
            for name in _missing(connection, files):
                progress(name)
                text = files[name]
                with connection.transaction():
                    connection.execute(text)
                    connection.execute(_SQL["record"], [name, _checksum(text)])
                applied.append(name)
            connection.execute(_SQL["open"])
    except psycopg.errors.LockNotAvailable:
        raise Unavailable("another process is migrating this database: wait for it") from None
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database cannot be migrated: {error}") from error
    return applied


def pending(url: str, *, folder: Path = MIGRATIONS) -> list[str]:
    """Return the names of migrations that the database of this URL lacks; any role may ask.

    Raises Integrity as `migrate` does, and Unavailable when the database cannot be reached.
    """
    files = _files(folder)
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            row = connection.execute(_SQL["is_prepared"]).fetchone()
            if row is None or not row[0]:
                return list(files)
            return _missing(connection, files)
    except psycopg.OperationalError as error:
        raise Unavailable(f"the database cannot be asked for its version: {error}") from error


def _missing(connection: psycopg.Connection, files: dict[str, str]) -> list[str]:
    known = {str(name): str(checksum) for name, checksum in connection.execute(_SQL["applied"])}
    for name, checksum in known.items():
        if name not in files:
            raise Integrity(f"the database has migration {name}: a newer version works on it")
        if _checksum(files[name]) != checksum:
            raise Integrity(f"migration {name} is not what was applied: restore the file")
    return [name for name in files if name not in known]


def _files(folder: Path) -> dict[str, str]:
    """Return name -> text of the migrations, in the order of their numbers."""
    paths = sorted(folder.glob("*.sql"))
    for path in paths:
        if not _NAME.fullmatch(path.name):
            raise Integrity(f"{path.name} is no migration: its name must be NNNN_words.sql")
    return {path.stem: path.read_text("utf-8") for path in paths}


def _checksum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
