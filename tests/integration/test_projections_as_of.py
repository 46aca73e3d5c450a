"""Every view as of a position is what a ledger shows that was told only so much."""

import random
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.databases import Database, fresh
from support.histories import History
from support.store import fresh_seed
from support.views import Ledger, all_items, ledger_on

from domain.ticket.events import Status
from infra.postgres import Cluster
from projections.as_of import Moment
from projections.contract_history import contract_history
from projections.opening import Reads
from projections.queue import Filters, item, page
from projections.timeline import View, timeline

EVENTS = 400
MOMENTS = 100


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


@pytest.fixture
def copy(cluster: Cluster) -> Iterator[Database]:
    with fresh(cluster) as made:
        yield made


def feed(source: Database, copy: Database, after: int, upto: int) -> None:
    """Give a copy of the ledger the events up to a position, as they are."""
    with (
        psycopg.connect(source.dsn_superuser) as old,
        psycopg.connect(copy.dsn_superuser) as new,
    ):
        if after == 0:
            (ledger,) = old.execute("SELECT ledger FROM ledger.identity").fetchone()
            new.execute("UPDATE ledger.identity SET ledger = %s", [ledger])
        told = f"position > {after} AND position <= {upto}"
        of_them = f"event_id IN (SELECT event_id FROM ledger.events WHERE {told})"
        for table, condition in (("events", told), ("sealed_fields", of_them)):
            asked = f"COPY (SELECT * FROM ledger.{table} WHERE {condition}) TO STDOUT"
            with (
                old.cursor().copy(asked) as taken,
                new.cursor().copy(f"COPY ledger.{table} FROM STDIN") as given,
            ):
                for block in taken:
                    given.write(block)


async def everything(
    reads: Reads, history: History, moment: Moment | None, at: datetime, upto: int
) -> dict[str, Any]:
    """Return every view, as of a moment or as it is."""
    held = moment or Moment(upto, at)
    found: dict[str, Any] = {"queue": await all_items(partial(page, reads), limit=9, moment=held)}
    every = Filters(status=tuple(Status))
    found["done"] = await all_items(partial(page, reads, every), limit=200, moment=held)
    for entry in found["queue"][:: 1 + len(found["queue"]) // 2]:
        found[f"item {entry.ticket}"] = await item(reads, entry.ticket, moment=held)
        for view in View:
            asked = partial(timeline, reads, entry.ticket, view=view)
            found[f"{view} {entry.ticket}"] = await all_items(asked, limit=9, moment=moment)
    number = history.numbers[upto % len(history.numbers)]
    found[number] = await contract_history(reads, number, moment=moment)
    return found


def test_every_view_as_of_a_position_equals_a_fresh_ledger_fed_so_much(
    ledger: Ledger, copy: Database, keys_dir: Path
) -> None:
    seed = fresh_seed()
    history = History(seed, tickets=25)
    last = ledger.tell(history.requests(EVENTS))
    ledger.follow(last)
    chosen = sorted(random.Random(seed).sample(range(len(history.numbers), last + 1), MOMENTS))
    fed = 0
    for position in chosen:
        feed(ledger.database, copy, fed, position)
        fed = position
        with ledger_on(copy, keys_dir) as less:
            less.rows("TRUNCATE views.queue, views.queue_past, views.followers")
            less.follow(position)
            rows = less.rows("SELECT recorded_at FROM ledger.events WHERE position = %s", [fed])
            at = rows[0][0]
            shown = less.read(
                lambda reads, at=at, upto=fed: everything(reads, history, None, at, upto)
            )
        as_of = ledger.read(
            lambda reads, at=at, upto=fed: everything(reads, history, Moment(upto, at), at, upto)
        )
        assert as_of == shown, f"position {position}"
