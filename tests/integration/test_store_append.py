"""Appending: each request is atomic, decided alone, answered once and for all."""

import asyncio
import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.databases import Database
from support.store import (
    PERIOD,
    adding,
    again,
    closing,
    fresh_seed,
    key,
    positions,
    provenance,
    registering,
    rows,
    tagged,
    ticket,
    waiting_log,
)

from domain.errors import KeyReused, Malformed, Refused, Stale, Unavailable
from domain.log import (
    AtVersion,
    CommandKey,
    ContractOpen,
    ContractUnused,
    NewEvent,
    Request,
    Write,
)
from domain.ticket.events import TagAdded
from infra import waiting
from infra.codec import Codec
from infra.flusher import BATCH_EVENTS
from infra.store import PostgresLog


@pytest.fixture
def log(database: Database, keys_dir: Path) -> Iterator[PostgresLog]:
    with waiting_log(database.dsn_app, keys_dir) as opened:
        yield opened


def together(log: PostgresLog, requests: list[Request]) -> list[Any]:
    """Append requests from one event loop, so that they share a batch; errors are results."""

    async def gather() -> list[Any]:
        await log.append(adding(ticket(), 0))
        return await asyncio.gather(*map(log.append, requests), return_exceptions=True)

    return asyncio.run(gather())


def test_an_append_is_answered_with_what_the_database_holds(
    database: Database, log: PostgresLog
) -> None:
    stream = ticket()
    accepted = log.append_wait(adding(stream, 0, "a", "b"))
    held = rows(
        database.dsn_app,
        "SELECT position, event_id, leaf_hash, stream_version, recorded_at "
        "FROM ledger.events WHERE stream_id = %s ORDER BY position",
        [stream.id],
    )
    assert (accepted.id, accepted.version, accepted.position) == (stream.id, 2, 2)
    assert accepted.event_ids == tuple(row[1] for row in held)
    assert accepted.leaf_hash == held[-1][2]
    assert [row[3] for row in held] == [1, 2]
    assert accepted.recorded_at == held[-1][4]
    assert not accepted.replayed


def test_a_stale_version_is_refused_with_the_actual_one(log: PostgresLog) -> None:
    stream = ticket()
    log.append_wait(adding(stream, 0, "a", "b"))
    with pytest.raises(Stale) as refusal:
        log.append_wait(adding(stream, 1))
    assert (refusal.value.expected, refusal.value.actual) == (1, 2)


def test_a_request_is_recorded_whole_or_not_at_all(database: Database, log: PostgresLog) -> None:
    good, moved = ticket(), ticket()
    log.append_wait(adding(moved, 0))
    both = (Write(good, 0, (tagged(),)), Write(moved, 0, (tagged(),)))
    with pytest.raises(Stale):
        log.append_wait(Request(both, (), key(), provenance()))
    assert positions(database.dsn_app) == [1]


def test_requests_of_one_batch_on_one_stream_are_decided_in_order(log: PostgresLog) -> None:
    stream = ticket()
    results = together(log, [adding(stream, 0), adding(stream, 0), adding(stream, 1)])
    assert results[0].version == 1
    assert results[1] == Stale(0, 1)
    assert results[2].version == 2


def test_a_refused_request_harms_no_other_of_its_batch(
    database: Database, log: PostgresLog
) -> None:
    streams = [ticket() for _ in range(20)]
    results = together(log, [adding(stream, n % 2) for n, stream in enumerate(streams)])
    assert [isinstance(result, Stale) for result in results] == [n % 2 == 1 for n in range(20)]
    assert positions(database.dsn_app) == list(range(1, 12))


def test_a_command_sent_again_gets_its_first_answer(database: Database, log: PostgresLog) -> None:
    request = adding(ticket(), 0, "a", "b")
    first = log.append_wait(request)
    second = log.append_wait(again(request))
    assert second == replace(first, replayed=True)
    assert positions(database.dsn_app) == [1, 2]


def test_a_command_sent_twice_at_once_is_recorded_once(
    database: Database, log: PostgresLog
) -> None:
    request = adding(ticket(), 0)
    results = together(log, [request, again(request), again(request)])
    assert {result.event_ids for result in results} == {results[0].event_ids}
    assert [result.replayed for result in results] == [False, True, True]
    assert positions(database.dsn_app) == [1, 2]


