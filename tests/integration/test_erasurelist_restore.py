"""A restore brings back what was erased; the erasure list takes it away before anybody reads."""

import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import SecretStr
from support.attacked import KEK, message
from support.databases import Database, fresh
from support.running import ledger
from support.store import key, provenance, registering, rows, sealed, ticket, waiting_log

from domain.log import NewEvent, Request, Write
from domain.ticket.events import AttachmentAdded, Audience, Side
from domain.values import Purpose
from infra.erasurelist import NOTHING, Applied, ErasureList, apply_in
from infra.fsck.run import fsck
from infra.ids import new_id
from infra.keys.opening import open_keys
from infra.settings import Settings

SEALED = """
    SELECT event_id, key_id, (envelope -> 'sealed' -> field ->> 'subject')::uuid
    FROM ledger.sealed_fields JOIN ledger.envelopes USING (event_id) ORDER BY position
"""


@dataclass(frozen=True, slots=True)
class Message:
    """A message that was recorded: its event, the key that seals it, who wrote it."""

    event: UUID
    key: UUID
    subject: UUID


def settings_of(database: Database, data: Path) -> Settings:
    return database.settings(data, kek=SecretStr(KEK))


@pytest.fixture(name="messages")
def _messages(database: Database, keys_dir: Path) -> list[Message]:
    with waiting_log(database.dsn_app, keys_dir) as log:
        log.append_wait(registering("A"))
        for _ in range(3):
            log.append_wait(message(ticket(), 0, "A"))
    return [Message(*row) for row in rows(database.dsn_superuser, SEALED)]


def keys_copied(keys_dir: Path, to: Path) -> Path:
    """Copy the key store as a backup does."""
    with closing(sqlite3.connect(keys_dir / "keys.sqlite")) as store:
        store.execute("VACUUM INTO ?", (str(to),))
    return to


def keys_put_back(copy: Path, keys_dir: Path) -> None:
    for file in keys_dir.glob("keys.sqlite*"):
        file.unlink()
    shutil.copy(copy, keys_dir / "keys.sqlite")


def erase_person(data: Path, of: Message) -> None:
    """Note it, then destroy the key."""
    ErasureList(data).add(
        contract="A",
        subject=of.subject,
        purposes=[Purpose.CORRESPONDENCE],
        key_ids=[of.key],
        events=[],
        position=5,
        at=datetime.now(UTC),
    )


def erase_message(data: Path, of: Message) -> None:
    ErasureList(data).add(
        contract="A",
        subject=of.subject,
        purposes=[Purpose.CORRESPONDENCE],
        key_ids=[],
        events=[of.event],
        position=6,
        at=datetime.now(UTC),
    )


def living(settings: Settings, messages: list[Message]) -> set[UUID]:
    keys = open_keys(settings)
    try:
        return keys.living([one.key for one in messages])
    finally:
        keys.close()


def test_who_was_erased_stays_so_after_both_were_restored_from_before(
    database: Database, keys_dir: Path, messages: list[Message], tmp_path: Path
) -> None:
    keys_copy = keys_copied(keys_dir, tmp_path / "backup")
    with fresh(database.cluster, database.name) as older:
        with waiting_log(database.dsn_app, keys_dir) as log:
            log.append_wait(message(ticket(), 0, "A"))
        erase_person(keys_dir, messages[0])
        keys_put_back(keys_copy, keys_dir)
        settings = settings_of(older, keys_dir)
        assert living(settings, messages) == {one.key for one in messages}
        continued = ledger(
            *("continue", "--data", str(keys_dir)),
            LEDGER_DATABASE_URL=older.dsn_app,
            LEDGER_DATABASE_OWNER_URL=older.dsn_owner,
            LEDGER_DATABASE_ERASER_URL=older.dsn_eraser,
            LEDGER_KEK=KEK,
        )
        assert continued.returncode == 0, continued.stderr
        assert living(settings, messages) == {one.key for one in messages[1:]}
        assert fsck(settings).findings == []
        assert apply_in(settings, older.dsn_eraser) == NOTHING


def test_a_message_that_was_erased_is_deleted_again_and_no_other(
    database: Database, keys_dir: Path, messages: list[Message]
) -> None:
    erase_message(keys_dir, messages[1])
    settings = settings_of(database, keys_dir)
    assert apply_in(settings, database.dsn_eraser) == Applied(fields=1)
    left = [Message(*row) for row in rows(database.dsn_superuser, SEALED)]
    assert left == [messages[0], messages[2]]
    assert living(settings, messages) == {one.key for one in messages}
    assert apply_in(settings, database.dsn_eraser) == NOTHING


def test_of_an_erased_message_other_purposes_stay(
    database: Database, keys_dir: Path, messages: list[Message]
) -> None:
    ErasureList(keys_dir).add(
        contract="A",
        subject=None,
        purposes=[Purpose.ADDRESS],
        key_ids=[],
        events=[messages[1].event],
        position=6,
        at=datetime.now(UTC),
    )
    assert apply_in(settings_of(database, keys_dir), database.dsn_eraser) == NOTHING


def test_an_erased_attachment_is_deleted_again(database: Database, keys_dir: Path) -> None:
    stream, attachment = ticket(), new_id()
    added = AttachmentAdded(
        attachment,
        Audience.PUBLIC,
        Side.CUSTOMER,
        sealed("passport.png", new_id()),
        sealed("image/png", new_id()),
        "unknown",
        3,
        sealed("digest", new_id()),
    )
    with waiting_log(database.dsn_app, keys_dir) as log:
        recorded = log.append_wait(
            Request((Write(stream, 0, (NewEvent(added, None),)),), (), key(), provenance())
        )
    other = new_id()
    store = "SELECT ledger.store_chunk(%s, 0, %s, %s, %s)"
    for one in (attachment, other):
        rows(database.dsn_app, store, [one, new_id(), bytes(12), b"sealed"])
    ErasureList(keys_dir).add(
        contract=None,
        subject=None,
        purposes=[],
        key_ids=[],
        events=recorded.event_ids,
        position=1,
        at=datetime.now(UTC),
    )
    applied = apply_in(settings_of(database, keys_dir), database.dsn_eraser)
    assert applied == Applied(fields=3, chunks=1)
    assert rows(database.dsn_superuser, "SELECT attachment FROM ledger.attachments") == [(other,)]


def test_a_broken_list_ends_the_command(database: Database, keys_dir: Path) -> None:
    listed = ErasureList(keys_dir)
    listed.path.parent.mkdir()
    listed.path.write_text("{}\n{}\n")
    done = ledger(
        *("continue", "--data", str(keys_dir)),
        LEDGER_DATABASE_URL=database.dsn_app,
        LEDGER_DATABASE_OWNER_URL=database.dsn_owner,
    )
    assert done.returncode == 1
    assert "the erasure list was altered" in done.stderr
