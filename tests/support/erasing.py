"""Erasures for tests of the store: events to record, and somebody who carries them out."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from support.databases import Database
from support.store import key, keys_of, provenance

from domain.erasure import Basis, KeysDestroyed, SubjectErased
from domain.log import NewEvent, Recorded, Request, Write
from domain.stream import Stream
from domain.ticket.events import MessageErased
from domain.values import Purpose
from infra.erasure import Eraser, Step
from infra.erasurelist import ErasureList
from infra.ids import new_id
from infra.keys import Keys
from infra.secrets import Secrets
from infra.store import open_log


def erasing(
    stream: Stream,
    expected: int,
    subject: UUID,
    contract: str | None,
    *purposes: Purpose,
    erasure: UUID | None = None,
) -> Request:
    """A request that records the erasure of a person's data."""
    event = SubjectErased(
        erasure or new_id(),
        subject,
        contract,
        purposes or (Purpose.CORRESPONDENCE,),
        (),
        Basis.DATA_SUBJECT_REQUEST,
        (),
    )
    write = Write(stream, expected, (NewEvent(event, contract),))
    return Request((write,), (), key(), provenance())


def erasing_message(
    stream: Stream, expected: int, event: UUID, contract: str | None, *purposes: Purpose
) -> Request:
    """A request that records the erasure of what one event says."""
    erased = MessageErased(
        new_id(), event, purposes or (Purpose.CORRESPONDENCE,), Basis.CONSENT_WITHDRAWN
    )
    write = Write(stream, expected, (NewEvent(erased, contract),))
    return Request((write,), (), key(), provenance())


def completed(stream: Stream, expected: int, erasure: UUID, contract: str | None) -> Request:
    """A request that records that an erasure was carried out."""
    write = Write(stream, expected, (NewEvent(KeysDestroyed(erasure), contract),))
    return Request((write,), (), key(), provenance())


@contextmanager
def eraser(
    database: Database, data: Path, keys: Keys, step: Callable[[Step], None] = lambda _: None
) -> Iterator[Eraser]:
    """Somebody who carries out erasures of this database."""
    with psycopg.connect(database.dsn_eraser, autocommit=True) as connection:
        yield Eraser(connection, keys, ErasureList(data), step)


def carry_out(
    database: Database, data: Path, step: Callable[[Step], None] = lambda _: None
) -> list[Recorded]:
    """Carry out everything that waits, as the process that does it; return what it was."""
    keys = keys_of(data)
    try:
        with eraser(database, data, keys, step) as working:
            waiting = working.open_after(0)
            asyncio.run(_carry_out(database, data, keys, working, waiting))
            return waiting
    finally:
        keys.close()


async def _carry_out(
    database: Database, data: Path, keys: Keys, working: Eraser, waiting: list[Recorded]
) -> None:
    async with open_log(database.dsn_app, data, keys) as log:
        for recorded in waiting:
            await working.carry_out(recorded, log, Secrets(keys))


def count(database: Database, statement: str, *values: Any) -> int:
    with psycopg.connect(database.dsn_superuser) as connection:
        row = connection.execute(statement, values).fetchone()
        assert row is not None
        return int(row[0])
