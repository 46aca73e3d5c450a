"""Histories made up from a seed: tickets, and everything that can happen to them."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.contract.documents import Category
from domain.contract.events import ContractRegistered
from domain.log import CommandKey, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket import events as t
from domain.values import (
    LIVE,
    Actor,
    ActorKind,
    Origin,
    OriginKind,
    Provenance,
    Purpose,
    Role,
    Sealed,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
TAGS = ("network", "mail", "billing", "null")
LANGUAGES = ("en", "ru", "zh")
TEXTS = ("The mail server answers nothing.", "Привет, это ошибка", "服务器没有回应")


@dataclass
class Ticket:
    """A ticket, as far as what happens next depends on it."""

    stream: Stream
    contract: str | None
    customer: Actor
    version: int = 0
    status: t.Status = t.Status.NEW
    messages: list[UUID] = field(default_factory=list)
    holder: UUID | None = None


Action = Callable[["History", Ticket], tuple[Actor, Sequence[object]]]


class History:
    """A made-up history; the same seed makes the same one but for what sealing draws.

    `late` is the share of requests that say they occurred days before.
    """

    def __init__(
        self, seed: int, *, contracts: int = 5, tickets: int = 30, late: float = 0.3
    ) -> None:
        self.random = random.Random(seed)
        self.at = START
        self.numbers = [f"C-{number}" for number in range(contracts)]
        self.staff = [Actor(ActorKind.STAFF, self.uuid(), Role.AGENT) for _ in range(5)]
        self.wanted = tickets
        self.tickets: list[Ticket] = []
        self.late = late

    def uuid(self) -> UUID:
        """Return an id in the form of a UUIDv7."""
        bits = self.random.getrandbits
        return UUID(int=bits(48) << 80 | 7 << 76 | bits(12) << 64 | 2 << 62 | bits(62))

    def requests(self, events: int) -> Iterator[Request]:
        """Yield requests with that many events, or a few more; the contracts come first."""
        for number in self.numbers:
            stream = Stream(StreamKind.CONTRACT, self.uuid())
            event = ContractRegistered(number, Category.UNKNOWN, self.uuid(), "en", None, ())
            yield self.request(stream, 0, self.staff[0], [NewEvent(event, number)])
        made = len(self.numbers)
        while made < events:
            request = self._next()
            made += len(request.writes[0].events)
            yield request

    def text(self, ticket: Ticket) -> Sealed:
        """Return something that the ticket's customer would not want to read elsewhere."""
        return Sealed(self.random.choice(TEXTS), ticket.customer.id, Purpose.CORRESPONDENCE)

    def agent(self) -> Actor:
        """Return one of the staff."""
        return self.random.choice(self.staff)

    def _next(self) -> Request:
        self.at += timedelta(seconds=self.random.randint(1, 600))
        fresh = len(self.tickets) < self.wanted and self.random.random() < 0.2
        if fresh or not self.tickets:
            ticket = Ticket(
                Stream(StreamKind.TICKET, self.uuid()),
                self.random.choice([*self.numbers, None]),
                Actor(ActorKind.CUSTOMER, self.uuid(), Role.CUSTOMER),
            )
            self.tickets.append(ticket)
            actor, events = ticket.customer, [self.opened(ticket)]
        else:
            ticket = self.random.choice(self.tickets)
            actor, events = self.random.choice(ACTIONS)(self, ticket)
        new = []
        for event in events:
            if isinstance(event, t.TicketMovedIn):
                ticket.contract = event.contract
            new.append(NewEvent(event, ticket.contract))
        version, ticket.version = ticket.version, ticket.version + len(new)
        return self.request(ticket.stream, version, actor, new)

    def opened(self, ticket: Ticket) -> t.TicketOpened:
        """Return the opening of a ticket."""
        number = len(self.tickets)
        return t.TicketOpened(
            number=f"{number:06}",
            contract=ticket.contract,
            requester=ticket.customer.id,
            channel=self.random.choice(list(t.Channel)),
            language=self.random.choice(LANGUAGES),
            priority=self.random.choice(list(t.Priority)),
            subject=self.text(ticket) if self.random.random() < 0.9 else None,
            text=self.text(ticket),
            reference=f"REF-{number}" if self.random.random() < 0.3 else None,
            specialist=self.random.choice([None, None, self.staff[1].id]),
        )

    def request(
        self, stream: Stream, version: int, actor: Actor, new: Sequence[NewEvent]
    ) -> Request:
        """Return a request for one stream, at the history's time."""
        days = self.random.randint(1, 20) if self.random.random() < self.late else 0
        imported = self.random.random() < 0.05
        provenance = Provenance(
            actor=actor,
            at=self.at,
            correlation=self.uuid(),
            address=Sealed(
                f'{{"address":"192.0.2.{self.random.randint(1, 9)}","port":null}}',
                actor.id,
                Purpose.ADDRESS,
            ),
            occurred_at=self.at - timedelta(days=days),
            origin=Origin(OriginKind.IMPORTED, "log", 1) if imported else LIVE,
        )
        key = CommandKey(self.random.randbytes(32), (bytes(4) + self.random.randbytes(32),))
        return Request((Write(stream, version, tuple(new)),), (), key, provenance)


