"""The erasure list: what was erased, remembered outside the databases, beside the signed notes.

Whoever restores an older event database or key store brings back what was erased since; `apply`
erases it again, before anybody can read it. The list holds ids and no personal data.
"""

import fcntl
import hashlib
import json
import os
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
from psycopg import Connection

from domain.errors import Integrity, Unavailable
from domain.values import Purpose
from infra.files import sync_directory
from infra.keys import Keys
from infra.keys.opening import open_keys
from infra.settings import Settings
from infra.sqlfiles import load_sql
from infra.tilefiles import log_directory

NAME: Final = "erasures.jsonl"
_SQL: Final = load_sql(__file__, "erasurelist.sql")
_WAIT: Final = 5


@dataclass(frozen=True, slots=True)
class Erased:
    """One erasure: keys that were destroyed, or events whose ciphertexts were deleted, or both.

    `purposes` says which sealed fields of the subject, or of these events; none means all of them.
    `position` is that of the event that recorded the erasure.
    """

    contract: str | None
    subject: UUID | None
    purposes: tuple[Purpose, ...]
    key_ids: tuple[UUID, ...]
    events: tuple[UUID, ...]
    position: int
    at: datetime

    def repeats(self, other: "Erased") -> bool:
        """Say whether this is the same erasure, perhaps noted at another time."""
        return _form(self) | {"at": ""} == _form(other) | {"at": ""}


@dataclass(frozen=True, slots=True)
class Applied:
    """What had come back and was erased again: keys, sealed fields, pieces of attachments."""

    keys: int = 0
    fields: int = 0
    chunks: int = 0


NOTHING: Final = Applied()


class ErasureList:
    """`log/erasures.jsonl` in a data directory: a line for each erasure, only ever added to.

    Each line ends with a checksum over itself and the line before. A last line that is not whole
    was never acknowledged, and is dropped; anything else that does not fit raises Integrity.
    """

    def __init__(self, data: Path) -> None:
        self.path = log_directory(data) / NAME

    def add(
        self,
        *,
        contract: str | None,
        subject: UUID | None,
        purposes: Iterable[Purpose],
        key_ids: Iterable[UUID],
        events: Iterable[UUID],
        position: int,
        at: datetime,
    ) -> None:
        """Note an erasure before anything is destroyed; durable when it returns, twice is once.

        `events` are those of single messages: of these, and of attachments that they brought, the
        ciphertexts go.
        """
        kinds = tuple(Purpose(purpose) for purpose in purposes)
        noted = Erased(contract, subject, kinds, tuple(key_ids), tuple(events), position, at)
        with self._alone() as file:
            known, end, checksum = self._read(os.pread(file, os.fstat(file).st_size, 0))
            if any(noted.repeats(one) for one in known):
                return
            os.ftruncate(file, end)
            os.pwrite(file, _line(noted, checksum), end)
            os.fsync(file)

    def entries(self) -> list[Erased]:
        """Return every erasure that was noted, in order."""
        try:
            return self._read(self.path.read_bytes())[0]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise Unavailable(f"{self.path}: the erasure list cannot be read: {error}") from error

    def _read(self, content: bytes) -> tuple[list[Erased], int, str]:
        """Return the erasures, where the last whole line ends, and its checksum."""
        found: list[Erased] = []
        end, checksum = 0, ""
        for number, line in enumerate(content.splitlines(keepends=True), 1):
            form = _whole(line)
            if form is None and end + len(line) == len(content):
                break
            try:
                entry, checksum = _checked(form or {}, checksum)
            except (ValueError, KeyError, TypeError):
                raise Integrity(
                    f"{self.path}, line {number}: the erasure list was altered"
                ) from None
            found.append(entry)
            end += len(line)
        return found, end, checksum

    @contextmanager
    def _alone(self) -> Iterator[int]:
        try:
            if not self.path.parent.is_dir():
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                sync_directory(self.path.parent.parent)
            file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise Unavailable(f"{self.path}: the erasure list cannot be kept: {error}") from error
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield file
            sync_directory(self.path.parent)
        finally:
            os.close(file)


