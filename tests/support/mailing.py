"""Mail for tests: a server that takes it, or does not, and an office that sends it."""

import email
import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import psycopg
from aiosmtpd.controller import Controller
from support import databases
from support.databases import Database
from support.serving import wait_until
from support.store import key, keys_of, waiting_log

from consumers.handler import Arrived
from consumers.notifications.outbox import Notifications
from consumers.notifications.post import Post
from consumers.notifications.wording import House
from consumers.notifications.worker import Worker
from domain.contract.documents import Category, Contact, ContactKind, Document, Passport
from domain.contract.events import ContractRegistered, PersonNamed, PreferencesStated, Right
from domain.log import Accepted, NewEvent, Request, Write
from domain.notification.events import MailForm
from domain.stream import Stream, StreamKind
from domain.ticket.events import Audience, Channel, MessagePosted, Priority, Side, TicketOpened
from domain.values import LIVE, Actor, ActorKind, Origin, Provenance, Purpose, Role, Sealed
from infra.ids import new_id
from infra.keys import Keys
from infra.mail.outgoing import Server, Tls
from infra.postgres import Cluster
from infra.reader import read_batch
from infra.sealing import SealedRow
from infra.store import PostgresLog

AGENT: Final = Actor(ActorKind.STAFF, new_id(), Role.AGENT)
PATIENCE: Final = 60.0


@dataclass(frozen=True)
class Caught:
    """A mail as the server took it."""

    sender: str
    to: tuple[str, ...]
    mail: EmailMessage

    @property
    def event(self) -> UUID:
        """Return the event that its Message-ID names."""
        return UUID(self.mail["Message-ID"].strip("<>").partition("@")[0])

    @property
    def text(self) -> str:
        """Return its plain text."""
        part = self.mail.get_body(("plain",))
        assert isinstance(part, EmailMessage)
        return str(part.get_content())


class Listening(Controller):
    """Serves on a socket of its own: nobody else can take the port before it is opened."""

    def __init__(self, handler: object, own: socket.socket, **more: Any) -> None:
        port = own.getsockname()[1]
        super().__init__(handler, hostname="127.0.0.1", port=port, ready_timeout=PATIENCE, **more)
        self._own = own

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self._own)


class Catcher:
    """A server on this machine; `replies` says what it answers to mail for an address."""

    def __init__(self) -> None:
        self.mails: list[Caught] = []
        self.replies: dict[str, list[str]] = {}
        self.lost: set[str] = set()
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.port = int(self.socket.getsockname()[1])

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if waiting := self.replies.get(address):
            return waiting.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(Caught(envelope.mail_from, tuple(envelope.rcpt_tos), mail))
        for address in envelope.rcpt_tos:
            if address in self.lost:
                self.lost.remove(address)
                server.transport.abort()
            if waiting := self.replies.get(f"data {address}"):
                self.mails.pop()
                return waiting.pop(0)
        return "250 OK"

    def told(self, event: UUID) -> list[Caught]:
        """Return the mails of an event, every time that it came."""
        return [one for one in list(self.mails) if one.event == event]

    @contextmanager
    def open(self) -> Iterator[None]:
        """Take mail."""
        controller = Listening(self, self.socket)
        controller.start()
        try:
            yield
        finally:
            controller.stop()


def holder_document(holder: UUID) -> Document:
    """Return somebody's passport."""
    fields = ("NL", "X1", "Ann Ode", "1990-01-02", "The Hague", "2020-01-02", "2030-01-02")
    return Document(passport=Passport(*(Sealed(one, holder, Purpose.IDENTITY) for one in fields)))


@dataclass
class Contract:
    """A registered contract."""

    number: str
    stream: Stream
    holder: UUID
    mail: str


