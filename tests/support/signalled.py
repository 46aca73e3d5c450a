"""A history in which every kind of risk signal is raised, and what there should be of it."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
from support.databases import Database
from support.erasing import erasing, erasing_message
from support.store import key, provenance, tagged, ticket, waiting_log
from support.views import Ledger, ledger_on
from unit import signals_cast as cast
from unit.cast import identity

from consumers.handler import Arrived
from consumers.signals import Signals
from domain.access import IdentityRead
from domain.contract.documents import Category
from domain.contract.events import ContractRegistered
from domain.dispute.events import DisputeAttached, DisputeOpened
from domain.dispute.vocabulary import DisputeKind
from domain.errors import NotFound
from domain.log import Accepted, NewEvent, Request, Write
from domain.signals.signal import Signal, SignalKind, Thresholds
from domain.staff.events import StaffJoined
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Purpose, Role, Sealed
from infra.ids import new_id
from infra.networks import Labels
from infra.secrets import Secrets
from infra.store import PostgresLog
from projections.addresses import AddressesWriter
from projections.as_of import Moment
from projections.opening import Reads
from projections.raised import Raised, raised_page
from projections.signals import contract_signals, staff_signals

MONTH = timedelta(days=30)
THRESHOLDS = Thresholds(
    network_visits=2,
    address_contracts=3,
    address_within=MONTH,
    refused_claims=2,
    refused_within=MONTH,
    reset_within=MONTH,
    claimants=2,
    claimants_within=MONTH,
    opened_contracts=2,
    opened_within=MONTH,
)
CONTRACTS = "ABCDEFGHI"
OFFICE, HOME, AWAY = "198.51.100.7", "192.0.2.1", "203.0.113.9"
CUSTOMER = Actor(ActorKind.CUSTOMER, new_id(), Role.CUSTOMER)


@dataclass
class Signalled:
    """A ledger with signals; contracts A to I, and two members of the staff."""

    ledger: Ledger
    log: PostgresLog
    data: Path
    versions: dict[Stream, int]
    staff: tuple[Actor, Actor]

    def say(self, stream: Stream, event: object, contract: str | None, **more: Any) -> Accepted:
        """Record an event at the end of its stream."""
        version = self.versions.get(stream, 0)
        self.versions[stream] = version + 1
        write = Write(stream, version, (NewEvent(event, contract),))
        return self.log.append_wait(Request((write,), (), key(), replace(provenance(), **more)))

    def visit(self, contract: str, address: str, at: Stream | None = None) -> Stream:
        """Let a customer write in a ticket, from an address."""
        text = Sealed(json.dumps({"address": address}), CUSTOMER.id, Purpose.ADDRESS)
        stream = at or ticket()
        event = tagged().event
        self.say(stream, event, contract, actor=CUSTOMER, address=text)
        return stream

    def register(self, contract: str, by: Actor) -> Stream:
        stream = Stream(StreamKind.CONTRACT, new_id())
        event = ContractRegistered(contract, Category.UNKNOWN, new_id(), "en", None, ())
        self.say(stream, event, contract, actor=by)
        return stream

    def erase(self, contract: str, stream: Stream) -> None:
        """Record that the addresses under a contract are erased."""
        request = erasing(stream, self.versions[stream], CUSTOMER.id, contract, Purpose.ADDRESS)
        self.versions[stream] += 1
        self.log.append_wait(request)

    def erase_first_visit(self, contract: str) -> None:
        """Record that the address of a contract's first visit is erased, and of no other."""
        visits = (
            "SELECT stream_id, event_id FROM ledger.events"
            " WHERE contract = %s AND type = 'TagAdded' ORDER BY position"
        )
        stream_id, event = self.ledger.rows(visits, [contract])[0]
        stream = Stream(StreamKind.TICKET, stream_id)
        request = erasing_message(stream, self.versions[stream], event, contract, Purpose.ADDRESS)
        self.versions[stream] += 1
        self.log.append_wait(request)

    @property
    def head(self) -> int:
        return int(self.ledger.rows("SELECT max(position) FROM ledger.events")[0][0])

    def follow(self) -> None:
        """Follow the addresses to the end."""
        codec = self.ledger.codec
        writer = AddressesWriter(codec, Secrets(codec.keys), Labels(()))
        assert not self.ledger.follow(self.head, writer.followed()).failed

    def consumer(self, wait: float = 10.0) -> Signals:
        codec = self.ledger.codec
        return Signals(self.ledger.database.dsn_consumer, codec.sealer, THRESHOLDS, wait)

    def arrived(self, after: int = 0) -> list[Arrived]:
        statement = "SELECT position, envelope FROM ledger.events WHERE position > %s ORDER BY 1"
        rows = self.ledger.rows(statement, [after])
        return [Arrived(row[1], f"store/{row[0]}") for row in rows]

    def handle(self, batches: Sequence[Sequence[Arrived]], wait: float = 10.0) -> None:
        """Let the consumer handle batches, each in a transaction of its own."""
        consumer = self.consumer(wait)
        with psycopg.connect(self.ledger.database.dsn_consumer, autocommit=True) as connection:
            for batch in batches:
                with connection.transaction(), connection.cursor() as cursor:
                    consumer.handle(cursor, batch)

    def kept(self, **asked: Any) -> list[Raised]:
        """Return the signals that are kept, as they are listed."""
        items: list[Raised] = []
        more: str | None = None
        while True:
            page = self.ledger.read(
                lambda reads, at=more: raised_page(
                    reads, **{"staff": True, "limit": 2, "cursor": at} | asked
                )
            )
            items += page.items
            more = page.next
            if more is None:
                return items

    def asked(self, since: int = 1) -> list[Raised]:
        """Return what should be listed, by asking for everybody's signals as of every position.

        With a position `since` which to ask: then what was raised before has that one.
        """

        async def ask(reads: Reads) -> list[Raised]:
            first: dict[tuple[SignalKind, str, UUID], int] = {}
            found: dict[tuple[SignalKind, str, UUID], Raised] = {}
            for position in range(since, self.head + 1):
                found.clear()
                for subject in (*CONTRACTS, *(one.id for one in self.staff)):
                    for signal in await about(reads, subject, position):
                        shared = signal.kind is SignalKind.SHARED_ADDRESS
                        who = "" if shared else str(subject)
                        events = [signal.events[-1]] if request(signal) else signal.events
                        grounds = [(signal.kind, who, event.id) for event in events]
                        raised = min(first.setdefault(ground, position) for ground in grounds)
                        found[grounds[0]] = await _raised(reads, subject, signal, raised)
            return [*found.values()]

        return sorted(self.ledger.read(ask), key=_order, reverse=True)


