"""Whatever happens later, a case file as of a position is what it was when that was the newest."""

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.databases import Database
from support.store import fresh_seed
from support.views import Ledger, ledger_on
from unit.cast import AGENT, CUSTOMER, NOW, ask, said, uid
from unit.cast import opening as opening_ticket
from unit.change_cast import checked, request
from unit.dispute_cast import (
    CONTRACTOR,
    HANDLER,
    RIVAL,
    claim,
    determine,
    freeze,
    held,
    opening,
    refuse,
)
from unit.dispute_cast import checked as claim_checked
from unit.life_cast import HOME, THE_CHANGE, THE_CONTRACT, THE_DISPUTE, THE_TICKET, Life
from unit.ownership_cast import HOLDER, registration, visit

from domain.contract.ownership.commands import DoubtHolder, SettleDoubt
from domain.contract.ownership.vocabulary import Doubt, Settlement
from domain.dispute.commands import AttachDispute
from domain.log import Recorded
from domain.stream import Stream, StreamKind
from domain.ticket.commands import PostMessage
from domain.ticket.events import Audience
from infra.networks import Labels
from projections.as_of import Basis, Moment
from projections.case_file.entries import Mark
from projections.case_file.reading import find_dispute, read_case_file

OTHER = Stream(StreamKind.DISPUTE, uid(701))
UNDER = Stream(StreamKind.TICKET, uid(501))
SAID: dict[str, Any] = {"audience": Audience.PUBLIC, "text": said()}
STEPS, LOOKS = 70, 10
LONG_AGO = NOW - timedelta(days=5)
BEGINNING: list[tuple[Stream, Any]] = [
    (THE_CONTRACT, registration()),
    (THE_TICKET, opening_ticket(contract=None)),
    (UNDER, opening_ticket(number="000-039")),
    (THE_DISPUTE, opening(contract=None)),
    (OTHER, opening(contract=None, number="000-047")),
]


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


class Chance:
    """Draws what is asked next; much of it is refused."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.life = Life()
        for stream, command in BEGINNING:
            self.life.ask(stream, command, occurred_at=LONG_AGO)

    def next(self) -> None:
        """Ask something, until something is accepted."""
        known = len(self.life.requests)
        while len(self.life.requests) == known:
            stream, command = self.random.choice(ASKED)(self.random)
            address = HOME | {"address": f"192.0.{self.random.randint(1, 3)}.7"}
            at = NOW - timedelta(days=self.random.randint(0, 4))
            self.life.tries(stream, command, address=address, occurred_at=at)


def fresh(chance: random.Random) -> UUID:
    return uid(chance.randrange(10**4, 10**6))


def _post(c: random.Random) -> Any:
    by = c.choice([AGENT, CUSTOMER])
    return c.choice([THE_TICKET, UNDER]), ask(PostMessage, by, message=fresh(c), **SAID)


def _claim(c: random.Random) -> Any:
    return c.choice([THE_DISPUTE, OTHER]), claim(
        uid(c.randint(710, 714)), c.choice([CONTRACTOR, RIVAL])
    )


def _look(c: random.Random) -> Any:
    number = uid(c.randint(710, 714))
    return THE_DISPUTE, claim_checked(visit(fresh(c).int & 0xFFFFF, CONTRACTOR), number)


def _attach(c: random.Random) -> Any:
    attach = ask(AttachDispute, by=HANDLER, contract="C-1")
    return c.choice([THE_DISPUTE, OTHER]), attach


def _doubt(c: random.Random) -> Any:
    doubt, why = uid(c.randint(70, 73)), said("because")
    if c.random() < 0.5:
        settled = {"doubt": doubt, "settlement": Settlement.MISTAKEN, "reason": why}
        return THE_CONTRACT, ask(SettleDoubt, **settled)
    doubted = {"doubt": doubt, "holder": HOLDER, "kind": Doubt.DECEASED, "basis": why}
    return THE_CONTRACT, ask(DoubtHolder, **doubted)


ASKED: list[Callable[[random.Random], tuple[Stream, Any]]] = [
    *(_post, _post, _claim, _claim, _look, _doubt, _doubt, _attach),
    lambda c: (THE_DISPUTE, refuse(uid(c.randint(710, 714)))),
    lambda c: (THE_DISPUTE, determine(held(), fresh(c))),
    lambda c: (THE_DISPUTE, freeze(freeze=fresh(c))),
    lambda _: (THE_CHANGE, request()),
    lambda c: (THE_CHANGE, checked(visit(fresh(c).int & 0xFFFFF))),
]


def file_of(ledger: Ledger, moment: Moment) -> Any:
    async def read(reads: Any) -> Any:
        found = await find_dispute(reads, THE_DISPUTE.id, moment)
        return await read_case_file(reads, found, Labels(), identity=True)

    return ledger.read(read)


def marks(value: Any) -> Iterator[Mark]:
    """Yield every mark in a file."""
    if isinstance(value, Mark):
        yield value
    elif isinstance(value, dict):
        for one in value.values():
            yield from marks(one)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from marks(one)
    elif hasattr(value, "__slots__"):
        for name in value.__slots__:
            yield from marks(getattr(value, name, None))


def test_the_file_as_of_a_position_is_what_it_was_when_that_was_the_newest(
    ledger: Ledger,
) -> None:
    chance = Chance(fresh_seed())
    made: dict[int, Any] = {}
    told = 0
    for step in range(STEPS):
        if step % (STEPS // LOOKS) == 0:
            head = ledger.tell(chance.life.requests[told:])
            told = len(chance.life.requests)
            made[head] = file_of(ledger, Moment(head, NOW))
            assert head == len(chance.life.happened)
        chance.next()
    for stream in (THE_TICKET, UNDER):
        chance.life.ask(stream, ask(PostMessage, message=uid(9), **SAID), occurred_at=NOW)
    ledger.tell(chance.life.requests[told:])
    for position, file in made.items():
        assert file_of(ledger, Moment(position, NOW)) == file
        assert max(one.position for one in marks(file)) <= position
    newest = file_of(ledger, Moment(len(chance.life.happened), NOW))
    assert {one.position for one in marks(newest)} > {1}


def expected(life: Life, at: datetime) -> int:
    """Return from the definition how many events the file is made of by occurrence."""
    prefixes: dict[Stream, list[Recorded]] = {}
    ended: set[Stream] = set()
    for happened in life.happened:
        recorded = happened.recorded
        assert recorded.occurred_at is not None
        if recorded.occurred_at > at:
            ended.add(recorded.stream)
        elif recorded.stream not in ended:
            prefixes.setdefault(recorded.stream, []).append(recorded)
    attached = {one for one in prefixes if any(event.contract for event in prefixes[one])}
    wanted = {THE_DISPUTE, THE_TICKET}
    if THE_DISPUTE in attached:
        wanted |= attached
    return sum(len(prefixes.get(one, [])) for one in wanted)


def test_by_occurrence_the_file_is_made_of_what_had_happened(ledger: Ledger) -> None:
    chance = Chance(fresh_seed())
    for _ in range(STEPS):
        chance.next()
    head = ledger.tell(chance.life.requests)
    for days in range(5, -1, -1):
        at = NOW - timedelta(days=days)
        file, _ = file_of(ledger, Moment(head, at, Basis.OCCURRED))
        assert all(one.at <= at for one in marks(file))
        assert file.events == expected(chance.life, at), days
