"""Reading: streams, contracts, positions, moments, sealed rows, attachments."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from support.databases import Database
from support.store import adding, closing, key, keys_of, provenance, registering, sealed, ticket

from domain.errors import Integrity, Unavailable
from domain.log import NewEvent, Request, Write
from domain.stream import StreamKind
from domain.ticket.events import MessageRetracted
from infra.ids import new_id
from infra.pool import Pool
from infra.reader import Reader, copy_range, is_there, read_batch
from infra.sealing import SealedChunk
from infra.store import PostgresLog, open_log

Read = Callable[[PostgresLog], Awaitable[Any]]


@pytest.fixture
def reading(database: Database, keys_dir: Path) -> Callable[[Read], Any]:
    """Run a coroutine function with an open log."""

    def run(read: Read) -> Any:
        async def opened() -> Any:
            keys = keys_of(keys_dir)
            try:
                async with open_log(database.dsn_app, keys_dir, keys) as log:
                    return await read(log)
            finally:
                keys.close()

        return asyncio.run(opened())

    return run


def test_a_stream_is_read_from_a_version_and_up_to_a_position(
    reading: Callable[[Read], Any],
) -> None:
    async def read(log: PostgresLog) -> None:
        one, other = ticket(), ticket()
        await log.append(adding(one, 0, "a", "b"))
        await log.append(adding(other, 0))
        await log.append(adding(one, 2, "c"))
        assert [event.event.tag async for event in log.read(one)] == ["a", "b", "c"]
        assert [event.position async for event in log.read(one)] == [1, 2, 4]
        assert [event.version async for event in log.read(one, after=1)] == [2, 3]
        assert [event.version async for event in log.read(one, upto=3)] == [1, 2]
        assert [event async for event in log.read(ticket())] == []
        assert (await log.version(one), await log.version(ticket())) == (3, 0)

    reading(read)


def test_a_long_stream_is_read_in_pages_without_a_gap(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        stream, count = ticket(), 1203
        await log.append(adding(stream, 0, *["x"] * count))
        versions = [event.version async for event in log.read(stream)]
        assert versions == list(range(1, count + 1))

    reading(read)


def test_a_contract_is_read_in_the_order_of_its_counts(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        registration = registering("C-1")
        await log.append(registration)
        for _ in range(2):
            await log.append(adding(ticket(), 0, "a", "b", contract="C-1"))
            await log.append(adding(ticket(), 0, contract="C-2"))
        reader = log.reader
        read = [log.codec.decode(envelope) async for envelope in reader.contract_envelopes("C-1")]
        assert [event.contract for event in read] == [("C-1", n) for n in range(1, 6)]
        later = [envelope async for envelope in reader.contract_envelopes("C-1", after=3, upto=5)]
        assert [log.codec.decode(envelope).contract for envelope in later] == [("C-1", 4)]
        stream = await log.contract_stream("C-1")
        assert stream == registration.writes[0].stream
        assert stream.kind is StreamKind.CONTRACT
        assert await log.contract_stream("C-2") is None
        assert await log.contract_stream("C-3") is None

    reading(read)


def test_a_closed_contract_keeps_its_stream(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        registration = registering("C-1")
        await log.append(registration)
        await log.append(closing(registration, "C-1"))
        assert await log.contract_stream("C-1") == registration.writes[0].stream

    reading(read)


def test_one_event_is_found_by_its_id(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        accepted = await log.append(adding(ticket(), 0, "a", "b"))
        envelope = await log.reader.by_event(accepted.event_ids[1])
        assert envelope is not None
        assert log.codec.decode(envelope).event.tag == "b"
        assert await log.reader.by_event(new_id()) is None

    reading(read)


def test_the_head_of_an_empty_ledger_is_position_zero(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        empty = await log.head()
        assert (empty.position, empty.leaf_hash, empty.recorded_at) == (0, bytes(32), None)
        accepted = await log.append(adding(ticket(), 0))
        head = await log.head()
        assert (head.epoch, head.position, head.leaf_hash) == (1, 1, accepted.leaf_hash)
        assert head.recorded_at == accepted.recorded_at

    reading(read)


def test_a_moment_has_the_last_position_recorded_by_then(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        assert await log.reader.position_at(datetime.now(UTC)) == 0
        accepted = [await log.append(adding(ticket(), 0, *["x"] * n)) for n in (1, 2, 3, 1)]
        tick = timedelta(microseconds=1)
        for before, answer in zip((0, 1, 3, 6), accepted, strict=True):
            at = answer.recorded_at
            assert await log.reader.position_at(at) == answer.position
            assert await log.reader.position_at(at - tick) == before
        assert await log.reader.position_at(datetime.now(UTC) + timedelta(days=1)) == 7

    reading(read)


def test_sealed_rows_come_by_event_and_field(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        subject = new_id()
        event = MessageRetracted(new_id(), sealed("because", subject))
        write = Write(ticket(), 0, (NewEvent(event, None),))
        accepted = await log.append(Request((write,), (), key(), provenance()))
        rows = await log.reader.sealed_rows(accepted.event_ids)
        assert set(rows) == {(accepted.event_ids[0], "reason")}
        envelope = await log.reader.by_event(accepted.event_ids[0])
        assert envelope is not None
        opened = log.codec.open(envelope, {field: row for (_, field), row in rows.items()})
        assert opened.event.reason.text == "because"

    reading(read)


def test_followers_read_batches_and_ranges_alike(
    database: Database, reading: Callable[[Read], Any]
) -> None:
    async def fill(log: PostgresLog) -> None:
        for _ in range(5):
            await log.append(adding(ticket(), 0, *["x"] * 10))

    reading(fill)
    with psycopg.connect(database.dsn_follower, autocommit=True) as connection:
        everything = read_batch(connection, 0, 1000)
        assert [position for position, _ in everything] == list(range(1, 51))
        assert list(copy_range(connection, 0, 50)) == everything
        assert list(copy_range(connection, 7, 9)) == everything[7:9]
        assert list(copy_range(connection, 50, 60)) == []
        assert read_batch(connection, 7, 2) == everything[7:9]
        assert read_batch(connection, 50, 10) == []


def test_a_follower_is_told_whether_its_last_event_is_still_there(
    database: Database, reading: Callable[[Read], Any]
) -> None:
    accepted = reading(lambda log: log.append(adding(ticket(), 0)))
    with psycopg.connect(database.dsn_follower, autocommit=True) as connection:
        assert is_there(connection, 0, b"")
        assert is_there(connection, 1, accepted.leaf_hash)
        assert not is_there(connection, 1, bytes(32))
        assert not is_there(connection, 2, accepted.leaf_hash)


def test_a_chunk_of_an_attachment_is_written_once(reading: Callable[[Read], Any]) -> None:
    async def read(log: PostgresLog) -> None:
        attachment = new_id()
        chunks = [SealedChunk(new_id(), b"n" * 12, bytes([n]) * 1000) for n in range(3)]
        for index, chunk in enumerate(chunks):
            await log.reader.store_chunk(attachment, index, chunk)
        assert await log.reader.chunk_count(attachment) == 3
        assert [await log.reader.chunk(attachment, n) for n in range(4)] == [*chunks, None]
        with pytest.raises(Integrity):
            await log.reader.store_chunk(attachment, 0, chunks[1])

    reading(read)


def test_ticket_numbers_are_never_given_twice(reading: Callable[[Read], Any]) -> None:
    async def numbers(log: PostgresLog) -> list[int]:
        return await asyncio.gather(*(log.next_ticket_number() for _ in range(100)))

    given = [*reading(numbers), *reading(numbers)]
    assert len(set(given)) == 200


def test_a_database_that_is_gone_is_unavailable(database: Database) -> None:
    async def read() -> None:
        pool = Pool(database.dsn_app.replace(database.name, "nowhere"), wait=0.5)
        await pool.open()
        try:
            await Reader(pool).head()
        finally:
            await pool.close()

    with pytest.raises(Unavailable):
        asyncio.run(read())
