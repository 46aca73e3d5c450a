"""The publisher copies every event to Kafka exactly once, as it is stored and in order."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from support import databases
from support.broker import Shared
from support.databases import Database
from support.publishing import WITHIN, Bench, is_exactly, tracked
from support.views import eventually

from infra.envelope import parse, time_text
from infra.postgres import Cluster


@pytest.fixture
def bench(database: Database, keys_dir: Path, broker: Shared) -> Bench:
    return Bench(database, keys_dir, broker.bootstrap)


def test_every_event_is_there_once_with_key_headers_and_time(bench: Bench) -> None:
    bench.fill(1_500)
    with bench.publishing():
        bench.drained()
    records = bench.records()
    is_exactly(records, bench.envelopes())
    assert {record.partition for record in records} == {0, 1, 2}
    for record in records[::100]:
        assert record.value is not None
        event = parse(record.value)
        assert record.key == str(event.stream.id).encode()
        assert record.timestamp == int(event.recorded_at.timestamp() * 1000)
        assert {name: value.decode() for name, value in record.headers} == {
            "ce_specversion": "1.0",
            "ce_id": str(event.id),
            "ce_type": event.type,
            "ce_source": f"/ledgers/{event.ledger.id}",
            "ce_time": time_text(event.recorded_at),
            "ce_epoch": "1",
            "ce_position": str(event.position),
            "content-type": "application/json",
        }


def test_a_stopped_publisher_goes_on_where_it_was(bench: Bench) -> None:
    bench.fill(300)
    with bench.publishing(events=70):
        bench.drained()
    assert bench.state() == ("stopped", None)
    bench.fill(300, seed=2)
    with bench.publishing(events=70):
        assert eventually(lambda: bench.state()[0] == "following")
        bench.drained()
        bench.fill(50, seed=3)
        bench.drained()
    is_exactly(bench.records(), bench.envelopes())
    said = tracked(bench)
    assert (said["epoch"], said["position"]) == (1, bench.head())


def test_a_message_of_sixty_kilobytes_is_copied_among_the_others(bench: Bench) -> None:
    bench.fill(20)
    bench.fill_long(60_000)
    bench.fill(20, seed=2)
    with bench.publishing():
        bench.drained()
    records = bench.records()
    is_exactly(records, bench.envelopes())
    assert max(len(record.value or b"") for record in records) > 60_000


def test_a_second_copy_waits_and_takes_over(bench: Bench) -> None:
    bench.fill(200)
    steps: list[str] = []
    stop, waiting = threading.Event(), bench.publisher(steps.append)
    second = threading.Thread(target=waiting.run, args=[stop])
    with bench.publishing():
        bench.drained()
        second.start()
        bench.fill(100, seed=2)
        bench.drained()
        assert steps == []
    bench.fill(100, seed=3)
    bench.drained()
    assert steps
    stop.set()
    second.join(WITHIN)
    is_exactly(bench.records(), bench.envelopes())


def test_a_copy_that_lost_its_turn_commits_nothing_and_waits(bench: Bench) -> None:
    """The first copy does not notice that its session ended: it is about to commit."""
    bench.fill(200)
    written, go = threading.Event(), threading.Event()
    seen: list[str] = []

    def hold(step: str) -> None:
        seen.append(step)
        if step == "written" and not go.is_set():
            written.set()
            assert go.wait(WITHIN)

    with bench.publishing(hold) as first:
        assert written.wait(WITHIN)
        (mine,) = bench.sessions()
        bench.rows("SELECT pg_terminate_backend(%s)", [mine])
        with bench.publishing():
            bench.drained()
            assert seen == ["begun", "written"]
            go.set()
            assert eventually(lambda: len(bench.sessions()) == 2, WITHIN)
            assert first.is_alive()
            assert "committed" not in seen
        bench.fill(50, seed=2)
        bench.drained()
        assert "committed" in seen
    is_exactly(bench.records(), bench.envelopes())


def test_an_epoch_is_followed_by_the_next_and_lost_events_of_the_same_stop_it(
    bench: Bench,
) -> None:
    bench.fill(300)
    with bench.publishing():
        bench.drained()
        before = bench.envelopes()
        bench.lose(40)
        assert eventually(lambda: bench.state()[0] == "failed", WITHIN)
        assert "ledger continue" in (bench.state()[1] or "")
        assert len(bench.records()) == len(before)
        bench.next_epoch()
        bench.fill(100, seed=2)
        bench.drained()
        assert bench.state() == ("following", None)
    after = [one for one in bench.envelopes() if parse(one).ledger.epoch == 2]
    records = bench.records()
    assert len(after) >= 100
    of_epoch = [[r for r in records if r.value in set(wanted)] for wanted in (before, after)]
    assert len(records) == len(before) + len(after)
    for found, wanted in zip(of_epoch, (before, after), strict=True):
        is_exactly(found, wanted)


def test_a_restored_row_does_not_bring_anything_twice(bench: Bench) -> None:
    """The database was restored: its row is behind, or gone; Kafka's own record is believed."""
    bench.fill(200)
    with bench.publishing():
        bench.drained()
    for forgotten in ("UPDATE views.followers SET position = 7", "DELETE FROM views.publishing"):
        bench.rows(forgotten)
        bench.fill(30, seed=len(forgotten))
        with bench.publishing():
            bench.drained()
    is_exactly(bench.records(), bench.envelopes())
    assert bench.generations() == [(1, "found on Kafka: the database was restored")]


def test_two_ledgers_cannot_share_a_topic(bench: Bench, cluster: Cluster) -> None:
    bench.fill(50)
    with bench.publishing():
        bench.drained()
    with databases.fresh(cluster) as other:
        second = replace(bench, database=other)
        second.rows("UPDATE ledger.identity SET ledger = gen_random_uuid()")
        second.fill(50)
        with second.publishing():
            assert eventually(lambda: second.state()[0] == "failed", WITHIN)
            assert "LEDGER_KAFKA_TOPIC" in (second.state()[1] or "")
    is_exactly(bench.records(), bench.envelopes())
