"""Whatever fails between store, Kafka and mail server: every event arrives, in order, once."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.cable import Asked, Cut
from support.chain import PATIENCE, STRANGER, TOPIC, Chain, chained, position_of
from support.chain_consumers import EFFECTS
from support.consuming import message_of
from support.mailing import said
from support.own_cluster import kill
from support.publishing import everything_on
from support.store import FIXED_SEED, seeds
from support.views import eventually

from domain.ticket.events import Audience, MessagePosted, Side
from infra.ids import new_id
from infra.kafka import names
from infra.kafka.records import Message


@pytest.fixture(scope="module")
def chain(state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with chained(tmp_path_factory.mktemp("chain"), state) as running:
        yield running


@seeds(1)
def test_resets_in_the_middle_of_a_question_lose_nothing(chain: Chain, seed: int) -> None:
    chance = random.Random(seed)
    cuts = [
        *((chain.to_publisher, asked) for asked in (Asked.BEGIN, Asked.PRODUCE, Asked.END)),
        *((chain.to_consumers, asked) for asked in (Asked.FETCH, Asked.OFFSET_COMMIT)),
    ]
    with chain.working(seed):
        chain.moved(3)
        topics = chain.topics
        for cable, asked in chance.sample(cuts, len(cuts)):
            cable.arm(asked, Cut.RESET)
            assert cable.hit.wait(PATIENCE), asked
        chain.moved(3)
    chain.check()
    assert chain.topics == topics


def test_processes_that_start_while_kafka_refuses_wait_for_it(chain: Chain) -> None:
    with chain.working(2):
        chain.moved(3)
        for child, cable in chain.parts:
            cable.refuse()
            child.kill()
            child.log.write_bytes(b"")
            child.start()
        head = chain.standing.head
        chain.until(lambda _: chain.publisher.said("cannot publish"))
        chain.until(lambda _: chain.consumers.said("begins anew"))
        now = chain.until(lambda now: now.head > head + 2)
        assert now.acknowledged <= head
        for _, cable in chain.parts:
            cable.mend()
        chain.moved(3)
    chain.check()


def test_answers_that_are_lost_without_a_word_are_not_believed_lost(chain: Chain) -> None:
    with chain.working(3):
        chain.moved(3)
        topics = chain.topics
        chain.to_publisher.arm(Asked.END, Cut.DEAF)
        chain.to_consumers.arm(Asked.OFFSET_COMMIT, Cut.SILENT)
        for _, cable in chain.parts:
            assert cable.hit.wait(PATIENCE)
        acknowledged = chain.standing.acknowledged
        assert eventually(lambda: chain.tracked() > acknowledged, PATIENCE)
        assert chain.uncommitted(EFFECTS) | chain.uncommitted("notifications")
        assert chain.standing.acknowledged == acknowledged
        for _, cable in chain.parts:
            cable.mend()
        chain.moved(3)
    chain.check()
    assert chain.topics == topics


def test_a_rebalance_that_outlasts_a_poll_is_not_forgotten(chain: Chain) -> None:
    base, cable = f"test.{new_id()}", chain.to_others
    chain.kafka.ensure(base, 1)
    reader = chain.kafka_by(cable.port).reader(base, names.every_generation(base))
    assert eventually(lambda: not reader.poll(0.1, 10) and bool(reader.assignment()), PATIENCE)
    cable.arm(Asked.SYNC_GROUP, Cut.HELD)
    later = chain.kafka.ensure(names.events(base, 2), 1).name
    writer = chain.kafka.writer()
    writer.write([Message(later, b"key", b"value")])
    writer.close()
    assert eventually(lambda: not reader.poll(0.1, 10) and cable.hit.is_set(), PATIENCE)
    for _ in range(3):
        assert reader.poll(0.1, 10) == []
    cable.mend()
    assert eventually(lambda: bool(reader.poll(0.1, 10)), PATIENCE / 6)
    reader.close()


def test_a_broker_killed_before_it_heard_of_a_commit_loses_and_doubles_nothing(
    chain: Chain,
) -> None:
    with chain.working(4):
        chain.moved(3)
        topics = chain.topics
        chain.to_publisher.arm(Asked.END, Cut.SILENT)
        assert chain.to_publisher.hit.wait(PATIENCE)
        assert chain.standing.acknowledged <= max(map(position_of, chain.published()))
        chain.kill_broker()
        assert chain.standing.acknowledged < chain.standing.head
        chain.to_publisher.cut(Cut.RESET)
        chain.to_publisher.mend()
        chain.broker.start()
        chain.moved(3)
    chain.check()
    assert chain.topics == topics


def test_a_database_killed_before_it_heard_of_a_commit_goes_on_behind_it(chain: Chain) -> None:
    with chain.working(5):
        chain.moved(3)
        topics, pids = chain.topics, [child.pid for child, _ in chain.parts]
        chain.to_publisher.arm(Asked.END, Cut.HELD)
        assert chain.to_publisher.hit.wait(PATIENCE)
        kill(chain.cluster)
        chain.cluster.start()
        acknowledged = chain.standing.acknowledged
        assert eventually(lambda: chain.tracked() > acknowledged, PATIENCE)
        chain.to_publisher.mend()
        chain.moved(3)
    chain.check()
    assert chain.topics == topics
    assert [child.pid for child, _ in chain.parts] == pids


def test_what_a_stranger_writes_is_parked_and_the_largest_event_goes_through(chain: Chain) -> None:
    contract = chain.office.contract()
    ticket, _ = chain.office.ticket(contract)
    chain.check()
    real = chain.published()[-1]
    assert real.value is not None
    forged = message_of(real.value, real.topic, ce_type=b"TicketOpened2")
    messages = [
        Message(real.topic, b"x", b"\x00 is no JSON"),
        forged,
        message_of(real.value, real.topic),
    ]
    writer = chain.kafka.writer()
    writer.write([one._replace(headers=(*one.headers, STRANGER)) for one in messages])
    writer.close()
    ids = tuple(new_id() for _ in range(1_530))
    text = said("See what is attached.", contract.holder)
    posted = MessagePosted(new_id(), Side.STAFF, Audience.PUBLIC, text, "en", ids)
    chain.office.record((ticket, contract.number, [posted]))
    chain.check()
    (longest,) = max(chain.rows("SELECT octet_length(envelope) FROM ledger.events"))
    assert longest > 60_000
    for consumer in (EFFECTS, "notifications"):
        parked = chain.rows(
            "SELECT reason, origin FROM consumers.parked WHERE consumer = %s ORDER BY reason",
            consumer,
        )
        assert len(parked) == 2
        assert parked[0][0] == "header ce_type contradicts the envelope"
        assert parked[1][0].startswith("no envelope: ")
        letters = everything_on(chain.broker.bootstrap, names.dead_letters(TOPIC, consumer))
        told = {
            (dict(one.headers)["ledger_reason"], dict(one.headers)["ledger_origin"])
            for one in letters
        }
        assert told == {(reason.encode(), origin.encode()) for reason, origin in parked}


def test_a_broker_that_lost_its_logs_gets_everything_again_and_nothing_has_two_effects(
    chain: Chain,
) -> None:
    with chain.working(6):
        chain.moved(3)
        lost, cluster = chain.topics[-1], chain.kafka.cluster()
        chain.lose_logs()
        chain.broker.start()
        assert chain.kafka.cluster() != cluster
        chain.until(lambda _: len(chain.topics) > 1)
        chain.moved(3)
    chain.check()
    generation, topic, reason = chain.topics[-1]
    assert (generation, topic) == (lost[0] + 1, f"{TOPIC}.{lost[0] + 1}")
    assert reason == "this is another cluster than before"
    assert chain.publisher.said(reason)
    assert min(position_of(one) for one in chain.published()) == 1


@seeds(1)
def test_whatever_fails_at_the_same_time_everything_arrives(chain: Chain, seed: int) -> None:
    fixed, fresh = random.Random(FIXED_SEED), random.Random(seed)
    with chain.working(seed + 10):
        chain.moved(3)
        topics = chain.topics
        faults = [chain.kill_broker, lambda: kill(chain.cluster)]
        for child, cable in chain.parts:
            faults += [child.kill, child.kill, cable.refuse]
            faults.append(lambda cable=cable: cable.cut(Cut.RESET))
        fixed.shuffle(faults)
        half = len(faults) // 2
        fresh.shuffle(rest := faults[half:])
        steps = [(fixed, fault) for fault in faults[:half]] + [(fresh, fault) for fault in rest]
        for chance, fault in steps:
            fault()
            if chance.random() < 0.6:
                chain.mend()
                if chance.random() < 0.5:
                    chain.moved(chance.randrange(1, 4))
        chain.mend()
        chain.moved(3)
    chain.check()
    assert chain.topics == topics
