"""The signals that are kept are those that one is told who asks, whatever the order of streams."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from support.databases import Database
from support.signalled import Signalled, signalled, tell
from support.store import seeds

from consumers.handler import Arrived
from domain.errors import Unavailable
from domain.signals.signal import SignalKind
from projections.raised import Raised

TABLES = (
    "SELECT * FROM consumers.signals ORDER BY key",
    "SELECT * FROM consumers.signal_grounds ORDER BY kind, about, event",
)


@pytest.fixture
def said(database: Database, keys_dir: Path) -> Iterator[Signalled]:
    with signalled(database, keys_dir) as made:
        yield made


def shuffled(events: Sequence[Arrived], chance: random.Random) -> list[list[Arrived]]:
    """Return batches that keep the order of each stream, and no more, as Kafka does."""
    lanes: dict[object, list[Arrived]] = {}
    for one in events:
        lanes.setdefault(one.parsed.stream.id, []).append(one)
    order = [stream for stream, lane in lanes.items() for _ in lane]
    chance.shuffle(order)
    mixed = [lanes[stream].pop(0) for stream in order]
    batches = []
    while mixed:
        size = chance.randint(1, 8)
        batches.append(mixed[:size])
        mixed = mixed[size:]
    return batches


@seeds(1)
def test_what_is_kept_is_what_one_is_told_in_whichever_order_events_come(
    said: Signalled, seed: int
) -> None:
    tell(said)
    said.follow()
    events, asked = said.arrived(), said.asked()
    tables = []
    chance = random.Random(seed)
    orders = [[one] for one in events], [events], shuffled(events, chance), shuffled(events, chance)
    for batches in orders:
        said.ledger.rows("TRUNCATE consumers.signals, consumers.signal_grounds")
        said.handle(batches)
        assert said.kept() == asked
        tables.append([said.ledger.rows(statement) for statement in TABLES])
    assert tables == tables[:1] * 4
    assert {one.kind for one in asked} == set(SignalKind)
    (shared,) = said.kept(kind=SignalKind.SHARED_ADDRESS)
    assert shared.contracts == ["B", "C", "D", "E"]
    assert {one.kind for one in said.kept(contract="C")} == {
        *(SignalKind.SHARED_ADDRESS, SignalKind.MANY_CLAIMANTS, SignalKind.REPEATED_REFUSALS),
    }
    (opened,) = said.kept(kind=SignalKind.OPENED_WITHOUT_TICKET)
    assert (opened.staff, opened.contracts) == (said.staff[0].id, ["F", "G"])
    assert opened not in said.kept(staff=False)


def test_nothing_is_worked_out_before_the_addresses_are_followed(said: Signalled) -> None:
    tell(said)
    with pytest.raises(Unavailable, match="addresses"):
        said.handle([said.arrived()], wait=0.0)
    assert said.kept() == []


def test_what_rested_on_erased_addresses_goes_at_once_and_what_others_share_stays(
    said: Signalled,
) -> None:
    contracts, after = tell(said), 0

    def handled() -> dict[SignalKind, Raised]:
        """Let the consumer handle what is new; return what is kept, as if it were raised now."""
        nonlocal after
        said.follow()
        said.handle([said.arrived(after)])
        after = said.head
        return {one.kind: replace(one, raised_at_position=after) for one in said.kept()}

    assert set(handled()) == set(SignalKind)
    for number in "AE":
        said.erase(number, contracts[number])
    said.follow()
    hidden = {one.kind for one in said.kept()}
    assert hidden.isdisjoint({SignalKind.SHARED_ADDRESS, SignalKind.UNSEEN_NETWORK})
    kept = handled()
    assert SignalKind.UNSEEN_NETWORK not in kept
    assert kept[SignalKind.SHARED_ADDRESS].contracts == ["B", "C", "D"]
    assert kept == {one.kind: one for one in said.asked(since=said.head)}
    said.erase_first_visit("B")
    moved = handled()[SignalKind.SHARED_ADDRESS]
    assert moved.contracts == ["B", "C", "D"]
    assert moved.events != kept[SignalKind.SHARED_ADDRESS].events
    for number in "BC":
        said.erase(number, contracts[number])
    assert SignalKind.SHARED_ADDRESS not in handled()
