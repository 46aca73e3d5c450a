"""What is gone and passed off as an erasure: only a recorded one that covers it excuses it."""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from support.attacked import Attacked, attacked, message
from support.attacks import attacker
from support.databases import Database
from support.erasing import carry_out, erasing, erasing_message
from support.store import ticket, waiting_log

from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.erasurelist import ErasureList
from infra.fsck.findings import Kind
from infra.ids import new_id

AT = 5
"""An event under contract A, with a text of a person of its own."""


@pytest.fixture(name="ledger")
def _ledger(database: Database, keys_dir: Path) -> Attacked:
    return attacked(database, keys_dir)


class Said:
    """What is known of position 5: its event, whose text, under which key, where."""

    def __init__(self, ledger: Attacked) -> None:
        with attacker(ledger.database.dsn_superuser) as somebody:
            envelopes = somebody.envelopes()
            said = envelopes[AT - 1]
            self.event = UUID(said["id"])
            self.ticket = Stream(StreamKind.TICKET, UUID(said["stream"]["id"]))
            self.versions = [
                one["stream"]["version"]
                for one in envelopes
                if one["stream"]["id"] == str(self.ticket.id)
            ]
            self.subject = UUID(said["sealed"]["text"]["subject"])
            find = "SELECT key_id FROM ledger.sealed_fields WHERE event_id = %s"
            self.key = somebody.run(find, self.event)[0][0]
            kind = "SELECT stream_id FROM ledger.events WHERE position = %s"
            self.contracts = {
                number: Stream(StreamKind.CONTRACT, somebody.run(kind, position)[0][0])
                for number, position in (("A", 1), ("B", 2))
            }


def remove_key(ledger: Attacked, said: Said) -> Kind:
    """Take the key away, with the tools of whoever holds the key store."""
    store = sqlite3.connect(ledger.data / "keys.sqlite", isolation_level=None)
    assert store.execute("DELETE FROM keys WHERE id = ?", [str(said.key)]).rowcount == 1
    store.close()
    return Kind.MISSING_KEY


def remove_field(ledger: Attacked, said: Said) -> Kind:
    """Take the ciphertext away."""
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run("DELETE FROM ledger.sealed_fields WHERE event_id = %s", said.event)
    return Kind.SEALED


REMOVALS = pytest.mark.parametrize("remove", [remove_key, remove_field])


@REMOVALS
@pytest.mark.parametrize(
    ("contract", "purpose", "own", "covers"),
    [
        ("A", Purpose.CORRESPONDENCE, True, True),
        ("B", Purpose.CORRESPONDENCE, True, False),
        ("A", Purpose.IDENTITY, True, False),
        ("A", Purpose.ADDRESS, True, False),
        ("A", Purpose.CORRESPONDENCE, False, False),
    ],
)
def test_only_a_recorded_erasure_of_it_excuses_what_is_gone(
    ledger: Attacked, remove: object, contract: str, purpose: Purpose, *, own: bool, covers: bool
) -> None:
    said = Said(ledger)
    assert callable(remove)
    with waiting_log(ledger.database.dsn_app, ledger.data) as log:
        subject = said.subject if own else new_id()
        log.append_wait(erasing(said.contracts[contract], 1, subject, contract, purpose))
    kind = remove(ledger, said)
    assert ledger.found() == ([] if covers else [(AT, kind)])


@REMOVALS
def test_an_erasure_excuses_nothing_that_was_recorded_after_it(
    ledger: Attacked, remove: object
) -> None:
    said = Said(ledger)
    assert callable(remove)
    with waiting_log(ledger.database.dsn_app, ledger.data) as log:
        log.append_wait(erasing(said.contracts["A"], 1, said.subject, "A"))
    carry_out(ledger.database, ledger.data)
    assert ledger.found() == []
    with waiting_log(ledger.database.dsn_app, ledger.data) as log:
        told = log.append_wait(message(ticket(), 0, "A", said.subject))
    later = Said(ledger)
    later.event = told.event_ids[0]
    with psycopg.connect(ledger.database.dsn_app) as connection:
        find = "SELECT key_id FROM ledger.sealed_fields WHERE event_id = %s"
        later.key = connection.execute(find, [later.event]).fetchone()[0]
    kind = remove(ledger, later)
    assert ledger.found() == [(told.position, kind)]


@REMOVALS
def test_rows_beside_the_events_excuse_nothing(ledger: Attacked, remove: object) -> None:
    said = Said(ledger)
    assert callable(remove)
    kind = remove(ledger, said)
    with attacker(ledger.database.dsn_superuser) as somebody:
        somebody.run(
            "INSERT INTO ledger.erased_subjects (subject, contract, purpose, key)"
            " VALUES (%s, 'A', 'correspondence', %s)",
            said.subject,
            said.key,
        )
    assert ledger.found() == [(AT, kind)]


@REMOVALS
def test_a_list_beside_the_ledger_excuses_nothing_that_the_ledger_did_not_lose(
    ledger: Attacked, remove: object
) -> None:
    said = Said(ledger)
    assert callable(remove)
    kind = remove(ledger, said)
    for position in (AT, 13, 99):
        ErasureList(ledger.data).add(
            contract="A",
            subject=said.subject,
            purposes=[Purpose.CORRESPONDENCE],
            key_ids=[said.key],
            events=[said.event],
            position=position,
            at=datetime.now(UTC),
        )
    assert ledger.found() == [(AT, kind)]


def test_an_erased_message_excuses_its_own_fields_alone(ledger: Attacked) -> None:
    said = Said(ledger)
    with waiting_log(ledger.database.dsn_app, ledger.data) as log:
        version = len(said.versions)
        log.append_wait(erasing_message(said.ticket, version, said.event, "A"))
    carry_out(ledger.database, ledger.data)
    assert ledger.found() == []
    with attacker(ledger.database.dsn_superuser) as somebody:
        other = somebody.envelopes()[2]["id"]
        somebody.run("DELETE FROM ledger.sealed_fields WHERE event_id = %s", other)
    assert ledger.found() == [(3, Kind.SEALED)]
