"""Consumers, fed from the store and from Kafka: the same tests hold for both."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.broker import Shared
from support.consuming import Effects, Fed, fed_by
from support.databases import Database
from support.histories import History
from support.store import adding, fresh_seed, ticket
from support.views import eventually, ledger_on

from consumers.handler import Begin
from consumers.parking import Redriven, redrive
from domain.errors import NotFound
from infra.continuation import continue_ledger
from infra.headfile import Durable, HeadFile


@pytest.fixture(params=["store", "kafka"])
def fed(
    request: pytest.FixtureRequest, database: Database, keys_dir: Path, tmp_path: Path
) -> Iterator[Fed]:
    with ledger_on(database, keys_dir) as ledger:
        bootstrap = None
        if request.param == "kafka":
            broker: Shared = request.getfixturevalue("broker")
            bootstrap = broker.bootstrap
        yield fed_by(ledger, bootstrap, tmp_path)


def test_every_event_has_its_effect_once_and_in_order_through_restarts(fed: Fed) -> None:
    history, effects = History(fresh_seed(), tickets=20), Effects()
    last = fed.tell(history.requests(150))
    fed.consume(effects, last)
    last = fed.tell(history.requests(150))
    fed.consume(effects, last)
    fed.assert_once_in_order(effects.name, range(1, last + 1))


def test_a_consumer_that_is_added_later_starts_at_the_head_unless_told_otherwise(fed: Fed) -> None:
    before = fed.tell(adding(ticket(), 0) for _ in range(30))
    late, told = Effects(begins=Begin.HEAD), Effects(begins=Begin.HEAD)
    first = Effects(begins=Begin.FIRST)
    begins = {told.name: 10}
    members = [fed.member(one, begins=begins) for one in (late, told, first)]
    with fed.running(*members):
        for one in (late, told, first):
            assert eventually(lambda one=one: fed.mark(one.name) >= 0)
        last = fed.tell(adding(ticket(), 0) for _ in range(20))
        for one in (late, told, first):
            fed.reach(one.name, last)
    fed.assert_once_in_order(late.name, range(before + 1, last + 1))
    fed.assert_once_in_order(told.name, range(11, last + 1))
    fed.assert_once_in_order(first.name, range(1, last + 1))


def test_what_cannot_be_handled_is_parked_with_its_stream_until_it_is_redriven(fed: Fed) -> None:
    bad, good = ticket(), ticket()
    last = fed.tell(adding(one, version) for version in range(5) for one in (bad, good))
    effects = Effects(poison={5: 10**6, 6: 2})  # the second version of the bad one; passes
    with fed.running(fed.member(effects)):
        fed.reach(effects.name, last)
        assert fed.positions(effects.name) == [1, 2, 3, 4, 6, 8, 10]
        assert fed.parked(effects.name) == [
            (5, "Poisoned", 3),
            (7, "behind what is parked in its stream", 0),
            (9, "behind what is parked in its stream", 0),
        ]
        last = fed.tell([adding(bad, 5), adding(good, 5)])
        fed.reach(effects.name, last)
        assert [position for position, *_ in fed.parked(effects.name)] == [5, 7, 9, 11]
        assert redrive(fed.dsn, effects.name) == Redriven(1, 4)
        assert eventually(lambda: fed.parked(effects.name)[0][2] == 6), "it fails again"
        effects.poison.clear()
        assert eventually(lambda: not fed.due(effects.name))
        assert redrive(fed.dsn, effects.name) == Redriven(1, 4)
        assert eventually(lambda: not fed.parked(effects.name))
        last = fed.tell([adding(bad, 6)])
        fed.reach(effects.name, last)
    fed.assert_once_in_order(effects.name, range(1, last + 1))
    assert fed.ledger.rows("SELECT FROM consumers.lanes") == []
    assert redrive(fed.dsn, effects.name) == Redriven(0, 0)
    with pytest.raises(NotFound, match="no consumer nobody"):
        redrive(fed.dsn, "nobody")


NEWER = (
    (b'"TagAdded","type_version":1', b'"TagAdorned","type_version":1', "no event type"),
    (b'"TagAdded","type_version":1', b'"TagAdded","type_version":9', "up to version 1"),
    (b'"kind":"ticket"', b'"kind":"parcel"', "Invalid enum value"),
    (b'{"v":1,', b'{"v":2,"new":[],', "Expected `int` <= 1"),
)


def test_an_event_of_a_newer_version_is_parked_with_its_stream_and_the_others_go_on(
    fed: Fed,
) -> None:
    def newer(envelope: bytes) -> bytes:
        for number, (old, new, _) in enumerate(NEWER, 1):
            if b'"position":%d,' % number in envelope:
                return envelope.replace(old, new)
        return envelope

    streams = [ticket() for _ in range(5)]
    last = fed.tell([adding(one, n) for n in range(2) for one in streams], newer)
    effects = Effects()
    fed.consume(effects, last)
    assert fed.positions(effects.name) == [5, 10]
    parked = fed.parked(effects.name)
    assert [position for position, *_ in parked] == [1, 2, 3, 4, 6, 7, 8, 9]
    for number, (old, new, reason) in enumerate(NEWER, 1):
        assert reason in parked[number - 1][1]
        fed.mend(number, effects.name, lambda raw, old=old, new=new: raw.replace(new, old))
    with fed.running(fed.member(effects)):
        assert redrive(fed.dsn, effects.name) == Redriven(4, 8)
        assert eventually(lambda: not fed.parked(effects.name))
    fed.assert_once_in_order(effects.name, range(1, last + 1))


def test_the_next_epoch_goes_on_where_it_begins(fed: Fed, keys_dir: Path) -> None:
    streams = [ticket() for _ in range(6)]
    lost = fed.tell(adding(one, version) for version in range(3) for one in streams)
    effects = Effects()
    with fed.running(fed.member(effects)):
        fed.reach(effects.name, lost)
        survived = lost - 4
        (row,) = fed.ledger.rows(
            "SELECT i.ledger, e.epoch, e.position, e.leaf_hash FROM ledger.events AS e,"
            " ledger.identity AS i ORDER BY position DESC LIMIT 1"
        )
        HeadFile(keys_dir).write(Durable(*row))
        fed.lose(survived)
        continued = continue_ledger(fed.ledger.database.dsn_owner, keys_dir, fed.ledger.codec.keys)
        assert (continued.epoch, continued.position) == (2, survived + 1)
        fed.published = survived
        last = fed.tell(adding(one, 2) for one in streams[2:])
        fed.reach(effects.name, last, epoch=2)
        assert fed.mark(effects.name, 1) == lost
    done = [(epoch, position) for epoch, position, *_ in fed.effects(effects.name)]
    assert sorted(done) == [(1, n) for n in range(1, lost + 1)] + [
        (2, n) for n in range(survived + 1, last + 1)
    ]
    fed.consume(effects, last, epoch=2)
    assert len(fed.effects(effects.name)) == len(done)
    late = Effects()
    fed.consume(late, last, epoch=2)
    fed.assert_once_in_order(late.name, range(1, last + 1))
    parked = fed.ledger.rows("SELECT reason FROM consumers.parked WHERE position IS NULL")
    assert len(parked) == (4 if fed.kafka else 0), "what a restore lost holds nothing up"
    assert all("a restore lost it" in reason for (reason,) in parked)
