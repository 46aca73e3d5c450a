"""Who appears in the examples, what they say, and when."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from domain.contract.documents import (
    Contact,
    ContactKind,
    Document,
    Entrepreneur,
    Organisation,
    Passport,
    Representative,
)
from domain.log import Recorded
from domain.stream import Stream, StreamKind
from domain.ticket.commands import OpenTicket
from domain.ticket.events import Channel, TicketOpened
from domain.values import LIVE, Actor, ActorKind, Provenance, Purpose, Role, Sealed

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SOON = NOW + timedelta(hours=1)
LATER = NOW + timedelta(hours=2)
MUCH_LATER = NOW + timedelta(days=3)


def uid(number: int) -> UUID:
    """Return a recognisable id."""
    return UUID(int=(7 << 76) | (0b10 << 62) | number)


AGENT = Actor(ActorKind.STAFF, uid(1), Role.AGENT)
COLLEAGUE = Actor(ActorKind.STAFF, uid(2), Role.AGENT)
SUPERVISOR = Actor(ActorKind.STAFF, uid(3), Role.SUPERVISOR)
CUSTOMER = Actor(ActorKind.CUSTOMER, uid(4), Role.CUSTOMER)
PORTAL = Actor(ActorKind.SERVICE, uid(5), Role.SERVICE)
SYSTEM = Actor(ActorKind.SYSTEM, uid(6), None)
SPECIALIST = uid(7)
OTHER_LOG = Actor(ActorKind.IMPORTED, uid(8), None)


def said(text: str = "the mail server answers nothing") -> Sealed:
    """Return a text of the customer's correspondence."""
    return Sealed(text, CUSTOMER.id, Purpose.CORRESPONDENCE)


REASON = said("she knows this machine")


def ask(command: type, by: Actor = AGENT, at: datetime = NOW, **fields: Any) -> Any:
    """Return a command."""
    return command(by=by, at=at, **fields)


def opening(**fields: Any) -> OpenTicket:
    """Return the command that opens a ticket under contract C-1."""
    usual: dict[str, Any] = {
        "by": CUSTOMER,
        "at": NOW,
        "number": "000-013",
        "contract": "C-1",
        "requester": CUSTOMER.id,
        "channel": Channel.PORTAL,
        "language": "en",
        "subject": said("no mail"),
        "text": said(),
    }
    return OpenTicket(**{**usual, **fields})


def opened(**fields: Any) -> TicketOpened:
    """Return the fact that a ticket was opened under contract C-1."""
    usual = opening()
    names = (
        "number",
        "contract",
        "requester",
        "channel",
        "language",
        "priority",
        "subject",
        "text",
    )
    return TicketOpened(**{**{name: getattr(usual, name) for name in names}, **fields})


def identity(text: str) -> Sealed:
    """Return a piece of a holder's identity."""
    return Sealed(text, CUSTOMER.id, Purpose.IDENTITY)


PASSPORT = Passport(
    *map(identity, ("NL", "X1", "Ann Ode", "1990-01-02", "The Hague", "2020-01-02", "2030-01-02"))
)
ENTREPRENEUR = Entrepreneur(PASSPORT, identity("KVK 1"))
ORGANISATION = Organisation(
    identity("Ode BV"),
    identity("NL"),
    identity("KVK 2"),
    Representative(CUSTOMER.id, identity("Ann Ode"), PASSPORT, identity("statute")),
)
BY_PASSPORT = Document(passport=PASSPORT)
BY_ENTREPRENEUR = Document(entrepreneur=ENTREPRENEUR)
BY_ORGANISATION = Document(organisation=ORGANISATION)
CONTACT = Contact(ContactKind.MAIL, identity("ann@example.test"))


def recorded(event: object, position: int, **fields: Any) -> Recorded:
    """Return an event of contract C-1 as it was recorded, so many hours after NOW."""
    usual: dict[str, Any] = {
        "id": uid(position),
        "epoch": 1,
        "stream": Stream(StreamKind.CONTRACT, uid(600)),
        "version": position,
        "contract": ("C-1", position),
        "recorded_at": NOW + timedelta(hours=position),
        "occurred_at": None,
        "origin": LIVE,
        "actor": AGENT,
        "on_behalf_of": None,
        "leaf_hash": b"",
    }
    return Recorded(event=event, position=position, **{**usual, **fields})


def provenance(actor: Actor = AGENT) -> Provenance:
    """Return where a command comes from."""
    return Provenance(actor, NOW, uid(99))