def apply(listed: ErasureList, keys: Keys, eraser_dsn: str | None = None) -> Applied:
    """Erase again what a restore brought back; once more is harmless, and quick.

    `eraser_dsn` names the event database as ledger_eraser; Unavailable is raised when it is needed
    and missing, or something cannot be reached. Nothing may read before this has returned.
    """
    entries = listed.entries()
    if not entries:
        return NOTHING
    destroyed = destroy_listed(listed, keys)
    if eraser_dsn is None:
        if any(one.events for one in entries):
            raise Unavailable(
                f"{listed.path} names messages whose ciphertexts may have come back: "
                "name the database as role ledger_eraser in LEDGER_DATABASE_ERASER_URL"
            )
        return Applied(destroyed)
    try:
        with psycopg.connect(eraser_dsn, connect_timeout=_WAIT) as connection:
            _forget(entries, connection)
            fields, chunks = _delete(entries, connection)
            _forbid(entries, connection)
    except psycopg.Error as error:
        reason = error.diag.message_primary or type(error).__name__
        raise Unavailable(f"the erasure list cannot be applied: {reason}") from None
    return Applied(destroyed, fields, chunks)


def apply_in(settings: Settings, eraser_dsn: str | None) -> Applied:
    """Do the same for a data directory, whose keys are opened if there is something to do."""
    listed = ErasureList(settings.data)
    if not listed.entries():
        return NOTHING
    keys = open_keys(settings)
    try:
        return apply(listed, keys, eraser_dsn)
    finally:
        keys.close()


def destroy_listed(listed: ErasureList, keys: Keys) -> int:
    """Destroy again the keys of the list that came back; return how many."""
    entries = listed.entries()
    living = keys.living({key_id for one in entries for key_id in one.key_ids})
    for one in entries:
        if back := living.intersection(one.key_ids):
            keys.destroy(back, one.at)
    return len(living)


def _delete(entries: Collection[Erased], connection: Connection[Any]) -> tuple[int, int]:
    by_purposes: dict[tuple[Purpose, ...], list[UUID]] = {}
    for one in entries:
        by_purposes.setdefault(one.purposes, []).extend(one.events)
    fields = chunks = 0
    for purposes, events in by_purposes.items():
        wanted = {"events": events, "purposes": [purpose.value for purpose in purposes]}
        fields += connection.execute(_SQL["delete_fields"], wanted).rowcount
        chunks += connection.execute(_SQL["delete_chunks"], wanted).rowcount
    return fields, chunks


def _forget(entries: Collection[Erased], connection: Connection[Any]) -> None:
    """Take away the keyed hashes, in views, of what is erased; their ciphertexts say of what."""
    row = connection.execute(_SQL["has_hashes"]).fetchone()
    if row is None or not row[0]:
        return
    erased = {
        "contracts": [one.contract for one in entries],
        "subjects": [one.subject for one in entries],
        "keys": [key for one in entries for key in one.key_ids],
        "events": [
            event
            for one in entries
            if not one.purposes or Purpose.ADDRESS in one.purposes
            for event in one.events
        ],
    }
    for name in ("forget_addresses", "forget_events", "forget_documents", "forget_logins"):
        connection.execute(_SQL[name], erased)


def _forbid(entries: Collection[Erased], connection: Connection[Any]) -> None:
    """Note in the database which keys were destroyed, so that nothing is recorded with them."""
    rows = [
        (one.subject, one.contract, purpose.value, key)
        for one in entries
        if one.subject is not None
        for purpose in one.purposes
        for key in one.key_ids
    ]
    if rows:
        connection.cursor().executemany(_SQL["forbid"], rows)


def _form(one: Erased) -> dict[str, Any]:
    return {
        "contract": one.contract,
        "subject": None if one.subject is None else str(one.subject),
        "purposes": [purpose.value for purpose in one.purposes],
        "key_ids": [str(key_id) for key_id in one.key_ids],
        "events": [str(event) for event in one.events],
        "position": one.position,
        "at": one.at.isoformat(),
    }


def _line(one: Erased, before: str) -> bytes:
    form = _form(one)
    return json.dumps(form | {"sum": _checksum(form, before)}).encode() + b"\n"


def _checksum(form: dict[str, Any], before: str) -> str:
    return hashlib.sha256(before.encode() + json.dumps(form).encode()).hexdigest()


def _whole(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds, None when it was not written to its end."""
    try:
        return dict(json.loads(line)) if line.endswith(b"\n") else None
    except (ValueError, TypeError):
        return None


def _checked(form: dict[str, Any], before: str) -> tuple[Erased, str]:
    """Return the erasure and its checksum; raise ValueError when it does not follow `before`."""
    checksum = form.pop("sum")
    if checksum != _checksum(form, before):
        raise ValueError(checksum)
    erased = Erased(
        form["contract"],
        None if form["subject"] is None else UUID(form["subject"]),
        tuple(Purpose(one) for one in form["purposes"]),
        tuple(UUID(one) for one in form["key_ids"]),
        tuple(UUID(one) for one in form["events"]),
        form["position"],
        datetime.fromisoformat(form["at"]),
    )
    return erased, checksum
