"""Followers are killed, doubled, cut off and poisoned: the queue ends as if nothing had been."""

import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from support import following
from support.databases import Database
from support.histories import History
from support.own_cluster import kill, own_cluster
from support.store import adding, fresh_seed, ticket
from support.views import Ledger, eventually, ledger_on

from infra.postgres import Role
from projections.projection import Cursor, Followed
from projections.rebuild import rebuild_queue

KILLS = 12


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


def test_a_follower_killed_again_and_again_ends_with_the_same_rows(ledger: Ledger) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    last = ledger.tell(History(seed, tickets=200).requests(4_000))
    at = 0
    for _ in range(KILLS):
        process = following.start(ledger.database.dsn_follower, 20)
        aim = min(last, at + chance.randint(1, 300))
        assert eventually(lambda aim=aim: ledger.tracked("queue")[0] >= aim)
        process.kill()
        process.wait()
        at = ledger.tracked("queue")[0]
    assert ledger.follow(last).failed is False, ledger.tracked("queue")
    assert rebuild_queue(ledger.database.dsn_owner).empty


def test_a_second_copy_waits_and_takes_over(ledger: Ledger) -> None:
    history = History(fresh_seed())
    last = ledger.tell(history.requests(300))
    first = following.start(ledger.database.dsn_follower, 100)
    ledger.wait("queue", last)
    second = following.start(ledger.database.dsn_follower, 100)
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE '%follower queue'"
    in_turn = f"{waiting} AND query LIKE '%pg_try_advisory_lock%'"
    assert eventually(lambda: ledger.rows(waiting)[0][0] == 2)
    assert eventually(lambda: ledger.rows(in_turn)[0][0] == 1)
    try:
        ledger.wait("queue", ledger.tell(history.requests(300)))
        assert ledger.rows(in_turn)[0][0] == 1, "one of them does nothing but wait"
        first.kill()
        first.wait()
        ledger.wait("queue", ledger.tell(history.requests(300)))
        assert second.poll() is None
    finally:
        first.kill()
        second.terminate()
        first.wait()
        assert second.wait(10) == 0
    assert ledger.tracked("queue")[1:] == ("stopped", None)
    assert rebuild_queue(ledger.database.dsn_owner).empty


def test_a_follower_survives_a_restart_of_the_database(tmp_path: Path, state: Path) -> None:
    history = History(fresh_seed())
    with own_cluster(tmp_path, state) as cluster:
        database = _Own(cluster.dsn(Role.APP), cluster.dsn(Role.FOLLOWER), cluster.dsn(Role.OWNER))
        (tmp_path / "keys").mkdir()
        with ledger_on(database, tmp_path / "keys") as ledger, ledger.following() as follower:
            ledger.wait("queue", ledger.tell(history.requests(200)))
            for _ in range(2):
                kill(cluster)
                cluster.start()
                ledger.wait("queue", ledger.tell(history.requests(200)))
            assert follower.failed is False
            assert rebuild_queue(database.dsn_owner).empty


class _Own:
    def __init__(self, app: str, follower: str, owner: str) -> None:
        self.dsn_app, self.dsn_follower, self.dsn_owner = app, follower, owner
        self.dsn_superuser = owner


def counting() -> Followed:
    """A projection that can handle everything."""

    def apply(_cursor: Cursor, _envelopes: Sequence[bytes]) -> None: ...

    return Followed("counting", apply)


def test_an_event_that_cannot_be_handled_stops_its_follower_and_no_other(
    ledger: Ledger,
) -> None:
    history = History(fresh_seed())
    good = ledger.tell(history.requests(300))
    poison = ledger.tell([adding(ticket(), 0, "mail")])
    last = ledger.tell(history.requests(100))
    with ledger.following() as queue, ledger.following(counting()) as other:
        ledger.wait("queue", last)
        ledger.wait("counting", last)
        assert (queue.failed, other.failed) == (True, False)
        ledger.wait("counting", ledger.tell(history.requests(100)))
    position, state, error = ledger.tracked("queue")
    assert (position, state) == (good, "failed")
    assert f"position {poison}" in str(error)


def test_a_follower_whose_last_event_is_gone_stands_still_until_the_queue_is_rebuilt(
    ledger: Ledger,
) -> None:
    history = History(fresh_seed())
    last = ledger.tell(history.requests(100))
    ledger.follow(last)
    ledger.rows("UPDATE views.followers SET leaf_hash = sha256('another event')")
    with ledger.following() as follower:
        assert eventually(lambda: ledger.tracked("queue")[1] == "failed")
        assert "Forked" in str(ledger.tracked("queue")[2])
        assert rebuild_queue(ledger.database.dsn_owner).empty
        ledger.wait("queue", ledger.tell(history.requests(100)))
        assert eventually(lambda: ledger.tracked("queue")[1] == "following")
        assert follower.failed is False