def test_a_known_command_is_answered_before_anything_is_refused(log: PostgresLog) -> None:
    registration = registering("C-1")
    log.append_wait(registration)
    request = adding(ticket(), 0, contract="C-1", guards=[ContractOpen("C-1")])
    first = log.append_wait(request)
    number_of_events = 2
    stream = registration.writes[0].stream
    event = closing(registration, "C-1").writes[0].events[0]
    log.append_wait(Request((Write(stream, 1, (event,)),), (), key(), provenance()))
    assert log.append_wait(again(request)).event_ids == first.event_ids
    assert first.position == number_of_events


def test_a_known_command_with_another_payload_is_refused(log: PostgresLog) -> None:
    request = adding(ticket(), 0)
    log.append_wait(request)
    with pytest.raises(KeyReused):
        log.append_wait(again(request, payload=b"other"))


def test_a_known_command_whose_fingerprint_key_is_gone_is_replayed(log: PostgresLog) -> None:
    request = adding(ticket(), 0)
    first = log.append_wait(request)
    later = CommandKey(request.key.id, (b"\x00\x00\x00\x09" + bytes(32),))
    assert log.append_wait(replace(request, key=later)).event_ids == first.event_ids


def test_an_older_fingerprint_is_compared_while_its_key_exists(log: PostgresLog) -> None:
    request = adding(ticket(), 0)
    log.append_wait(request)
    newest = b"\x00\x00\x00\x08" + bytes(32)
    same = CommandKey(request.key.id, (newest, request.key.fingerprints[0]))
    other = CommandKey(request.key.id, (newest, PERIOD + b"!" * 32))
    assert log.append_wait(replace(request, key=same)).replayed
    with pytest.raises(KeyReused):
        log.append_wait(replace(request, key=other))


def test_a_command_that_changes_nothing_is_remembered(database: Database, log: PostgresLog) -> None:
    stream = ticket()
    log.append_wait(adding(stream, 0))
    nothing = Request((Write(stream, 1, ()),), (), key(), provenance())
    first = log.append_wait(nothing)
    assert (first.event_ids, first.leaf_hash, first.position, first.version) == ((), None, 1, 1)
    log.append_wait(adding(stream, 1))
    assert log.append_wait(again(nothing)) == replace(first, replayed=True)
    assert positions(database.dsn_app) == [1, 2]


def test_a_guard_on_a_version_holds(log: PostgresLog) -> None:
    watched = ticket()
    log.append_wait(adding(watched, 0))
    log.append_wait(adding(ticket(), 0, guards=[AtVersion(watched, 1)]))
    log.append_wait(adding(watched, 1))
    with pytest.raises(Stale):
        log.append_wait(adding(ticket(), 0, guards=[AtVersion(watched, 1)]))


def test_a_guard_on_a_version_holds_within_a_batch(log: PostgresLog) -> None:
    watched = ticket()
    guarded = adding(ticket(), 0, guards=[AtVersion(watched, 0)])
    too_late = adding(ticket(), 0, guards=[AtVersion(watched, 0)])
    results = together(log, [guarded, adding(watched, 0), too_late])
    assert results[0].version == 1
    assert results[2] == Stale(0, 1)


def test_nothing_is_recorded_under_a_contract_unknown_or_closed(log: PostgresLog) -> None:
    def opening() -> Request:
        return adding(ticket(), 0, contract="C-1", guards=[ContractOpen("C-1")])

    with pytest.raises(Refused, match="contract-open"):
        log.append_wait(opening())
    registration = registering("C-1", [ContractUnused("C-1")])
    log.append_wait(registration)
    log.append_wait(closing(registration, "C-1"))
    with pytest.raises(Refused, match="contract-open"):
        log.append_wait(opening())


def test_a_contract_opens_and_closes_within_a_batch(log: PostgresLog) -> None:
    registration = registering("C-1")
    guards = [ContractOpen("C-1")]
    results = together(
        log,
        [
            adding(ticket(), 0, guards=guards),
            registration,
            adding(ticket(), 0, guards=guards),
            closing(registration, "C-1"),
            adding(ticket(), 0, guards=guards),
        ],
    )
    refused = [isinstance(result, Refused) for result in results]
    assert refused == [True, False, False, False, True]


