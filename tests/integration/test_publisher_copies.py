"""The publisher copies every event to Kafka exactly once, as it is stored and in order."""

from pathlib import Path

import pytest
from support.broker import Shared
from support.databases import Database
from support.publishing import Bench, is_exactly, tracked
from support.views import eventually

from infra.envelope import parse, time_text


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