@dataclass
class Office:
    """A ledger whose customers get mail."""

    database: Database
    data: Path
    keys: Keys
    log: PostgresLog
    catcher: Catcher
    versions: dict[Stream, int] = field(default_factory=dict)
    position: int = 0
    post: Post = field(init=False)

    def __post_init__(self) -> None:
        self.post = Post(
            Server("127.0.0.1", self.catcher.port, Tls.NONE),
            Address("The provider", "no-reply", "provider.example"),
            "bounces@provider.example",
            frozenset({"no-reply@provider.example", "provider.example"}),
            House(ZoneInfo("Europe/Madrid"), "https://portal.example.net/"),
            first_pause=0.05,
        )

    def record(
        self,
        *parts: tuple[Stream, str | None, Sequence[object]],
        by: Actor = AGENT,
        origin: Origin = LIVE,
    ) -> Accepted:
        """Record events, each part under a contract, as one command."""
        writes = []
        for stream, contract, events in parts:
            before = self.versions.get(stream, 0)
            self.versions[stream] = before + len(events)
            writes.append(Write(stream, before, tuple(NewEvent(one, contract) for one in events)))
        provenance = Provenance(by, datetime.now(UTC), new_id(), origin=origin)
        return self.log.append_wait(Request(tuple(writes), (), key(), provenance))

    def contract(self, *, language: str = "en", mails: Sequence[str] | None = None) -> Contract:
        """Register a contract of its own, by default with one mail address."""
        holder, number = new_id(), f"C-{new_id().hex[-12:]}"
        addresses = [f"{number.lower()}@example.net"] if mails is None else list(mails)
        contacts = tuple(
            Contact(ContactKind.MAIL, Sealed(one, holder, Purpose.IDENTITY)) for one in addresses
        )
        stream = Stream(StreamKind.CONTRACT, new_id())
        document = holder_document(holder)
        category = Category.INDIVIDUAL
        event = ContractRegistered(number, category, holder, language, document, contacts)
        self.record((stream, number, [event]))
        return Contract(number, stream, holder, addresses[0] if addresses else "")

    def ticket(
        self,
        contract: Contract | None,
        *,
        requester: UUID | None = None,
        subject: str = "No network",
        language: str = "en",
        contact: str | None = None,
        by: Actor | None = None,
        origin: Origin = LIVE,
    ) -> tuple[Stream, Accepted]:
        """Open a ticket, by default as the contract's holder."""
        who = requester or (contract.holder if contract else new_id())
        stream = Stream(StreamKind.TICKET, new_id())
        opened = self.opened(contract, who, subject, language, contact)
        customer = Actor(ActorKind.CUSTOMER, who, Role.CUSTOMER)
        number = contract.number if contract else None
        return stream, self.record((stream, number, [opened]), by=by or customer, origin=origin)

    def opened(
        self,
        contract: Contract | None,
        who: UUID,
        subject: str = "No network",
        language: str = "en",
        contact: str | None = None,
    ) -> TicketOpened:
        """Return the fact that somebody's ticket was opened."""
        return TicketOpened(
            "104-273",
            contract.number if contract else None,
            who,
            Channel.PORTAL,
            language,
            Priority.NORMAL,
            said(subject, who),
            said("Since this morning.", who),
            contact=said(contact, who) if contact else None,
        )

    def feed(self) -> None:
        """Give the consumer what was recorded since, as a feed does."""
        with psycopg.connect(self.database.dsn_consumer) as connection:
            rows = read_batch(connection, self.position, 10_000)
            batch = [Arrived(envelope, f"store/{position}") for position, envelope in rows]
            with connection.cursor() as cursor:
                Notifications().handle(cursor, batch)
            self.position += len(rows)

    @contextmanager
    def working(self, post: Post | None = None) -> Iterator[None]:
        """Send mail while the block runs."""
        stop = threading.Event()
        worker = Worker(self.database.dsn_consumer, post or self.post, self.keys, self.data)
        thread = threading.Thread(target=worker, args=(stop,))
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join(PATIENCE)
            assert not thread.is_alive()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return what the database says."""
        with psycopg.connect(self.database.dsn_consumer) as connection:
            return connection.execute(statement, values).fetchall()

    def execute(self, statement: str, *values: object) -> None:
        """Change what consumers keep."""
        with psycopg.connect(self.database.dsn_consumer) as connection:
            connection.execute(statement, values)

    def settled(self) -> None:
        """Wait until nothing waits to be told."""
        wait_until(lambda: not self.rows("SELECT FROM consumers.mail_outbox"), PATIENCE)

    def tell(self) -> None:
        """Feed, and wait until everything is sent."""
        self.feed()
        self.settled()

    def became(self, event: UUID) -> list[Any]:
        """Return what is recorded of telling of an event, its texts opened."""
        rows = self.rows(
            "SELECT event_id, envelope FROM ledger.events WHERE stream_kind = 'notification'"
            " AND stream_id = %s ORDER BY stream_version",
            event,
        )
        sealed = self.rows(
            "SELECT event_id, field, key_id, nonce, ciphertext FROM ledger.sealed_fields"
            " WHERE event_id = ANY (%s)",
            [one for one, _ in rows],
        )
        fields = [SealedRow(*row) for row in sealed]
        return [
            self.log.codec.open(
                raw, {row.field: row for row in fields if row.event_id == one}
            ).event
            for one, raw in rows
        ]


@contextmanager
def office(database: Database, data: Path) -> Iterator[Office]:
    """Open an office whose server takes mail."""
    keys, catcher = keys_of(data), Catcher()
    with catcher.open(), waiting_log(database.dsn_app, data, keys=keys) as log:
        yield Office(database, data, keys, log, catcher)
    keys.close()


def said(text: str, who: UUID) -> Sealed:
    """Return somebody's words."""
    return Sealed(text, who, Purpose.CORRESPONDENCE)


@contextmanager
def sending(cluster: Cluster, data: Path) -> Iterator[Office]:
    """Open an office that sends as soon as it is fed, four mails an hour to each address."""
    with databases.fresh(cluster) as database, office(database, data) as opened:
        own = opened.post.own | {"ours.example.net"}
        with opened.working(replace(opened.post, own=own, per_hour=4)):
            yield opened


def posted(
    office: Office,
    contract: Contract | None,
    ticket: Stream,
    text: str,
    audience: Audience = Audience.PUBLIC,
) -> tuple[Accepted, MessagePosted]:
    """Let staff write in a ticket; return what was recorded."""
    who = contract.holder if contract else new_id()
    message = MessagePosted(new_id(), Side.STAFF, audience, said(text, who), None, ())
    number = contract.number if contract else None
    return office.record((ticket, number, [message])), message


def named(post: Office, contract: Contract, mail: str | None, **fields: object) -> object:
    """Name a person who may read, and let them say how they want to be told."""
    person = new_id()
    name = Sealed("Ben", person, Purpose.IDENTITY)
    own = said(mail, person) if mail else None
    stated = PreferencesStated(person, "pt", own, MailForm.PLAIN, ())
    right = PersonNamed(person, name, None, (Right.READ,), None)
    post.record((contract.stream, contract.number, [right, replace(stated, **fields)]))
    return person
