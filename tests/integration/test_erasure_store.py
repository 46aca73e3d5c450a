"""Erasure in the store: what is refused, what is destroyed, what the rest still says."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from pydantic import SecretStr
from support.attacked import KEK
from support.databases import Database
from support.erasing import carry_out, completed, count, erasing, erasing_message
from support.store import (
    ACTOR,
    adding,
    key,
    provenance,
    registering,
    sealed,
    ticket,
    waiting_log,
)
from support.views import ledger_on

from domain.errors import Erasing, Refused
from domain.log import Accepted, NewEvent, Request, Write
from domain.stream import Stream, StreamKind
from domain.ticket.events import AttachmentAdded, Audience, MessageRetracted, Side
from domain.values import Purpose, Sealed
from infra.batch import PreparedRequest
from infra.erasurelist import ErasureList
from infra.fsck.run import fsck
from infra.ids import new_id
from infra.keys import KeyScope
from infra.keys.ring import Memory
from infra.sealing import ChunkPlace
from infra.settings import Settings
from infra.store import PostgresLog
from projections.timeline import Entry, View, timeline


@pytest.fixture(name="log")
def _log(database: Database, keys_dir: Path) -> Iterator[PostgresLog]:
    with waiting_log(database.dsn_app, keys_dir) as made:
        yield made


@pytest.fixture(name="contract")
def _contract(log: PostgresLog) -> Stream:
    request = registering("C-1")
    log.append_wait(request)
    return request.writes[0].stream


def saying(subject: UUID, contract: str | None = "C-1", *, address: bool = False) -> Request:
    """A request that seals a text of a person on a ticket of its own."""
    event = MessageRetracted(new_id(), sealed("because", subject))
    write = Write(ticket(), 0, (NewEvent(event, contract),))
    said = provenance()
    if address:
        said = replace(said, address=Sealed('{"address":"192.0.2.7"}', ACTOR.id, Purpose.ADDRESS))
    return Request((write,), (), key(), said)


def as_sealed(log: PostgresLog, prepared: PreparedRequest, request: Request) -> Accepted:
    """Append what was sealed before, as a process does that was slow."""
    log.codec.prepare = lambda _: prepared  # type: ignore[method-assign] # sealed long ago
    try:
        return log.append_wait(request)
    finally:
        del log.codec.prepare


def told(database: Database, data: Path, stream: Stream) -> Entry:
    """Return a ticket's last event as a process reads it that remembers no key."""
    with ledger_on(database, data) as ledger:
        return ledger.read(lambda reads: timeline(reads, stream.id, view=View.STAFF)).items[-1]


