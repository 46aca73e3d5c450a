"""A small history with known chains, for attacks on it.

position  1 2 3 4 5 6 7 8 9 10 11 12
ticket    . . 0 1 0 1 2 0 1 0  2  1      (1 and 2 register the contracts)
contract  A B A B A B . A B A  .  B
sealed        x x x x x x x x  x  x
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr
from support.databases import Database
from support.log import integrated
from support.store import adding, key, provenance, registering, sealed, ticket, waiting_log

from domain.log import NewEvent, Request, Write
from domain.stream import Stream
from domain.ticket.events import Audience, MessagePosted, Side
from infra.fsck.findings import Kind
from infra.fsck.run import Report, fsck
from infra.fsck.signed import Signed
from infra.ids import new_id
from infra.settings import Settings

KEK: Final = "A" * 43 + "="
EVENTS: Final = 12
LIFE: Final = (0, 1, 0, 1, 2, 0, 1, 0, 2, 1)
CONTRACTS: Final = ("A", "B", None)
SPAN: Final = 4
"""Positions of a range in these tests, so that chains cross the borders of ranges."""


@dataclass(frozen=True, slots=True)
class Attacked:
    """A ledger to attack, and what fsck says of it."""

    database: Database
    settings: Settings

    @property
    def data(self) -> Path:
        return self.settings.data

    def fsck(self, **more: Any) -> Report:
        return fsck(self.settings, **{"span": SPAN, "processes": 1, **more})

    def found(self, *kept: Signed) -> list[tuple[int, Kind]]:
        return [(one.position, one.kind) for one in self.fsck(kept=kept).findings]


def attacked(database: Database, data: Path) -> Attacked:
    """Record the history."""
    with waiting_log(database.dsn_app, data) as log:
        for number in ("A", "B"):
            log.append_wait(registering(number))
        streams = [ticket() for _ in CONTRACTS]
        versions = [0] * len(streams)
        for which in LIFE:
            log.append_wait(message(streams[which], versions[which], CONTRACTS[which]))
            versions[which] += 1
    return Attacked(database, database.settings(data, kek=SecretStr(KEK)))


def logged(database: Database, data: Path) -> Attacked:
    """Record the history, and sign it in a log."""
    made = attacked(database, data)
    integrated(database, data)
    return made


def message(
    stream: Stream, expected: int, contract: str | None, person: UUID | None = None
) -> Request:
    """A request that posts a message of a person, by default a new one."""
    text = sealed("Is it done?", person or new_id())
    event = MessagePosted(new_id(), Side.CUSTOMER, Audience.PUBLIC, text, "en", ())
    write = Write(stream, expected, (NewEvent(event, contract),))
    return Request((write,), (), key(), provenance())


def goes_on(attacked_ledger: Attacked) -> None:
    """Record one more event, after an attack."""
    with waiting_log(attacked_ledger.database.dsn_app, attacked_ledger.data) as log:
        log.append_wait(adding(ticket(), 0))
