"""Fills a ledger with many real events quickly, through the store's own append functions.

Tickets go through ordinary lives of twelve events, some thousand of them at the same time.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from domain.contract.documents import Category
from domain.contract.events import ContractRegistered
from domain.log import CommandKey, NewEvent, Request, Write
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import events as t
from domain.values import Actor, ActorKind, Provenance, Purpose, Role, Sealed
from infra import append
from infra.batch import Entries, decide, wanted_by
from infra.codec import Codec
from infra.headfile import NOTHING
from infra.ids import new_id
from infra.link import Link

AT_ONCE: Final = 3_000
CONTRACTS: Final = 200
BATCH: Final = 500
HOUR: Final = timedelta(hours=1)


@dataclass(slots=True)
class Life:
    """A ticket and how far it is."""

    stream: Stream
    contract: str
    requester: UUID
    number: str
    step: int = 0
    version: int = 0


class Filling:
    """Makes requests; the same customer stands for all, so that few keys are needed."""

    def __init__(self, seed: int = 1) -> None:
        self.random = random.Random(seed)
        self.agent = Actor(ActorKind.STAFF, new_id(), Role.AGENT)
        self.holders = {f"B-{n}": new_id() for n in range(CONTRACTS)}
        self.opened = 0

    def contracts(self) -> Iterator[Request]:
        """Yield the registrations of the contracts."""
        for number, holder in self.holders.items():
            event = ContractRegistered(number, Category.UNKNOWN, holder, "en", None, ())
            yield self.request(Stream(StreamKind.CONTRACT, new_id()), 0, [event], number)

    def lives(self, events: int) -> Iterator[Request]:
        """Yield requests with about so many events of ordinary lives."""
        living = [self.born() for _ in range(min(AT_ONCE, max(1, events // 50)))]
        made = 0
        while made < events:
            index = self.random.randrange(len(living))
            life = living[index]
            request = self.next(life)
            made += len(request.writes[0].events)
            if life.step == len(STEPS):
                living[index] = self.born()
            yield request

    def openings(self, tickets: int) -> Iterator[Request]:
        """Yield requests that open tickets and promise a reaction."""
        for _ in range(tickets):
            life = self.born()
            yield self.next(life)
            yield self.next(life)

    def next(self, life: Life) -> Request:
        """Return the request with the next step of a life."""
        events = STEPS[life.step](self, life)
        version = life.version
        life.step, life.version = life.step + 1, version + len(events)
        return self.request(life.stream, version, events, life.contract)

    def request(
        self, stream: Stream, version: int, events: Sequence[object], contract: str
    ) -> Request:
        """Return a request of the agent."""
        said = Provenance(actor=self.agent, at=datetime.now(UTC), correlation=new_id())
        new = tuple(NewEvent(event, contract) for event in events)
        key = CommandKey(self.random.randbytes(32), (bytes(4) + self.random.randbytes(32),))
        return Request((Write(stream, version, new),), (), key, said)

    def born(self) -> Life:
        """Return a ticket of which nothing was recorded yet."""
        self.opened += 1
        contract, requester = self.random.choice(list(self.holders.items()))
        stream = Stream(StreamKind.TICKET, new_id())
        return Life(stream, contract, requester, spoken(self.opened))


def _opened(filling: Filling, life: Life) -> list[object]:
    return [
        t.TicketOpened(
            number=life.number,
            contract=life.contract,
            requester=life.requester,
            channel=t.Channel.PORTAL,
            language=filling.random.choice(["en", "ru", "zh"]),
            priority=filling.random.choice(list(t.Priority)),
            subject=_said(life, "No network"),
            text=_said(life, "The virtual machine answers on its console and nowhere else."),
        )
    ]


def _acknowledged(filling: Filling, _: Life) -> list[object]:
    due = datetime.now(UTC) + filling.random.random() * 99 * HOUR
    return [t.TicketAcknowledged(3600, None), t.PromiseMade(t.PromiseKind.REACTION, due)]


def _claimed(filling: Filling, _: Life) -> list[object]:
    return [t.TicketClaimed(filling.agent.id, None)]


def _answered(_: Filling, life: Life) -> list[object]:
    due = datetime.now(UTC)
    text = _said(life, "The rule was added at noon.")
    posted = t.MessagePosted(new_id(), t.Side.STAFF, t.Audience.PUBLIC, text, "en", ())
    return [posted, t.PromiseKept(t.PromiseKind.REACTION, due)]


def _worked_on(_: Filling, life: Life) -> list[object]:
    why, due = _said(life, "We look at the firewall."), datetime.now(UTC) + HOUR
    return [
        t.StatusChanged(t.Status.IN_PROGRESS, t.Status.NEW, t.Cause.STAFF, why, None),
        t.PromiseMade(t.PromiseKind.UPDATE, due),
    ]


def _asked(_: Filling, life: Life) -> list[object]:
    text = _said(life, "Is it done?")
    return [t.MessagePosted(new_id(), t.Side.CUSTOMER, t.Audience.PUBLIC, text, "en", ())]


def _resolved(_: Filling, life: Life) -> list[object]:
    why, due = _said(life, "The rule is gone."), datetime.now(UTC)
    return [
        t.StatusChanged(t.Status.RESOLVED, t.Status.IN_PROGRESS, t.Cause.STAFF, why, None),
        t.PromiseKept(t.PromiseKind.UPDATE, due),
    ]


def _closed(_: Filling, life: Life) -> list[object]:
    why = _said(life, "You said that it works.")
    return [t.StatusChanged(t.Status.CLOSED, t.Status.RESOLVED, t.Cause.STAFF, why, None)]


def _said(life: Life, text: str) -> Sealed:
    return Sealed(text, life.requester, Purpose.CORRESPONDENCE)


STEPS: Final[tuple[Callable[[Filling, Life], list[object]], ...]] = (
    _opened,
    _acknowledged,
    _claimed,
    _answered,
    _worked_on,
    _asked,
    _resolved,
    _closed,
)


def record(dsn: str, codec: Codec, requests: Iterator[Request]) -> int:
    """Append requests as role ledger_app, many in one transaction; return the last position."""
    position = 0
    with Link(dsn).connection as connection:
        while chunk := [codec.prepare(request) for request in islice(requests, BATCH)]:
            ground = append.begin(connection, NOTHING, wanted_by(chunk)).ground
            entries = Entries(ground.position + 1)
            for prepared in chunk:
                decide(prepared, ground, entries)
            with connection.cursor() as cursor:
                append.finish(cursor, ground.epoch, ground.recorded_at, entries, clamped=False)
            connection.commit()
            position = ground.position
    return position
