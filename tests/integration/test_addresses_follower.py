"""The follower of addresses: hashes of what events say; erased, they stay away."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import pytest
from support.databases import Database, fresh
from support.erasing import carry_out, erasing, erasing_message
from support.store import ACTOR, key, provenance, registering, tagged, ticket, waiting_log
from support.views import Ledger, ledger_on

from domain.contract.documents import Category, Document, Passport
from domain.contract.events import ContractRegistered, PersonNamed, Right
from domain.log import Accepted, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.values import Actor, ActorKind, Behalf, Purpose, Role, Sealed
from infra.erasurelist import ErasureList, apply
from infra.ids import new_id
from infra.networks import Labels, parse_address
from infra.secrets import Secrets
from infra.store import PostgresLog
from projections.addresses import NAME, AddressesWriter, Digests, digests
from projections.documents import DocumentsWriter
from projections.people import PeopleWriter, login_text

OFFICE: Final = "198.51.100.23"
HOME: Final = "2001:db8:1:2:aa::5"
LABELS: Final = ("198.51.100.0/24=office", "198.51.0.0/16=city")
ROWS: Final = """
    SELECT position, asserted, contract, type, actor, actor_kind, actor_role, on_behalf_of, label,
        address, network, event, recorded_at
    FROM views.addresses ORDER BY position, asserted
"""
CUSTOMER: Final = Actor(ActorKind.CUSTOMER, new_id(), Role.CUSTOMER)
PORTAL: Final = Actor(ActorKind.SERVICE, new_id(), Role.SERVICE)


@dataclass
class Told:
    """A ledger whose contract A has two tickets, and what was recorded of them."""

    ledger: Ledger
    log: PostgresLog
    data: Path
    contract: Stream

    @property
    def writer(self) -> AddressesWriter:
        codec = self.ledger.codec
        return AddressesWriter(codec, Secrets(codec.keys), Labels(LABELS))

    def act(
        self,
        address: str | None,
        *,
        contract: str | None = "A",
        actor: Actor = CUSTOMER,
        asserted: str | None = None,
    ) -> Accepted:
        """Let somebody do something from an address."""
        text = f'{{"address":"{address}","port":9,"source":"peer"'
        text += f',"asserted":"{asserted}"}}' if asserted else "}"
        said = replace(
            provenance(),
            actor=actor,
            address=Sealed(text, actor.id, Purpose.ADDRESS) if address else None,
            on_behalf_of=Behalf(CUSTOMER.id, ("address",)) if asserted else None,
        )
        write = Write(ticket(), 0, (tagged(contract=contract),))
        return self.log.append_wait(Request((write,), (), key(), said))

    def follow(self, batch: int = 500) -> list[tuple[Any, ...]]:
        """Follow to the end; return the rows."""
        head = self.ledger.rows("SELECT max(position) FROM ledger.events")[0][0]
        with self.ledger.following(self.writer.followed(), batch) as follower:
            self.ledger.wait(NAME, head)
        assert not follower.failed
        return self.rows()

    def rows(self) -> list[tuple[Any, ...]]:
        return self.ledger.rows(ROWS)

    def again(self, batch: int) -> list[tuple[Any, ...]]:
        """Follow from the first event, with nothing left of before."""
        self.ledger.rows("TRUNCATE views.addresses")
        self.ledger.rows("DELETE FROM views.followers WHERE name = 'addresses'")
        return self.follow(batch)

    def digests(self, address: str) -> Digests:
        found = parse_address(address)
        assert found is not None
        return digests(self.writer.secrets, found)


@contextmanager
def telling(database: Database, data: Path) -> Iterator[Told]:
    with waiting_log(database.dsn_app, data) as log, ledger_on(database, data) as ledger:
        first = registering("A")
        log.append_wait(first)
        yield Told(ledger, log, data, first.writes[0].stream)


@pytest.fixture
def told(database: Database, keys_dir: Path) -> Iterator[Told]:
    with telling(database, keys_dir) as made:
        yield made


def test_every_event_under_a_contract_with_an_address_has_a_row_without_it(told: Told) -> None:
    told.act(OFFICE)
    mapped = told.act(f"::ffff:{OFFICE}", actor=ACTOR)
    told.act("198.51.100.24")
    told.act("198.51.7.7")
    told.act(HOME)
    told.act("2001:db8:1:2::6")
    portal = told.act("203.0.113.1", actor=PORTAL, asserted=HOME)
    told.act(None)
    told.act(OFFICE, contract=None)
    told.act("nonsense")
    rows = told.follow()
    assert [row[0] for row in rows] == [2, 3, 4, 5, 6, 7, 8, 8]
    first, second = rows[:2]
    assert first[1:9] == (
        *(False, "A", "TagAdded", CUSTOMER.id, "customer", "customer", None, "office"),
    )
    assert second[4:7] == (ACTOR.id, "system", None)
    assert (second[11], second[12]) == (mapped.event_ids[0], mapped.recorded_at)
    said = [Digests(bytes(row[9]), bytes(row[10])) for row in rows]
    office, home = told.digests(OFFICE), told.digests(HOME)
    assert said[0] == said[1] == office
    assert (said[2].address == office.address, said[2].network) == (False, office.network)
    assert office.network not in {said[3].network, said[3].address}
    assert [row[8] for row in rows] == ["office"] * 3 + ["city"] + [None] * 4
    assert (said[4], said[5].network) == (home, home.network)
    asserted = rows[-1]
    assert asserted[:2] == (portal.position, True)
    assert asserted[4:8] == (PORTAL.id, "service", "service", CUSTOMER.id)
    assert (said[6], said[7]) == (told.digests("203.0.113.1"), home)
    assert told.again(batch=1) == rows


def of(accepted: Accepted) -> Stream:
    return Stream(StreamKind.TICKET, accepted.id)


def test_erased_addresses_go_with_the_event_and_come_back_by_no_rebuild(told: Told) -> None:
    first, second = told.act(OFFICE), told.act(HOME)
    other = told.act(OFFICE, contract="B")
    assert len(told.follow()) == 3
    text = erasing_message(of(second), 1, second.event_ids[0], "A", Purpose.CORRESPONDENCE)
    told.log.append_wait(text)
    told.log.append_wait(erasing_message(of(first), 1, first.event_ids[0], "A", Purpose.ADDRESS))
    assert [row[0] for row in told.follow()] == [second.position, other.position]
    told.log.append_wait(erasing(told.contract, 1, CUSTOMER.id, "A", Purpose.ADDRESS))
    for rows in (told.follow(), told.again(batch=1), told.again(batch=500)):
        assert [row[2] for row in rows] == ["B"], "the event is enough, though the key lives"
    carry_out(told.ledger.database, told.data)
    told.log.codec.keys.forget()
    later = told.act(OFFICE)
    for rows in (told.follow(), told.again(batch=500)):
        assert [(row[0], row[2]) for row in rows] == [(other.position, "B"), (later.position, "A")]


def identified() -> Request:
    """A registration of contract C with a document, and the holder's login."""
    holder = new_id()

    def said(text: str) -> Sealed:
        return Sealed(text, holder, Purpose.IDENTITY)

    day = said("2020-01-31")
    passport = Passport(said("PT"), said("X1"), said("Ada"), day, said("Registry"), day, None)
    login = said(login_text("urn:x", "ada"))
    events = (
        ContractRegistered("C", Category.INDIVIDUAL, holder, "en", Document(passport), ()),
        PersonNamed(holder, said("Ada"), login, (Right.READ,), None),
    )
    write = Write(Stream(StreamKind.CONTRACT, new_id()), 0, tuple(NewEvent(e, "C") for e in events))
    return Request((write,), (), key(), provenance())


