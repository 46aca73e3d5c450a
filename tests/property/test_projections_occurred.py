"""By basis `occurred` a stream is its longest prefix in which nothing happened later."""

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.databases import Database
from support.histories import START, History
from support.store import fresh_seed
from support.views import Ledger, all_items, ledger_on

from domain.errors import NotFound
from domain.log import Request
from domain.stream import StreamKind
from domain.ticket.events import Status
from projections.as_of import Basis, Moment
from projections.contract_history import contract_history
from projections.queue import Filters, page
from projections.timeline import View, timeline

MOMENTS = 25
EVERY = Filters(status=tuple(Status))


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


def prefixes(requests: list[Request], upto: int, moment: Any) -> dict[UUID, int]:
    """Return the length of each ticket's prefix, from the definition."""
    lengths: dict[UUID, int] = {}
    ended: set[UUID] = set()
    position = 0
    for request in requests:
        (write,) = request.writes
        for _ in write.events:
            position += 1
            if position > upto or write.stream.kind is not StreamKind.TICKET:
                continue
            stream, when = write.stream.id, request.provenance.occurred_at
            if when > moment or stream in ended:
                ended.add(stream)
            else:
                lengths[stream] = lengths.get(stream, 0) + 1
    return lengths


def test_views_by_occurrence_are_the_longest_prefixes(ledger: Ledger) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    history = History(seed, tickets=20, late=0.4)
    requests = list(history.requests(600))
    last = ledger.tell(requests)
    ledger.follow(last)
    whole = history.at - START
    for _ in range(MOMENTS):
        at = START - timedelta(days=10) + chance.random() * (whole + timedelta(days=12))
        upto = chance.choice([last, chance.randint(1, last)])
        moment = Moment(upto, at, Basis.OCCURRED)
        expected = prefixes(requests, upto, at)
        rows = ledger.read(
            lambda reads, moment=moment: all_items(
                partial(page, reads, EVERY), limit=9, moment=moment
            )
        )
        assert {row.ticket: row.version for row in rows} == expected
        for ticket in chance.sample(history.tickets, 3):
            check_timeline(ledger, ticket.stream.id, moment, expected)
        number = chance.choice(history.numbers)
        check_history(ledger, number, moment, expected)


def check_timeline(ledger: Ledger, ticket: UUID, moment: Moment, expected: dict[UUID, int]) -> None:
    ask = lambda reads: timeline(  # noqa: E731 - asked twice
        reads, ticket, view=View.STAFF, moment=moment, limit=200
    )
    if ticket not in expected:
        with pytest.raises(NotFound):
            ledger.read(ask)
        return
    entries = ledger.read(ask).items
    assert [entry.version for entry in entries] == list(range(1, expected[ticket] + 1))


def check_history(ledger: Ledger, number: str, moment: Moment, expected: dict[UUID, int]) -> None:
    try:
        found = ledger.read(lambda reads: contract_history(reads, number, moment=moment))
    except NotFound:
        return
    assert {under.ticket for under in found.tickets} <= set(expected)
    assert found.engineers.searched.as_of_position == moment.position
