"""What members of a group leave to each other, and a redrive of much at once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from support.consuming import Effects, Fed, fed_by
from support.databases import Database
from support.store import adding, ticket
from support.views import eventually, ledger_on

from consumers import parking
from consumers.inbox import Inbox
from consumers.judging import Judge
from consumers.messages import Message
from consumers.parking import Redriven, redrive

WAITING = (
    "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
)


@pytest.fixture
def fed(database: Database, keys_dir: Path, tmp_path: Path) -> Iterator[Fed]:
    with ledger_on(database, keys_dir) as ledger:
        yield fed_by(ledger, None, tmp_path)


def test_what_was_handled_at_the_same_moment_is_not_told_as_a_lag(fed: Fed) -> None:
    fed.tell(adding(ticket(), 0) for _ in range(4))
    rows = fed.ledger.rows("SELECT position, envelope FROM ledger.events ORDER BY position")
    one, two, three, four = [Message(bytes(raw), f"t/0/{position}") for position, raw in rows]
    effects = Effects()
    fed.register(effects.name)
    inbox = Inbox(effects, Judge(fed.ledger.codec.ledger))
    with psycopg.connect(fed.dsn) as first, psycopg.connect(fed.dsn) as second:
        inbox.receive(first.cursor(), [one, three], lambda _: None)
        inbox.receive(second.cursor(), [two, four], lambda _: None)
        first.commit()
        second.commit()
        assert fed.mark(effects.name) == 1
        inbox.fold(first.cursor())
        first.commit()
    assert fed.mark(effects.name) == 4
    fed.assert_once_in_order(effects.name, range(1, 5))


def test_many_lanes_are_worked_off_without_waiting_for_events_between_them(fed: Fed) -> None:
    last = fed.tell(adding(ticket(), 0) for _ in range(80))
    effects = Effects(poison=dict.fromkeys(range(1, last + 1), 10**6))
    member = fed.member(effects, poll=1.0)
    with fed.running(member):
        fed.reach(effects.name, last)
        effects.poison.clear()
        assert redrive(fed.dsn, effects.name) == Redriven(80, 80)
        assert eventually(lambda: not fed.parked(effects.name)), "one a second takes too long"
    fed.assert_once_in_order(effects.name, range(1, last + 1))


def test_a_redrive_takes_lanes_in_the_order_in_which_members_do(fed: Fed) -> None:
    effects = Effects()
    fed.register(effects.name)
    with ThreadPoolExecutor() as pool, psycopg.connect(fed.dsn) as member:
        for lane in ("second", "first"):
            fed.ledger.rows("INSERT INTO consumers.lanes VALUES (%s, %s)", [effects.name, lane])
        cursor = member.cursor()
        assert parking.blocked(cursor, effects.name, {"first"})
        redriven = pool.submit(redrive, fed.dsn, effects.name)
        assert eventually(lambda: bool(fed.ledger.rows(WAITING)))
        assert parking.blocked(cursor, effects.name, {"second"}), "each waits for the other"
        member.commit()
        assert redriven.result() == Redriven(2, 0)