def request(signal: Signal | Raised) -> bool:
    """Say whether a signal is about its last event, a request, and not about all of them."""
    return signal.events[-1].type == "IdentityChangeRequested"


async def about(reads: Reads, subject: str | UUID, position: int) -> tuple[Signal, ...]:
    """Return the signals about a contract or a member of the staff; none before they were there."""
    moment = Moment(position, provenance().at)
    try:
        if isinstance(subject, str):
            return await contract_signals(reads, subject, THRESHOLDS, moment=moment)
        return await staff_signals(reads, subject, THRESHOLDS, moment=moment)
    except NotFound:
        return ()


async def _raised(reads: Reads, subject: str | UUID, signal: Signal, raised: int) -> Raised:
    """Return a signal as it is listed."""
    contracts, staff = [subject], None
    if isinstance(subject, UUID) or signal.kind is SignalKind.SHARED_ADDRESS:
        events = [one.id for one in signal.events]
        rows = await reads.pool.fetch(
            "SELECT DISTINCT coalesce(contract, convert_from(envelope, 'UTF8')::jsonb"
            " #>> '{data,contract}') FROM ledger.events WHERE event_id = ANY (%s) ORDER BY 1",
            [events],
        )
        contracts = [row[0] for row in rows]
        staff = subject if isinstance(subject, UUID) else None
    said = (signal.since, signal.counted, signal.says, [*signal.labels], signal.events)
    return Raised(signal.kind, contracts, staff, raised, *said)


def _order(raised: Raised) -> tuple[int, str]:
    shared = raised.kind is SignalKind.SHARED_ADDRESS
    who = "" if shared else str(raised.staff or raised.contracts[0])
    event = raised.events[-1 if request(raised) else 0]
    return raised.raised_at_position, f"{raised.kind}/{who}/{event.id}"


@contextmanager
def signalled(database: Database, data: Path) -> Iterator[Signalled]:
    """Record a history with a signal of every kind; addresses are not followed yet."""
    with waiting_log(database.dsn_app, data) as log, ledger_on(database, data) as ledger:
        staff = tuple(Actor(ActorKind.STAFF, new_id(), Role.AGENT) for _ in range(2))
        yield Signalled(ledger, log, data, {}, staff)


def tell(said: Signalled) -> dict[str, Stream]:
    """Record what raises signals; return the contracts' streams by number."""
    first, second = said.staff
    for one in said.staff:
        joined = StaffJoined(identity("Ada"), identity("login"), (Role.AGENT,), ("en",))
        said.say(Stream(StreamKind.STAFF, one.id), joined, None)
    system = replace(first, kind=ActorKind.SYSTEM)
    contracts = {number: said.register(number, system) for number in "ABCDEFHI"}
    _claims(said)
    _changes(said, contracts["A"])
    for number in "BCDE":
        said.visit(number, OFFICE)
        said.visit(number, OFFICE)
    for reader, read in ((first, "F"), (second, "HI")):
        for number in read:
            access = Stream(StreamKind.ACCESS, reader.id)
            said.say(access, IdentityRead(number), None, actor=reader)
    contracts["G"] = said.register("G", first)
    said.say(ticket(), tagged().event, "H")
    return contracts


def _claims(said: Signalled) -> None:
    """Two claimants whose claims are refused before it is known that they want contract C."""
    dispute = Stream(StreamKind.DISPUTE, new_id())
    opened = DisputeOpened("000-021", DisputeKind.OTHER, None, cast.TICKET, "en", None)
    said.say(dispute, opened, None)
    for number in (1, 2):
        said.say(dispute, cast.claim(number, 20 + number), None)
    said.say(dispute, cast.refusal(1), None)
    said.say(dispute, DisputeAttached("C"), "C")
    said.say(dispute, cast.refusal(2), "C")


def _changes(said: Signalled, contract: Stream) -> None:
    """A change that is asked for from another network than usual, after somebody got a login."""
    home = [said.visit("A", HOME) for _ in range(3)]
    for number in (1, 2):
        said.say(contract, cast.named_person(number), "A")
    away = said.visit("A", AWAY)
    for asked in (home[-1], away):
        request = replace(cast.change_requested(asked.id), contract="A")
        said.say(Stream(StreamKind.IDENTITY_CHANGE, new_id()), request, "A")
