"""The event store for tests: logs for callers who wait, and requests to give them."""

import os
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr

from domain.contract.documents import Category
from domain.contract.events import ContractClosed, ContractRegistered, Ending
from domain.log import CommandKey, Guard, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket.events import TagAdded
from domain.values import Actor, ActorKind, Provenance, Purpose, Sealed
from infra.clock import Clocks
from infra.codec import Codec
from infra.flusher import PATIENCE_SECONDS, Flusher
from infra.headfile import HeadFile
from infra.ids import new_id
from infra.keys import Keys
from infra.keys.opening import open_keys
from infra.pool import Pool
from infra.reader import Reader
from infra.settings import read_settings
from infra.store import PostgresLog

PERIOD: Final = b"\x00\x00\x00\x07"
ACTOR: Final = Actor(ActorKind.SYSTEM, UUID("01890000-0000-7000-8000-000000000001"), None)


def keys_of(data: Path) -> Keys:
    return open_keys(read_settings(data=data, kek=SecretStr("A" * 43 + "=")))


@contextmanager
def waiting_log(
    dsn: str,
    data: Path,
    *,
    clocks: Clocks | None = None,
    keys: Keys | None = None,
    patience: float = PATIENCE_SECONDS,
) -> Iterator[PostgresLog]:
    """A log for `append_wait`: a flusher of its own, and no event loop."""
    with psycopg.connect(dsn) as connection:
        ledger = connection.execute("SELECT ledger FROM ledger.identity").fetchone()[0]
    ring = keys or keys_of(data)
    flusher = Flusher(dsn, ledger, HeadFile(data), clocks, patience)
    flusher.start()
    try:
        yield PostgresLog(Codec(ledger, ring), Reader(Pool(dsn)), flusher)
    finally:
        flusher.close()
        if keys is None:
            ring.close()


def key(seed: random.Random | None = None, *, payload: bytes = b"") -> CommandKey:
    """A new command's key; the payload's fingerprint is of one period."""
    command = seed.randbytes(32) if seed else os.urandom(32)
    return CommandKey(command, (PERIOD + payload.ljust(32, b"."),))


def ticket() -> Stream:
    return Stream(StreamKind.TICKET, new_id())


def provenance(at: datetime | None = None) -> Provenance:
    return Provenance(ACTOR, at or datetime.now(UTC), new_id())


def tagged(tag: str = "a", contract: str | None = None) -> NewEvent:
    return NewEvent(TagAdded(tag), contract)


def sealed(text: str, subject: UUID) -> Sealed:
    return Sealed(text, subject, Purpose.CORRESPONDENCE)


def adding(
    stream: Stream,
    expected: int,
    *tags: str,
    contract: str | None = None,
    guards: Sequence[Guard] = (),
    command: CommandKey | None = None,
    at: datetime | None = None,
) -> Request:
    """A request that adds tags (one event each) to a stream at a version."""
    events = tuple(tagged(tag, contract) for tag in tags or ("a",))
    write = Write(stream, expected, events)
    return Request((write,), tuple(guards), command or key(), provenance(at))


def registering(number: str, guards: Sequence[Guard] = ()) -> Request:
    """A request that registers a contract on a stream of its own."""
    holder = new_id()
    event = ContractRegistered(number, Category.UNKNOWN, holder, "en", None, ())
    write = Write(Stream(StreamKind.CONTRACT, new_id()), 0, (NewEvent(event, number),))
    return Request((write,), tuple(guards), key(), provenance())


def closing(registration: Request, number: str) -> Request:
    """A request that closes a contract which has no event since its registration."""
    event = ContractClosed(Ending.BY_CUSTOMER, None)
    write = Write(registration.writes[0].stream, 1, (NewEvent(event, number),))
    return Request((write,), (), key(), provenance())


def again(request: Request, *, payload: bytes = b"") -> Request:
    """The same command, sent once more, perhaps with another payload."""
    fingerprint = PERIOD + payload.ljust(32, b".")
    return replace(request, key=CommandKey(request.key.id, (fingerprint,)), provenance=provenance())


def rows(dsn: str, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(statement, parameters).fetchall()


def positions(dsn: str) -> list[int]:
    return [row[0] for row in rows(dsn, "SELECT position FROM ledger.events ORDER BY position")]


FIXED_SEED = 20_260_101
"""The seed of what is the same at every run, beside what is new."""


def seeds(how_many: int, *fixed: int) -> Any:
    """Parameters `seed`, new ones at every run; pytest prints them with the test's name.

    `fixed` are more, the same at every run.
    """
    wanted = os.environ.get("LEDGER_TEST_SEED")
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")  # every worker has to collect the same tests
    fresh = random.Random(run).sample(range(10**6), how_many)
    chosen = [int(wanted)] if wanted else [*fixed, *fresh]
    return pytest.mark.parametrize("seed", chosen)


def fresh_seed() -> int:
    """A seed, printed so that a failing run can be repeated with LEDGER_TEST_SEED."""
    seed = int(os.environ.get("LEDGER_TEST_SEED") or random.randrange(10**6))
    print(f"seed {seed}: repeat with LEDGER_TEST_SEED={seed}")
    return seed
