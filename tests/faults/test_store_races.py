"""Many writers at once: positions stay dense, readers miss nothing, no update is lost."""

import json
import os
import subprocess
import sys
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
from support.databases import Database
from support.store import adding, fresh_seed, positions, rows, ticket, waiting_log
from support.working import Working

from domain.errors import Stale
from infra.reader import read_batch

ROOT = Path(__file__).parents[2]
PROCESSES = 3
REQUESTS = 25


class Tail(Working):
    """A reader that follows the events while they are written."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self.seen: list[int] = []

    def work(self, _: int) -> None:
        with psycopg.connect(self._dsn, autocommit=True) as connection:
            while True:
                ending = self.ending.is_set()
                last = self.seen[-1] if self.seen else 0
                batch = read_batch(connection, last, 1000)
                self.seen += [position for position, _ in batch]
                if ending and not batch:
                    return


def appenders(database: Database, data: Path, seed: int, *shared: str) -> list[dict[str, Any]]:
    """Run processes of 11 threads each; return what they were told, request by request."""
    command = [sys.executable, "-W", "error", "-m", "support.appender", database.dsn_app]
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    started = []
    for n in range(PROCESSES):
        place = data / str(n)
        place.mkdir()
        arguments = [str(place), f"{seed}/{n}", str(REQUESTS), *shared]
        started.append(
            subprocess.Popen(
                [*command, *arguments], stdout=subprocess.PIPE, text=True, env=environment
            )
        )
    outputs = [process.communicate(timeout=120)[0] for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES
    told = [json.loads(line) for output in outputs for line in output.splitlines()]
    return [each for each in told if each["outcome"] != "sent"]


def test_three_processes_of_eleven_threads_and_a_tailing_reader(
    database: Database, keys_dir: Path
) -> None:
    seed = fresh_seed()
    shared = [str(ticket().id) for _ in range(3)]
    with Tail(database.dsn_follower) as tail:
        told = appenders(database, keys_dir, seed, *shared)
    accepted = [each for each in told if each["outcome"] == "accepted"]
    assert Counter(each["outcome"] for each in told).keys() <= {"accepted", "stale"}
    count = sum(each["events"] for each in accepted)
    assert positions(database.dsn_owner) == list(range(1, count + 1))
    assert tail.seen == list(range(1, count + 1))
    held = rows(
        database.dsn_owner,
        "SELECT position, stream_id::text, stream_version FROM ledger.events",
    )
    place = {(stream, version): position for position, stream, version in held}
    for each in accepted:
        assert place[each["stream"], each["version"]] == each["position"]
    for stream in {stream for stream, _ in place}:
        versions = sorted(version for named, version in place if named == stream)
        assert versions == list(range(1, len(versions) + 1))


def test_thirty_two_threads_update_one_stream_and_no_update_is_lost(
    database: Database, keys_dir: Path
) -> None:
    stream = ticket()
    threads, updates = 32, 5
    with waiting_log(database.dsn_app, keys_dir) as log:

        def update() -> None:
            version = 0
            for _ in range(updates):
                while True:
                    try:
                        version = log.append_wait(adding(stream, version)).version
                        break
                    except Stale as stale:
                        version = stale.actual

        with ThreadPoolExecutor(threads) as pool:
            for done in [pool.submit(update) for _ in range(threads)]:
                done.result()
    assert positions(database.dsn_app) == list(range(1, threads * updates + 1))


def test_of_two_writers_on_one_stream_one_wins_and_the_other_learns_what_changed(
    database: Database, keys_dir: Path
) -> None:
    first, second = keys_dir / "1", keys_dir / "2"
    first.mkdir()
    second.mkdir()
    with (
        waiting_log(database.dsn_app, first) as one,
        waiting_log(database.dsn_app, second) as other,
        ThreadPoolExecutor(2) as pool,
    ):
        for _ in range(20):
            stream, start = ticket(), threading.Barrier(2)

            def write(log: Any, tag: str, stream: Any = stream, start: Any = start) -> Any:
                start.wait()
                try:
                    return log.append_wait(adding(stream, 0, tag))
                except Stale as stale:
                    return stale

            results = [pool.submit(write, one, "a"), pool.submit(write, other, "b")]
            outcomes = [result.result() for result in results]
            losers = [outcome for outcome in outcomes if isinstance(outcome, Stale)]
            assert losers == [Stale(0, 1)]
