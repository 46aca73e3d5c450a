"""Answers that never arrive: a command sent again records once and gets the first answer."""

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from support.databases import Database
from support.proxy import Proxy
from support.store import PERIOD, adding, again, fresh_seed, positions, rows, ticket, waiting_log

from domain.errors import OutcomeUnknown
from domain.log import CommandKey, Request
from domain.stream import Stream, StreamKind
from infra.postgres import Role

ROOT = Path(__file__).parents[2]
SEEDS = 20


def through_tcp(database: Database) -> str:
    return database.cluster.dsn(Role.APP, database.name, tcp=True)


@dataclass
class Told:
    """What a killed client said before: what it sent, and what it was answered."""

    sent: dict[str, dict[str, Any]]
    answered: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, path: Path) -> "Told":
        told = cls({}, {})
        for line in path.read_text("ascii").splitlines(keepends=True):
            if line.endswith("\n"):
                said = json.loads(line)
                place = told.sent if said["outcome"] == "sent" else told.answered
                place[said["command"]] = said
        return told


def run_and_kill(database: Database, place: Path, seed: int) -> Told:
    """Let a client append through a proxy, swallow an answer, kill the client."""
    chance = random.Random(seed)
    output = place / "told.jsonl"
    environment = os.environ | {"PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}"}
    with Proxy(through_tcp(database)) as proxy, output.open("wb") as file:
        command = [sys.executable, "-m", "support.appender", proxy.dsn]
        client = subprocess.Popen(
            [*command, str(place), str(seed), "100000"], stdout=file, env=environment
        )
        try:
            wanted = chance.randrange(20, 60)
            while output.read_bytes().count(b"accepted") < wanted:
                assert client.poll() is None
                time.sleep(0.02)
            proxy.swallow_by(chance)
            assert proxy.swallowed.wait(30)
        finally:
            client.kill()
            client.wait()
    return Told.read(output)


def _when(event: threading.Event, action: Callable[[], None]) -> threading.Thread:
    def act() -> None:
        if event.wait(30):
            action()

    thread = threading.Thread(target=act)
    thread.start()
    return thread


def test_a_command_whose_client_was_killed_is_recorded_once(
    database: Database, keys_dir: Path
) -> None:
    chance = random.Random(fresh_seed())
    flown = recorded = 0
    for seed in chance.sample(range(10**6), SEEDS):
        place = keys_dir / str(seed)
        place.mkdir()
        told = run_and_kill(database, place, seed)
        flying = told.sent.keys() - told.answered.keys()
        found = settle(database, keys_dir, told, flying)
        print(f"seed {seed}: {len(flying)} in flight, {found} of them recorded")
        flown += bool(flying)
        recorded += bool(found)
    assert flown >= SEEDS / 2
    assert recorded


def settle(database: Database, place: Path, told: Told, flying: set[str]) -> int:
    """Send commands again, twice; return how many unanswered ones had been recorded."""
    answered = {c for c, said in told.answered.items() if said["outcome"] == "accepted"}
    before = {row[0].hex() for row in rows(database.dsn_app, "SELECT id FROM ledger.commands")}
    assert answered <= before
    events = len(positions(database.dsn_app))
    with waiting_log(database.dsn_app, place) as log:
        for command in (*flying, *sorted(answered)[:5]):
            request = _rebuilt(told.sent[command])
            first = log.append_wait(request)
            assert first.replayed == (command in before)
            if command in answered:
                assert first.position == told.answered[command]["position"]
            events += 0 if first.replayed else len(request.writes[0].events)
            assert log.append_wait(request).event_ids == first.event_ids
    assert positions(database.dsn_app) == list(range(1, events + 1))
    return len(flying & before)


def _rebuilt(said: dict[str, Any]) -> Request:
    key = CommandKey(bytes.fromhex(said["command"]), (PERIOD + b"." * 32,))
    stream = Stream(StreamKind.TICKET, UUID(said["stream"]))
    return adding(stream, said["expected"], *["x"] * said["events"], command=key)


def test_a_swallowed_answer_is_found_on_a_new_connection(
    database: Database, keys_dir: Path
) -> None:
    with (
        Proxy(through_tcp(database)) as proxy,
        waiting_log(proxy.dsn, keys_dir, patience=20) as log,
    ):
        log.append_wait(adding(ticket(), 0))
        proxy.swallow_commit()
        request = adding(ticket(), 0)
        healer = _when(proxy.swallowed, proxy.heal)
        answer = log.append_wait(request)
        healer.join()
        assert not answer.replayed
        assert log.append_wait(again(request)).event_ids == answer.event_ids
    assert positions(database.dsn_app) == [1, 2]


def test_an_answer_that_cannot_be_found_is_reported_unknown_not_refused(
    database: Database, keys_dir: Path
) -> None:
    with waiting_log(database.dsn_app, keys_dir) as direct:
        with (
            Proxy(through_tcp(database)) as proxy,
            waiting_log(proxy.dsn, keys_dir, patience=0.0) as log,
        ):
            log.append_wait(adding(ticket(), 0))
            proxy.swallow_commit()
            request = adding(ticket(), 0)
            cutter = _when(proxy.swallowed, proxy.cut)
            with pytest.raises(OutcomeUnknown):
                log.append_wait(request)
            cutter.join()
            proxy.heal()
        answer = direct.append_wait(again(request))
    assert answer.replayed
    assert positions(database.dsn_app) == [1, 2]