def test_a_contract_number_is_given_once(log: PostgresLog) -> None:
    results = together(log, [registering("C-1", [ContractUnused("C-1")]) for _ in range(3)])
    assert [isinstance(result, Refused) for result in results] == [False, True, True]
    with pytest.raises(Refused, match="contract-number-free"):
        log.append_wait(registering("C-1", [ContractUnused("C-1")]))


def test_streams_and_contracts_are_chained_by_hash(database: Database, log: PostgresLog) -> None:
    log.append_wait(registering("C-1"))
    streams = [ticket(), ticket()]
    together(log, [adding(stream, 0, "a", "b", contract="C-1") for stream in streams])
    chained = rows(
        database.dsn_app,
        """
        SELECT count(*),
            count(*) FILTER (WHERE envelope ->> 'previous' IS NOT DISTINCT FROM before_stream),
            count(*) FILTER (
                WHERE envelope -> 'contract' ->> 'previous' IS NOT DISTINCT FROM before_contract
            )
        FROM (
            SELECT v.envelope, encode(lag(e.leaf_hash) OVER stream, 'hex') AS before_stream,
                encode(lag(e.leaf_hash) OVER contract, 'hex') AS before_contract
            FROM ledger.events AS e JOIN ledger.envelopes AS v USING (position)
            WINDOW stream AS (PARTITION BY stream_id ORDER BY stream_version),
                contract AS (PARTITION BY contract ORDER BY contract_count)
        ) AS chains
        """,
    )
    assert chained == [(6, 6, 6)]


def test_a_poison_request_fails_alone(database: Database, log: PostgresLog) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    count = BATCH_EVENTS
    poisoned = set(chance.sample(range(count), 3))
    taken = log.append_wait(adding(ticket(), 0)).event_ids[0]
    repeating = Codec(log.codec.ledger, log.codec.keys, make_id=lambda: taken)
    bad = {n: repeating.prepare(adding(ticket(), 0)) for n in poisoned}

    async def gather() -> list[Any]:
        loop = asyncio.get_running_loop()
        pending = []
        for n in range(count):
            prepared = bad.get(n) or log.codec.prepare(adding(ticket(), 0))
            now = datetime.now(UTC)
            steady = log.flusher.clocks.steady()
            pending.append(waiting.Pending(prepared, now, steady, loop.create_future(), loop))
        for each in pending:
            log.flusher.submit(each)
        return await asyncio.gather(*(each.future for each in pending), return_exceptions=True)

    results = asyncio.run(gather())
    assert {n for n, result in enumerate(results) if isinstance(result, Malformed)} == poisoned
    assert positions(database.dsn_app) == list(range(1, count - len(poisoned) + 2))


def test_a_caller_that_gives_up_does_not_cancel_the_append(
    database: Database, log: PostgresLog
) -> None:
    requests = [adding(ticket(), 0) for _ in range(50)]

    async def give_up() -> None:
        tasks = [asyncio.ensure_future(log.append(request)) for request in requests]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    asyncio.run(give_up())
    answers = [log.append_wait(again(request)) for request in requests]
    assert len({answer.event_ids for answer in answers}) == len(requests)
    assert positions(database.dsn_app) == list(range(1, len(requests) + 1))


def test_more_requests_than_may_wait_are_refused_at_once(log: PostgresLog) -> None:
    queue = waiting.Waiting(limit=2)
    pending = waiting.Pending(
        log.codec.prepare(adding(ticket(), 0)), datetime.now(UTC), 0.0, None, None
    )
    queue.put(pending)
    queue.put(pending)
    with pytest.raises(Unavailable, match="wait to be recorded"):
        queue.put(pending)


def test_a_request_larger_than_a_batch_is_recorded(log: PostgresLog) -> None:
    tags = [f"t{n}" for n in range(3 * BATCH_EVENTS)]
    assert log.append_wait(adding(ticket(), 0, *tags)).version == len(tags)


def test_an_event_before_its_recording_keeps_when_it_occurred(
    database: Database, log: PostgresLog
) -> None:
    now = datetime.now(UTC)
    for occurred in (now - timedelta(days=400), now + timedelta(hours=1)):
        said = replace(provenance(), occurred_at=occurred)
        write = Write(ticket(), 0, (NewEvent(TagAdded("a"), None),))
        log.append_wait(Request((write,), (), key(), said))
    held = rows(database.dsn_app, "SELECT occurred_at FROM ledger.events ORDER BY position")
    assert held == [(now - timedelta(days=400),), (None,)]
