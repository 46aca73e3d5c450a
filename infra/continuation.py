"""`ledger continue`: the next epoch, after the database lost events that it had acknowledged.

The ledger goes on from the event that survived. Its first event then is `LedgerContinued`, which
quotes the last head that was known outside the database, so that the loss stays provable.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import psycopg
from psycopg import Connection

from domain.errors import Forked, Refused, Unavailable
from domain.ledger import LedgerContinued
from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Assurance, Provenance, Role
from infra import append
from infra.batch import Entries, decide, wanted_by
from infra.clock import Clocks, ClockWatch
from infra.codec import Codec
from infra.headfile import NOTHING, Durable, HeadFile
from infra.ids import new_id
from infra.keys import Keys
from infra.link import Link, meaning
from infra.sqlfiles import load_sql

SKIPPED_NUMBERS: Final = 10_000
"""Ticket numbers jumped over besides one for each lost event: those given in the last second."""

_SQL: Final = load_sql(__file__, "continuation.sql")
_NO_HASH: Final = bytes(32)
Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Continued:
    """What was lost, and where the ledger goes on; positions are the last ones."""

    epoch: int
    position: int
    lost_epoch: int
    lost_position: int
    survived_position: int


def _now() -> datetime:
    return datetime.now(UTC)


def continue_ledger(owner_dsn: str, data: Path, keys: Keys, clock: Clock = _now) -> Continued:
    """Open the next epoch; processes that were refused append again without a restart.

    Raises Refused (rule `nothing-lost`) when the last acknowledged event is still there,
    Forked when the database holds another ledger, Unavailable when it cannot be reached.
    """
    head_file = HeadFile(data)
    lost = head_file.read()
    if lost == NOTHING:
        raise Refused("nothing-lost", f"no head file in {data}: nothing was acknowledged there")
    try:
        link = Link(owner_dsn)
    except psycopg.Error as error:
        raise Unavailable("the database cannot be reached") from error
    try:
        durable, survived = _open_next(link.connection, lost, keys, clock())
    except psycopg.Error as error:
        raise meaning(error) from error
    finally:
        link.close()
    head_file.write(durable)
    return Continued(durable.epoch, durable.position, lost.epoch, lost.position, survived.position)


def _open_next(
    connection: Connection[Any], lost: Durable, keys: Keys, at: datetime
) -> tuple[Durable, Durable]:
    row = connection.execute(_SQL["identity"]).fetchone()
    if row is None or row[0] != lost.ledger:
        raise Forked("this database holds another ledger than the head file")
    _require_loss(connection, lost)
    stream = Stream(StreamKind.LEDGER, row[0])
    # Everything is read again under the lock; only the version is not known before it.
    probe = Codec(row[0], keys).prepare(_request(stream, 0, _event(lost, lost), at))
    begun = append.begin(connection, NOTHING, wanted_by([probe]))
    ground = begun.ground
    survived = Durable(ground.ledger, ground.epoch, ground.position, ground.leaf_hash or _NO_HASH)
    ground.epoch = max(lost.epoch, ground.epoch) + 1
    moment = ClockWatch(Clocks()).moment(begun.clock, begun.head_time)
    ground.recorded_at = moment.recorded_at
    skipped = max(0, lost.position - survived.position) + SKIPPED_NUMBERS
    connection.execute(_SQL["open_epoch"], (ground.epoch, skipped))
    version = ground.streams[stream].version
    request = _request(stream, version, _event(lost, survived), at)
    entries = Entries(ground.position + 1)
    decide(Codec(row[0], keys).prepare(request), ground, entries)
    with connection.cursor() as cursor:
        append.finish(cursor, ground.epoch, ground.recorded_at, entries, clamped=moment.clamped)
    connection.commit()
    return Durable(ground.ledger, ground.epoch, ground.position, ground.leaf_hash), survived


def _require_loss(connection: Connection[Any], lost: Durable) -> None:
    try:
        append.begin(connection, lost, wanted_by([]))
    except psycopg.Error as error:
        connection.rollback()
        if error.sqlstate == "LF001":
            return
        raise
    connection.rollback()
    raise Refused("nothing-lost", "the last acknowledged event is there: nothing to continue")


def _event(lost: Durable, survived: Durable) -> LedgerContinued:
    return LedgerContinued(
        lost.epoch,
        lost.position,
        lost.leaf_hash.hex(),
        survived.position,
        survived.leaf_hash.hex(),
    )


def _request(stream: Stream, version: int, event: LedgerContinued, at: datetime) -> Request:
    operator = Actor(ActorKind.SYSTEM, stream.id, Role.OPERATOR, assurance=Assurance.LOCAL)
    # Nobody sends this command again: its key is random, its fingerprint of no period.
    key = CommandKey(os.urandom(32), (bytes(4) + os.urandom(32),))
    write = Write(stream, version, (NewEvent(event, None),))
    return Request((write,), (), key, Provenance(operator, at, new_id()))
