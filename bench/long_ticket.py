"""A ticket with 10,000 events, read cold: a page of its timeline, and its state folded."""

import asyncio
from collections.abc import Iterator
from typing import Final

from bench.filling import Filling, Life, record
from bench.harness import Bar, Result, Scale, interleave, timed
from bench.viewing import Filled, filled
from domain.handling import States
from domain.log import Request
from domain.stream import Stream
from domain.ticket import TICKET
from domain.ticket import events as t
from domain.values import Purpose, Sealed
from infra.ids import new_id
from infra.pool import Pool
from infra.postgres import Role
from infra.store import open_log
from projections.opening import Reads
from projections.timeline import View, timeline

BAR: Final = Bar(
    "long-ticket", "s", 0.05, 0.01, "first page of a timeline of 10,000 events, cold", at_most=True
)


def told(filling: Filling, events: int) -> tuple[Stream, list[Request]]:
    """Return a ticket's stream and the requests that give it so many events."""
    life: Life = filling.born()
    requests = [filling.next(life)]
    while life.version < events:
        text = Sealed("It still does not answer.", life.requester, Purpose.CORRESPONDENCE)
        posted = t.MessagePosted(new_id(), t.Side.CUSTOMER, t.Audience.PUBLIC, text, "en", ())
        requests.append(filling.request(life.stream, life.version, [posted], life.contract))
        life.version += 1
    return life.stream, requests


def page_seconds(made: Filled, ticket: Stream, view: View) -> float:
    """Return the seconds of a first page, on a pool and keys that read nothing before."""

    async def measure() -> float:
        pool = Pool(made.scratch.dsn(Role.APP))
        await pool.open()
        async with pool.connection():
            pass
        with timed() as watch:
            found = await timeline(Reads(pool, made.codec.sealer), ticket.id, view=view)
        await pool.close()
        assert found.items
        return watch.seconds

    return asyncio.run(measure())


def fold_seconds(made: Filled, ticket: Stream) -> float:
    """Return the seconds of folding the whole ticket, as a decision on it does when cold."""

    async def measure() -> float:
        settings = made.scratch.settings()
        async with open_log(made.scratch.dsn(Role.APP), settings.data, made.codec.keys) as log:
            await log.head()
            with timed() as watch:
                await States(log).load(TICKET, ticket)
        return watch.seconds

    return asyncio.run(measure())


def run(scale: Scale) -> Iterator[Result]:
    """Measure the bar."""
    events = scale.pick(10_000, 200)
    with filled("long_ticket") as made:
        dsn = made.scratch.dsn(Role.APP)
        record(dsn, made.codec, made.filling.contracts())
        whole, requests = told(made.filling, events)
        half, fewer = told(made.filling, events // 2)
        record(dsn, made.codec, iter([*requests, *fewer]))
        made.settle()
        rounds = interleave(
            scale.rounds,
            ours=lambda: page_seconds(made, whole, View.STAFF),
            customer=lambda: page_seconds(made, whole, View.CUSTOMER),
            fold=lambda: fold_seconds(made, whole),
            half=lambda: fold_seconds(made, half),
        )
        notes = (
            f"{events:,} events",
            rounds.note("customer", "s, the customer's view"),
            rounds.note("fold", "s, all events folded"),
            rounds.note("half", "s, half as many folded"),
        )
    yield Result(BAR, tuple(rounds.values["ours"]), notes)