def _acknowledged(h: History, _: Ticket) -> tuple[Actor, Sequence[object]]:
    due = h.at + timedelta(hours=1)
    return h.agent(), [t.TicketAcknowledged(3600, None), t.PromiseMade(t.PromiseKind.REACTION, due)]


def _promised(h: History, _: Ticket) -> tuple[Actor, Sequence[object]]:
    due = h.at + timedelta(hours=h.random.randint(1, 99))
    return h.agent(), [t.PromiseMade(t.PromiseKind.UPDATE, due)]


def _settled(h: History, _: Ticket) -> tuple[Actor, Sequence[object]]:
    kind = h.random.choice(list(t.PromiseKind))
    return h.agent(), [
        h.random.choice([t.PromiseKept(kind, h.at), t.PromiseMissed(kind, h.at, 60)])
    ]


def _customer_wrote(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    events: list[object] = [_message(h, ticket, t.Side.CUSTOMER, t.Audience.PUBLIC)]
    if ticket.status is t.Status.RESOLVED:
        events.append(_moved(ticket, t.Status.REOPENED, t.Cause.CUSTOMER_REPLY, None))
    return ticket.customer, events


def _staff_wrote(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    audience = h.random.choice(list(t.Audience))
    return h.agent(), [_message(h, ticket, t.Side.STAFF, audience)]


def _message(h: History, ticket: Ticket, side: t.Side, audience: t.Audience) -> t.MessagePosted:
    ticket.messages.append(h.uuid())
    return t.MessagePosted(ticket.messages[-1], side, audience, h.text(ticket), "en", ())


def _amended(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    if not ticket.messages:
        return _staff_wrote(h, ticket)
    message, reason = h.random.choice(ticket.messages), h.text(ticket)
    if h.random.random() < 0.5:
        return h.agent(), [t.MessageRetracted(message, reason)]
    return h.agent(), [t.MessageCorrected(message, h.text(ticket), reason)]


def _changed(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    status = h.random.choice(list(t.Status))
    return h.agent(), [_moved(ticket, status, t.Cause.STAFF, h.text(ticket))]


def _moved(ticket: Ticket, status: t.Status, cause: t.Cause, why: Sealed | None) -> t.StatusChanged:
    previous, ticket.status = ticket.status, status
    return t.StatusChanged(status, previous, cause, why, None)


def _held(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    agent, giver = h.agent(), ticket.holder or h.staff[0].id
    ticket.holder = agent.id
    events = [
        t.TicketClaimed(agent.id, None),
        t.TicketAssigned(agent.id, h.text(ticket)),
        t.TicketHandedOver(giver, agent.id, h.text(ticket)),
        t.TicketReleased(agent.id, None),
        t.ImportedAssignmentRecorded(None, agent.id, 1),
    ]
    return agent, [h.random.choice(events)]


def _marked(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    kind, tag = h.random.choice([t.TagAdded, t.TagRemoved]), h.random.choice(TAGS)
    events = [
        kind(tag),
        t.TicketAddressed(h.random.choice([None, h.agent().id]), None),
        t.PriorityChanged(h.random.choice(list(t.Priority)), t.Priority.LOW, None),
        t.TicketLinked(h.random.choice(h.tickets).stream.id, t.Relation.RELATES_TO),
    ]
    return h.agent(), [h.random.choice(events)]


def _moved_contract(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    came_from, to = ticket.contract, h.random.choice(h.numbers)
    return h.agent(), [t.TicketMovedOut(to, h.text(ticket)), t.TicketMovedIn(to, came_from)]


def _worked(h: History, ticket: Ticket) -> tuple[Actor, Sequence[object]]:
    text = h.text(ticket)
    events = [
        t.WorkRecorded(h.uuid(), text, text, None, text),
        t.AttachmentAdded(
            h.uuid(), t.Audience.PUBLIC, t.Side.STAFF, text, text, "unknown", 5, text
        ),
        t.ImportedUpdateRecorded(1, text),
    ]
    return h.agent(), [h.random.choice(events)]


ACTIONS: tuple[Action, ...] = (
    _acknowledged,
    _promised,
    _settled,
    _customer_wrote,
    _customer_wrote,
    _staff_wrote,
    _staff_wrote,
    _amended,
    _changed,
    _changed,
    _held,
    _marked,
    _marked,
    _moved_contract,
    _worked,
)