def test_a_restored_backup_shows_no_hash_of_what_was_erased_since(
    database: Database, keys_dir: Path
) -> None:
    registration = identified()
    holder = registration.writes[0].events[0].event.holder
    with telling(database, keys_dir) as told:
        said = [told.act(OFFICE), told.act(HOME), told.act(OFFICE, contract="B")]
        head = told.log.append_wait(registration).position
        told.follow()
        codec = told.ledger.codec
        for one in (DocumentsWriter, PeopleWriter):
            told.ledger.follow(head, one(codec, Secrets(codec.keys)).followed())
    with fresh(database.cluster, database.name) as older:
        with waiting_log(database.dsn_app, keys_dir) as log:
            log.append_wait(erasing(told.contract, 1, CUSTOMER.id, "A", Purpose.ADDRESS))
            event = said[2].event_ids[0]
            log.append_wait(erasing_message(of(said[2]), 1, event, "B", Purpose.CLAIM))
            stream = registration.writes[0].stream
            log.append_wait(erasing(stream, 2, holder, "C", Purpose.IDENTITY))
        carry_out(database, keys_dir)
        with ledger_on(older, keys_dir) as restored:
            hashes = "SELECT (SELECT count(*) FROM views.documents), count(*) FROM views.logins"
            assert (len(restored.rows(ROWS)), restored.rows(hashes)) == (3, [(1, 1)])
            apply(ErasureList(keys_dir), restored.codec.keys, older.dsn_eraser)
            assert [row[2] for row in restored.rows(ROWS)] == ["B"]
            assert restored.rows(hashes) == [(0, 0)]
