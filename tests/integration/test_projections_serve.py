"""The followers' process: every projection is followed, measured, and stopped when told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.databases import Database
from support.histories import History
from support.store import fresh_seed
from support.views import Ledger, eventually, ledger_on

from infra.postgres import Role
from infra.settings import Settings
from projections.metrics import FILE

ROOT = Path(__file__).parents[2]
LOG = "followers.log"


@pytest.fixture
def ledger(database: Database, keys_dir: Path) -> Iterator[Ledger]:
    with ledger_on(database, keys_dir) as made:
        yield made


@contextmanager
def serving(settings: Settings, dsn: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = os.environ | {
        "LEDGER_DATA": str(settings.data),
        "LEDGER_DATABASE_FOLLOWER_URL": dsn,
        "LEDGER_KEK": "A" * 43 + "=",
    }
    command = [sys.executable, "-W", "error", "-m", "projections.serve"]
    with (settings.data / LOG).open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stderr=errors)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_every_projection_is_followed_and_stops_within_seconds(
    ledger: Ledger, settings: Settings
) -> None:
    last = ledger.tell(History(fresh_seed()).requests(200))
    with serving(settings, ledger.database.dsn_follower) as process:
        for name in ("queue", "people"):
            ledger.wait(name, last)
        told = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert time.monotonic() - told < 10
    for name in ("queue", "people"):
        assert ledger.tracked(name) == (last, "stopped", None)
    metrics = (settings.data / FILE).read_text("utf-8")
    assert f'ledger_follower_position{{follower="queue"}} {last}.0' in metrics


def test_a_store_that_is_not_there_yet_is_waited_for(ledger: Ledger, settings: Settings) -> None:
    elsewhere = ledger.database.cluster.dsn(Role.FOLLOWER, "no_such_database")
    with serving(settings, elsewhere) as process:
        told = settings.data / LOG
        assert eventually(lambda: told.read_bytes().count(b"store away") > 1)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
