"""Rebuilding at size changes nothing, and whoever reads meanwhile notices nothing."""

import asyncio
import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import psycopg
import pytest
from support.databases import Database
from support.histories import History
from support.store import fresh_seed
from support.views import Ledger, all_items, eventually, ledger_on
from support.working import Working

from domain.errors import Unavailable
from infra.pool import Pool
from projections import rebuild
from projections.opening import Reads
from projections.queue import page

PAGE = 50
KILLS = 6
BUSY = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'ledger rebuild'"
ROOT = Path(__file__).parents[2]


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


class Polling(Working):
    """Reads the first page over and over, and keeps what was wrong with it."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.wrong: list[object] = []
        self.reads = 0

    def work(self, _: int) -> None:
        asyncio.run(self._poll())

    async def _poll(self) -> None:
        pool = Pool(self.ledger.database.dsn_app)
        await pool.open()
        reads = Reads(pool, self.ledger.codec.sealer)
        try:
            while not self.ending.is_set():
                found = await page(reads, limit=PAGE)
                self.reads += 1
                if len(found.items) != PAGE:
                    self.wrong.append(len(found.items))
        except Exception as error:  # noqa: BLE001 - the test tells it
            self.wrong.append(error)
        finally:
            await pool.close()


@pytest.mark.parametrize("events", [5_000, 200_000])
def test_a_rebuild_changes_nothing_and_disturbs_nobody(ledger: Ledger, events: int) -> None:
    history = History(fresh_seed(), tickets=events // 40, contracts=50, late=0.1)
    last = ledger.tell(history.requests(events))
    seen: list[int] = []
    with ledger.following(batch=5_000):
        ledger.wait("queue", last)
        with Polling(ledger) as polling:
            difference = rebuild.rebuild_queue(
                ledger.database.dsn_owner, lambda at, _head: seen.append(at)
            )
        ledger.wait("queue", ledger.tell(history.requests(200)))
    assert polling.wrong == []
    assert polling.reads > 0
    assert (difference.removed, difference.added) == (0, 0)
    assert difference.rows > events * 0.9
    assert seen == sorted(seen)
    assert seen[-1] >= last


def test_a_rebuild_mends_what_was_wrong_and_says_which_tickets(ledger: Ledger) -> None:
    history = History(fresh_seed())
    ledger.follow(ledger.tell(history.requests(500)))
    ticket = history.tickets[0].stream.id
    ledger.rows("UPDATE views.queue SET language = 'xx' WHERE ticket = %s", [ticket])
    first = rebuild.rebuild_queue(ledger.database.dsn_owner)
    assert (first.removed, first.added, first.tickets) == (1, 1, (ticket,))
    assert rebuild.rebuild_queue(ledger.database.dsn_owner).empty


def test_events_that_come_during_a_rebuild_are_in_the_rebuilt_queue(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = History(fresh_seed())
    ledger.follow(ledger.tell(history.requests(300)))
    swap = rebuild.Builder.swap

    def late(builder: rebuild.Builder) -> int:
        ledger.follow(ledger.tell(history.requests(100)))
        return swap(builder)

    monkeypatch.setattr(rebuild.Builder, "swap", late)
    assert rebuild.rebuild_queue(ledger.database.dsn_owner).empty
    last = ledger.tell(history.requests(100))
    ledger.follow(last)
    monkeypatch.undo()
    assert rebuild.rebuild_queue(ledger.database.dsn_owner).empty
    assert ledger.tracked("queue")[0] == last


def test_a_rebuild_killed_anywhere_leaves_the_queue_and_can_be_run_again(ledger: Ledger) -> None:
    seed = fresh_seed()
    chance = random.Random(seed)
    ledger.follow(ledger.tell(History(seed).requests(1_000)))
    rows = ledger.versions()
    for _ in range(KILLS):
        process = start_rebuild(ledger.database.dsn_owner)
        assert eventually(lambda: ledger.rows(BUSY)[0][0] > 0)
        time.sleep(chance.random() / 2)
        process.kill()
        process.wait()
        assert ledger.versions() == rows
    assert eventually(lambda: ledger.rows(BUSY)[0][0] == 0)
    assert rebuild.rebuild_queue(ledger.database.dsn_owner).empty
    assert ledger.versions() == rows


def start_rebuild(dsn: str) -> subprocess.Popen[bytes]:
    command = f"from projections.rebuild import rebuild_queue; rebuild_queue({dsn!r})"
    return subprocess.Popen([sys.executable, "-c", command], cwd=ROOT, env={"PATH": ""})


def test_a_reader_in_the_way_delays_the_swap_and_never_loses(ledger: Ledger) -> None:
    history = History(fresh_seed())
    ledger.follow(ledger.tell(history.requests(300)))
    with psycopg.connect(ledger.database.dsn_app) as reader:
        reader.execute("SELECT count(*) FROM views.queue")
        made: list[rebuild.Difference] = []
        thread = threading.Thread(
            target=lambda: made.append(rebuild.rebuild_queue(ledger.database.dsn_owner))
        )
        thread.start()
        assert eventually(lambda: ledger.rows(f"{BUSY} AND wait_event_type = 'Lock'")[0][0] == 1)
        items = ledger.read(lambda reads: all_items(partial(page, reads)))
        assert items
        assert thread.is_alive()
        reader.rollback()
        thread.join()
    assert made[0].empty


def test_a_second_rebuild_at_once_is_refused(ledger: Ledger) -> None:
    lock = "SELECT pg_advisory_lock(hashtextextended('ticket-ledger/rebuild/queue', 0))"
    with psycopg.connect(ledger.database.dsn_owner) as other:
        other.execute(lock)
        with pytest.raises(Unavailable, match="another rebuild"):
            rebuild.rebuild_queue(ledger.database.dsn_owner)
