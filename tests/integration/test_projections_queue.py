"""The queue's pages: their order, their filters, and that they hold still while they are turned."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.databases import Database
from support.histories import START, History
from support.store import fresh_seed
from support.views import Ledger, all_items, ledger_on

from domain.errors import Malformed, NotFound, Unavailable
from domain.ticket.events import Priority, Status
from infra.ids import new_id
from projections.as_of import Basis, Moment, resolve
from projections.queue import Filters, Item, find, item, page
from projections.queue.next import SOON
from projections.wait import wait_for

RANK = {priority: rank for rank, priority in enumerate(Priority)}
EVERY = Filters(status=tuple(Status))


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


@pytest.fixture
def history(ledger: Ledger) -> History:
    made = History(fresh_seed(), tickets=60, late=0.0)
    ledger.follow(ledger.tell(made.requests(900)))
    return made


def due(found: Item) -> Any:
    times = [found.reaction_due, found.update_due, found.reply_due]
    return min((time for time in times if time is not None), default=None)


def test_what_is_due_comes_first_then_priority_then_age(ledger: Ledger, history: History) -> None:
    moment = Moment(900, history.at - timedelta(hours=20))
    items = ledger.read(lambda reads: all_items(partial(page, reads), limit=7, moment=moment))
    horizon = moment.at + SOON
    promised = [one for one in items if due(one) is not None and due(one) <= horizon]
    ranked = [one for one in items if due(one) is None or due(one) > horizon]
    assert promised
    assert ranked
    assert items == promised + ranked
    assert promised == sorted(promised, key=lambda one: (due(one), one.ticket))
    assert ranked == sorted(ranked, key=lambda one: (RANK[one.priority], one.opened_at, one.ticket))
    assert not {Status.RESOLVED, Status.CLOSED} & {one.status for one in items}


@pytest.mark.parametrize(
    ("name", "value_of"),
    [
        ("language", lambda one: one.language),
        ("specialist", lambda one: one.specialist),
        ("contract", lambda one: one.contract),
        ("holder", lambda one: one.holder),
        ("status", lambda one: (one.status,)),
    ],
)
def test_a_filter_leaves_exactly_what_it_names(
    ledger: Ledger, history: History, name: str, value_of: Callable[[Item], Any]
) -> None:
    whole = ledger.read(lambda reads: all_items(partial(page, reads, EVERY)))
    values = {value_of(one) for one in whole if value_of(one)}
    assert values
    for value in values:
        filters = Filters(status=tuple(Status)) if name != "status" else Filters()
        asked = Filters(**{"status": filters.status, name: value})
        found = ledger.read(lambda reads, asked=asked: all_items(partial(page, reads, asked)))
        expected = [one.ticket for one in whole if value_of(one) == value]
        assert sorted(one.ticket for one in found) == sorted(expected)


def test_a_tag_finds_its_tickets(ledger: Ledger, history: History) -> None:
    now = ledger.read(page)
    moment = Moment(now.as_of_position, now.at)
    whole = ledger.read(lambda reads: all_items(partial(page, reads), moment=moment))
    tagged = partial(page, filters=Filters(tag="null"))
    found = ledger.read(lambda reads: all_items(partial(tagged, reads), moment=moment))
    assert [one for one in whole if "null" in one.tags] == found


def test_pages_hold_still_while_the_ledger_goes_on(ledger: Ledger, history: History) -> None:
    first = ledger.read(lambda reads: page(reads, limit=5))
    moment = Moment(first.as_of_position, first.at)
    before = ledger.read(lambda reads: all_items(partial(page, reads), limit=5, moment=moment))
    cursor, seen = first.next, list(first.items)
    while cursor:
        ledger.follow(ledger.tell(history.requests(30)))
        following = ledger.read(lambda reads, cursor=cursor: page(reads, limit=5, cursor=cursor))
        assert following.as_of_position == first.as_of_position
        seen += following.items
        cursor = following.next
    assert seen == before


def test_a_cursor_belongs_to_its_filters(ledger: Ledger, history: History) -> None:
    first = ledger.read(lambda reads: page(reads, limit=5))
    with pytest.raises(Malformed, match="another question"):
        ledger.read(lambda reads: page(reads, Filters(language="ru"), cursor=first.next))


def test_tickets_are_found_by_reference_number_and_contract(
    ledger: Ledger, history: History
) -> None:
    whole = ledger.read(lambda reads: all_items(partial(find, reads)))
    assert [one.opened_at for one in whole] == sorted(one.opened_at for one in whole)
    named = next(one for one in whole if one.reference)
    for asked in ({"reference": named.reference}, {"number": named.number}):
        (found,) = ledger.read(lambda reads, asked=asked: find(reads, **asked)).items
        assert found.ticket == named.ticket
    assert ledger.read(lambda reads: find(reads, contracts=[])).items == ()
    numbers = history.numbers[:2]
    under = ledger.read(lambda reads: all_items(partial(find, reads, contracts=numbers)))
    assert [one.ticket for one in under] == [o.ticket for o in whole if o.contract in numbers]


def test_an_unknown_ticket_is_not_found(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.read(lambda reads: item(reads, new_id()))


def test_a_subject_whose_ciphertext_was_destroyed_reads_as_erased(
    ledger: Ledger, history: History
) -> None:
    ledger.rows("DELETE FROM ledger.sealed_fields WHERE field = 'subject'")
    items = ledger.read(lambda reads: all_items(partial(page, reads, EVERY)))
    told = [one.subject for one in items if one.subject is not None]
    assert told
    assert all(text.erased for text in told)


def test_moments_out_of_reach_are_refused(ledger: Ledger, history: History) -> None:
    future = START.replace(year=2999)
    for asked in (
        {"as_of_position": 10**6},
        {"as_of": future},
        {"as_of": future.replace(tzinfo=None)},
        {"as_of": START, "as_of_position": 1},
        {"as_of_position": 1, "basis": Basis.OCCURRED},
    ):
        with pytest.raises(Malformed):
            ledger.read(lambda reads, asked=asked: resolve(reads, **asked))
    with pytest.raises(NotFound):
        ledger.read(lambda reads: resolve(reads, as_of=START.replace(year=2020)))
    with pytest.raises(NotFound):
        ledger.read(lambda reads: resolve(reads, as_of_position=0))


def test_a_time_means_the_last_position_recorded_until_then(
    ledger: Ledger, history: History
) -> None:
    for position, at in ledger.rows(
        "SELECT max(position), recorded_at FROM ledger.events GROUP BY recorded_at"
    ):
        moment = ledger.read(lambda reads, at=at: resolve(reads, as_of=at))
        assert moment.position == position


def test_a_read_waits_for_its_writes_and_not_for_ever(ledger: Ledger, history: History) -> None:
    last = ledger.tell(history.requests(50))

    async def waited(reads: Any, within: float) -> bool:
        async with reads.pool.connection() as connection:
            return await wait_for(connection, "queue", last, within)

    assert ledger.read(lambda reads: waited(reads, 0.05)) is False
    with ledger.following():
        assert ledger.read(lambda reads: waited(reads, 30.0)) is True


def test_a_position_that_the_queue_has_not_read_is_unavailable_not_wrong(
    ledger: Ledger, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("projections.queue.paging._PATIENCE", 0.05)
    last = ledger.tell(history.requests(50))
    with pytest.raises(Unavailable, match="has read up to position"):
        ledger.read(lambda reads: page(reads, moment=Moment(last, history.at)))
