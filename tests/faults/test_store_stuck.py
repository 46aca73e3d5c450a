"""Processes that stop in the middle: what they hold is taken from them in bounded time."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import psycopg
import pytest
from support.databases import Database
from support.own_cluster import own_cluster
from support.store import adding, again, rows, ticket, waiting_log

from domain.errors import OutcomeUnknown
from infra import append, flusher
from infra.arrays import register_arrays
from infra.batch import Wanted
from infra.headfile import NOTHING
from infra.postgres import Role

IDLE_SECONDS = 5
"""idle_in_transaction_session_timeout, as begin_append sets it."""


def test_a_client_stuck_in_its_transaction_stops_others_no_longer_than_the_time_out(
    database: Database, keys_dir: Path
) -> None:
    with (
        psycopg.connect(database.dsn_app) as stuck,
        waiting_log(database.dsn_app, keys_dir) as log,
    ):
        register_arrays(stuck)
        append.begin(stuck, NOTHING, Wanted((), (), (), ()))
        begun = time.monotonic()
        assert log.append_wait(adding(ticket(), 0)).position == 1
        assert time.monotonic() - begun < IDLE_SECONDS + 3
        with pytest.raises(psycopg.errors.IdleInTransactionSessionTimeout):
            stuck.execute("SELECT 1")


def test_the_time_outs_hold_whatever_the_session_had_set(database: Database) -> None:
    with psycopg.connect(
        database.dsn_app,
        options="-c idle_in_transaction_session_timeout=0 -c statement_timeout=0",
    ) as connection:
        register_arrays(connection)
        append.begin(connection, NOTHING, Wanted((), (), (), ()))
        shown = connection.execute(
            "SELECT current_setting('idle_in_transaction_session_timeout'), "
            "current_setting('statement_timeout')"
        ).fetchone()
    assert shown == (f"{IDLE_SECONDS}s", "10s")


def test_nobody_but_the_append_functions_can_take_the_append_lock(database: Database) -> None:
    for dsn in (database.dsn_app, database.dsn_follower, database.dsn_eraser):
        with (
            psycopg.connect(dsn) as connection,
            pytest.raises(psycopg.errors.InsufficientPrivilege),
        ):
            connection.execute("LOCK TABLE ledger.append_lock IN ACCESS SHARE MODE")


def test_a_commit_that_the_standby_did_not_confirm_is_reported_unknown(
    tmp_path: Path, state: Path
) -> None:
    waits = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
    with own_cluster(tmp_path, state) as cluster:
        dsn, superuser = cluster.dsn(Role.APP), cluster.dsn(Role.SUPERUSER)
        with waiting_log(dsn, tmp_path) as log, ThreadPoolExecutor(1) as caller:
            answer = None
            synchronous_standby(superuser, "nobody")
            ends = time.monotonic() + 20
            # Every process learns of the setting in its own time: some commits may not wait yet.
            while not (waiting := rows(superuser, waits)):
                assert time.monotonic() < ends
                if answer is None or answer.done():
                    request = adding(ticket(), 0)
                    answer = caller.submit(log.append_wait, request)
                time.sleep(0.05)
            rows(superuser, "SELECT pg_cancel_backend(%s)", waiting[0])
            with pytest.raises(OutcomeUnknown):
                answer.result()
            synchronous_standby(superuser, "")
            assert log.append_wait(again(request)).replayed


def synchronous_standby(superuser: str, name: str) -> None:
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
        connection.execute("SELECT pg_reload_conf()")


def test_callers_of_a_frozen_server_learn_that_the_outcome_is_unknown(
    tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(flusher, "STUCK_SECONDS", 1.0)
    with own_cluster(tmp_path, state) as cluster:
        dsn = cluster.dsn(Role.APP)
        with waiting_log(dsn, tmp_path, patience=30) as log:
            log.append_wait(adding(ticket(), 0))
            backend = rows(
                dsn, "SELECT pid FROM pg_stat_activity WHERE application_name = 'ledger append'"
            )[0][0]
            os.kill(backend, signal.SIGSTOP)
            request = adding(ticket(), 0)
            try:
                with pytest.raises(OutcomeUnknown):
                    log.append_wait(request)
            finally:
                psutil.Process(backend).resume()
            answer = log.append_wait(again(request))
            assert answer.position == 2
        assert rows(dsn, "SELECT count(*) FROM ledger.events") == [(2,)]
