"""The consumers' process: what is configured is run, and stopped when told to."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support import databases
from support.databases import Database
from support.histories import History
from support.store import fresh_seed
from support.views import Ledger, eventually, ledger_on

from consumers.registry import services
from consumers.service import Store
from domain.errors import Malformed
from infra.postgres import Cluster, Role
from infra.settings import Settings

ROOT = Path(__file__).parents[2]
LOG = "consumers.log"


@contextmanager
def serving(settings: Settings, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    given = os.environ | {"LEDGER_DATA": str(settings.data), "LEDGER_KEK": "A" * 43 + "="}
    command = [sys.executable, "-W", "error", "-m", "consumers.serve"]
    with (settings.data / LOG).open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=given | environment, stderr=errors)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_is_configured_runs_through_a_lost_connection_and_stops_within_seconds(
    database: Database, cluster: Cluster, keys_dir: Path, settings: Settings
) -> None:
    with ledger_on(database, keys_dir) as ledger, databases.fresh(cluster) as elsewhere:
        there = Ledger(elsewhere, ledger.codec)
        mark = "SELECT upto FROM consumers.progress WHERE consumer = 'queue-copy'"
        history = History(fresh_seed(), tickets=10)
        first = ledger.tell(history.requests(50))
        with serving(
            settings,
            LEDGER_DATABASE_CONSUMER_URL=database.dsn_consumer,
            LEDGER_CONSUMER_DATABASE_URL=elsewhere.dsn_owner,
            LEDGER_CONSUMERS='["queue-copy"]',
        ) as process:
            assert eventually(lambda: there.rows(mark) == [(first,)]), there.rows(mark)
            cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            ledger.rows(f"{cut} WHERE application_name LIKE 'ledger consumer %'")
            last = ledger.tell(history.requests(50))
            assert eventually(lambda: there.rows(mark) == [(last,)]), there.rows(mark)
            told = time.monotonic()
            process.send_signal(signal.SIGTERM)
            assert process.wait(15) == 0
            assert time.monotonic() - told < 12
        assert b"begins anew" in (settings.data / LOG).read_bytes()
        ledger.follow(last)
        assert there.versions() == ledger.versions()


def test_a_store_that_is_not_there_yet_is_waited_for(
    cluster: Cluster, database: Database, settings: Settings
) -> None:
    elsewhere = cluster.dsn(Role.CONSUMER, "no_such_database")
    with serving(settings, LEDGER_DATABASE_CONSUMER_URL=elsewhere) as process:
        told = settings.data / LOG
        assert eventually(lambda: told.read_bytes().count(b"store away") > 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(15) == 0


def test_a_consumer_that_is_not_configured_cannot_be_asked_for(
    database: Database, keys_dir: Path
) -> None:
    asked = database.settings(keys_dir, consumers=("nobody",))
    with (
        ledger_on(database, keys_dir) as ledger,
        pytest.raises(Malformed, match="no nobody is configured"),
    ):
        services(asked, Store(database.dsn_consumer, ledger.codec))