def test_what_is_erased_is_refused_until_its_keys_are_gone_and_then_by_key(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann, erasure = new_id(), new_id()
    log.append_wait(saying(ann))
    old = saying(ann)
    early = log.codec.prepare(old)
    log.append_wait(erasing(contract, 1, ann, "C-1", erasure=erasure))
    for request in (old, saying(ann)):
        with pytest.raises(Refused, match="subject-erased"):
            as_sealed(log, early, request)
    carry_out(database, keys_dir)
    with pytest.raises(Refused, match="subject-erased"):
        as_sealed(log, early, old)
    assert log.append_wait(saying(ann)).version == 1, "sealed anew, with a key of its own"


def test_others_are_not_erased(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann, ben = new_id(), new_id()
    elsewhere, other = saying(ann, None), saying(ben)
    for request in (saying(ann), elsewhere, other):
        log.append_wait(request)
    log.append_wait(erasing(contract, 1, ann, "C-1"))
    for request in (saying(ann, None), saying(ben)):
        assert log.append_wait(request).version == 1
    carry_out(database, keys_dir)
    for request in (elsewhere, other):
        stream = request.writes[0].stream
        assert told(database, keys_dir, stream).what["reason"]["text"] == "because"


def test_an_erasure_counts_for_what_is_appended_together_with_it(
    log: PostgresLog, contract: Stream
) -> None:
    ann = new_id()

    async def both() -> list[object]:
        await log.append(adding(ticket(), 0))
        requests = (erasing(contract, 1, ann, "C-1"), saying(ann))
        return await asyncio.gather(*map(log.append, requests), return_exceptions=True)

    first, second = asyncio.run(both())
    assert isinstance(first, Accepted)
    assert isinstance(second, Refused)
    assert second.rule == "subject-erased"


def test_addresses_are_everybodys_and_a_moment_later_there_is_another_key(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    before = saying(new_id(), address=True)
    log.append_wait(before)
    log.append_wait(erasing(contract, 1, new_id(), "C-1", Purpose.ADDRESS))
    with pytest.raises(Erasing):
        log.append_wait(saying(new_id(), address=True))
    assert log.append_wait(saying(new_id())).version == 1
    assert log.append_wait(saying(new_id(), None, address=True)).version == 1
    log.codec.prepare(after := saying(new_id(), address=True))  # so that it knows the key
    carry_out(database, keys_dir)
    with pytest.raises(Erasing):  # this process remembers the key that was destroyed
        log.append_wait(after)
    log.append_wait(saying(new_id(), address=True))
    stream = before.writes[0].stream
    assert told(database, keys_dir, stream).address == {"erased": True}
    assert told(database, keys_dir, stream).what["reason"]["text"] == "because"


def test_keys_chunks_and_list_follow_the_event(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann = new_id()
    request = saying(ann)
    log.append_wait(request)
    attach(log, ann, 2)
    log.append_wait(erasing(contract, 1, ann, "C-1"))
    (recorded,) = carry_out(database, keys_dir)
    assert told(database, keys_dir, request.writes[0].stream).what["reason"]["erased"]
    assert count(database, "SELECT count(*) FROM ledger.attachments") == 0
    (noted,) = ErasureList(keys_dir).entries()
    assert (noted.subject, noted.contract, noted.position) == (ann, "C-1", recorded.position)
    assert not log.codec.keys.living(noted.key_ids)
    assert carry_out(database, keys_dir) == [], "it is carried out once"
    assert fsck(settings(database, keys_dir)).findings == []


def test_a_process_that_remembers_a_key_forgets_it_within_sixty_seconds(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann, now = new_id(), [1000.0]
    request = saying(ann)
    log.append_wait(request)
    stream = request.writes[0].stream
    with ledger_on(database, keys_dir) as ledger:
        ledger.codec.keys._memory = Memory(lambda: now[0])  # noqa: SLF001 - a minute passes at will

        def text() -> object:
            found = ledger.read(lambda reads: timeline(reads, stream.id, view=View.STAFF))
            return found.items[0].what["reason"]

        assert text() == {"text": "because", "erased": False}
        log.append_wait(erasing(contract, 1, ann, "C-1"))
        carry_out(database, keys_dir)
        now[0] += 60
        assert text() == {"text": None, "erased": True}


def test_one_message_loses_its_ciphertext_and_no_other(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann = new_id()
    one, other = saying(ann, address=True), saying(ann)
    event = log.append_wait(one).event_ids[0]
    log.append_wait(other)
    stream = one.writes[0].stream
    log.append_wait(erasing_message(stream, 1, event, "C-1"))
    carry_out(database, keys_dir)
    with ledger_on(database, keys_dir) as ledger:
        first = ledger.read(lambda reads: timeline(reads, stream.id, view=View.STAFF)).items[0]
    assert first.what["reason"] == {"text": None, "erased": True}
    assert first.address == {"address": "192.0.2.7"}
    assert told(database, keys_dir, other.writes[0].stream).what["reason"]["text"] == "because"
    assert fsck(settings(database, keys_dir)).findings == []


def test_an_erased_attachment_loses_its_bytes_and_no_other(
    database: Database, log: PostgresLog, keys_dir: Path, contract: Stream
) -> None:
    ann = new_id()
    stream, event = attach(log, ann, 1)
    attach(log, ann, 1)
    log.append_wait(erasing_message(stream, 1, event, "C-1"))
    carry_out(database, keys_dir)
    assert count(database, "SELECT count(*) FROM ledger.attachments") == 1
    assert contract.kind == "contract"


def test_data_under_no_contract_is_erased_in_the_ledgers_own_stream(
    database: Database, log: PostgresLog, keys_dir: Path
) -> None:
    ann = new_id()
    request = saying(ann, None)
    log.append_wait(request)
    own = Stream(StreamKind.LEDGER, log.codec.ledger)
    log.append_wait(erasing(own, 0, ann, None))
    carry_out(database, keys_dir)
    assert told(database, keys_dir, request.writes[0].stream).what["reason"]["erased"]


def test_keys_destroyed_lifts_what_was_refused(
    database: Database, log: PostgresLog, contract: Stream
) -> None:
    erasure, ann = new_id(), new_id()
    log.append_wait(erasing(contract, 1, ann, "C-1", erasure=erasure))
    waiting = "SELECT count(*) FROM ledger.erased_subjects WHERE key IS NULL"
    assert count(database, waiting) == 1
    log.append_wait(completed(contract, 2, erasure, "C-1"))
    assert count(database, waiting) == 0


def attach(log: PostgresLog, subject: UUID, chunks: int) -> tuple[Stream, UUID]:
    """Record a file of so many pieces; return its stream and event."""
    stream, attachment = ticket(), new_id()
    scope = KeyScope(subject, "C-1", Purpose.CORRESPONDENCE)
    sealing = log.codec.keys.sealing_key(scope)
    with psycopg.connect(log.flusher._dsn) as connection:  # noqa: SLF001 - the app's own
        for index in range(chunks):
            place = ChunkPlace(stream, attachment, index, last=index == chunks - 1)
            chunk = log.codec.sealer.seal_chunk(place, b"a", sealing)
            connection.execute(
                "SELECT ledger.store_chunk(%s, %s, %s, %s, %s)",
                [attachment, index, chunk.key_id, chunk.nonce, chunk.ciphertext],
            )
    name = sealed("a.txt", subject)
    event = AttachmentAdded(
        attachment, Audience.PUBLIC, Side.CUSTOMER, name, name, "unknown", chunks, name
    )
    write = Write(stream, 0, (NewEvent(event, "C-1"),))
    accepted = log.append_wait(Request((write,), (), key(), provenance()))
    return stream, accepted.event_ids[0]


def settings(database: Database, data: Path) -> Settings:
    return database.settings(data, kek=SecretStr(KEK))
