"""The integrator signs exports that were recorded, and nothing else that somebody says."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from support import databases
from support.bags import ORIGIN, Exporting, Told, story
from support.log import integrated
from support.store import key, provenance
from support.views import ledger_on

from domain.access import Exportable, Exported, ReadingBasis
from domain.errors import Integrity, LedgerError, NotFound, NotYetIntegrated
from domain.log import NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Sealed
from infra.exportnotes import open_export_note
from infra.headchannel import ask_export
from infra.ids import new_id
from infra.notes import Verifier
from infra.postgres import Cluster

DIGEST = sha256(b"a bag").hexdigest()
FREE = "ALTER TABLE ledger.events DISABLE TRIGGER ALL"


def exporting_event() -> Request:
    recipient = Sealed("The court", new_id(), Purpose.CORRESPONDENCE)
    event = Exported(
        Exportable.TICKET, new_id(), None, 1, DIGEST, ReadingBasis.COURT_ORDER, recipient, None
    )
    write = Write(Stream(StreamKind.ACCESS, new_id()), 0, (NewEvent(event, None),))
    return Request((write,), (), key(), provenance(datetime.now(UTC)))


@pytest.fixture
def exporting(cluster: Cluster, tmp_path: Path) -> Iterator[tuple[Exporting, int]]:
    """A served log with a recorded export at the position that is returned."""
    with databases.fresh(cluster) as database, ledger_on(database, tmp_path) as ledger:
        ledger.tell(story(Told()))
        position = ledger.tell([exporting_event()])
        made = Exporting(ledger, tmp_path)
        with made.log():
            yield made, position


def ask(exporting: Exporting, position: int) -> bytes:
    return asyncio.run(ask_export(exporting.data, position))


def test_what_is_signed_is_the_digest_that_was_recorded(exporting: tuple[Exporting, int]) -> None:
    made, position = exporting
    note = ask(made, position)
    said = open_export_note(note, Verifier.parse(made.vkey))
    assert (said.origin, said.bag.hex(), said.position) == (ORIGIN, DIGEST, position)
    assert ask(made, position) == note
    with pytest.raises(LedgerError):
        open_export_note(note + note.splitlines(keepends=True)[-1], Verifier.parse(made.vkey))


def test_no_other_event_is_signed_as_an_export(exporting: tuple[Exporting, int]) -> None:
    made, position = exporting
    for other in range(1, position):
        with pytest.raises(NotFound):
            ask(made, other)


def test_an_export_that_no_checkpoint_covers_is_not_signed_yet(
    exporting: tuple[Exporting, int],
) -> None:
    made, position = exporting
    later = made.ledger.tell([exporting_event()])
    with pytest.raises(NotYetIntegrated):
        ask(made, later)
    integrated(made.ledger.database, made.data)
    assert ask(made, later) != ask(made, position)


def test_a_digest_that_was_put_in_afterwards_is_not_signed(
    exporting: tuple[Exporting, int],
) -> None:
    made, position = exporting
    other = sha256(b"another bag").hexdigest()
    made.ledger.rows(FREE)
    made.ledger.rows(
        "UPDATE ledger.events SET envelope = e, leaf_hash = sha256('\\x00'::bytea || e) FROM"
        " (SELECT replace(convert_from(envelope, 'UTF8'), %s, %s)::bytea AS e"
        " FROM ledger.events WHERE position = %s) AS new WHERE position = %s",
        [DIGEST, other, position, position],
    )
    with pytest.raises(Integrity):
        ask(made, position)
