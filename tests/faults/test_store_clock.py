"""Clocks that step: nothing is recorded at a false time, and time never runs backwards."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from support.databases import Database
from support.store import adding, again, rows, ticket, waiting_log

from domain.errors import ClockUnfit
from infra.clock import REBASE_SECONDS, Clocks, ClockWatch, steady_seconds
from infra.store import PostgresLog


@contextmanager
def database_clock(database: Database, offset: str) -> Iterator[None]:
    """Let the database's clock differ from the true time, as only its superuser can."""
    body = "CREATE OR REPLACE FUNCTION ledger.clock() RETURNS timestamptz LANGUAGE sql AS "
    with psycopg.connect(database.dsn_superuser, autocommit=True) as connection:
        connection.execute(f"{body} $$ SELECT clock_timestamp() + interval '{offset}' $$")
        try:
            yield
        finally:
            connection.execute(f"{body} $$ SELECT clock_timestamp() $$")


@dataclass
class Hands:
    """A clock of this process that a test can set."""

    offset: float = 0.0
    steady_offset: float = 0.0

    def wall(self) -> float:
        return time.time() + self.offset

    def steady(self) -> float:
        return steady_seconds() + self.steady_offset


def append(log: PostgresLog, at: datetime | None = None) -> datetime:
    return log.append_wait(adding(ticket(), 0, at=at)).recorded_at


def times(database: Database) -> list[tuple[datetime, bool]]:
    return rows(
        database.dsn_app, "SELECT recorded_at, clamped FROM ledger.events ORDER BY position"
    )


def test_a_database_clock_that_jumped_forward_is_unfit_and_poisons_nothing(
    database: Database, keys_dir: Path
) -> None:
    with waiting_log(database.dsn_app, keys_dir) as log:
        append(log)
        with database_clock(database, "6 seconds"), pytest.raises(ClockUnfit):
            append(log)
        append(log)
    recorded = times(database)
    assert len(recorded) == 2
    assert recorded[1][0] < datetime.now(UTC)


def test_a_database_clock_that_jumped_back_is_unfit(database: Database, keys_dir: Path) -> None:
    with waiting_log(database.dsn_app, keys_dir) as log:
        append(log)
        with database_clock(database, "-3 seconds"), pytest.raises(ClockUnfit):
            append(log)
        append(log)
    assert len(times(database)) == 2


def test_a_small_step_back_is_clamped_to_the_heads_time_and_marked(
    database: Database, keys_dir: Path
) -> None:
    with waiting_log(database.dsn_app, keys_dir) as log:
        with database_clock(database, "2 seconds"):
            first = append(log)
        with database_clock(database, "1.2 seconds"):
            second = append(log)
    assert second == first
    assert times(database) == [(first, False), (first, True)]


def test_a_known_command_is_answered_whatever_the_clock_says(
    database: Database, keys_dir: Path
) -> None:
    request = adding(ticket(), 0)
    with waiting_log(database.dsn_app, keys_dir) as log:
        first = log.append_wait(request)
        with database_clock(database, "-3 seconds"):
            assert log.append_wait(again(request)).event_ids == first.event_ids


@pytest.mark.parametrize("seconds", [-6, 6])
def test_a_caller_whose_clock_differs_is_refused_alone(
    database: Database, keys_dir: Path, seconds: int
) -> None:
    with waiting_log(database.dsn_app, keys_dir) as log:
        with pytest.raises(ClockUnfit):
            append(log, datetime.now(UTC) + timedelta(seconds=seconds))
        append(log, datetime.now(UTC) + timedelta(seconds=seconds / 2))
    assert len(times(database)) == 1


@pytest.mark.parametrize("seconds", [-6.0, 6.0])
def test_a_step_of_this_machines_clock_is_unfit_until_it_is_right_again(
    database: Database, keys_dir: Path, seconds: float
) -> None:
    hands = Hands()
    clocks = Clocks(hands.wall, hands.steady)
    with waiting_log(database.dsn_app, keys_dir, clocks=clocks) as log:
        append(log)
        hands.offset = seconds
        with pytest.raises(ClockUnfit):
            append(log)
        hands.offset = 0.0
        append(log)
    assert len(times(database)) == 2


def test_time_spent_waiting_is_not_taken_for_a_wrong_clock() -> None:
    hands = Hands()
    watch = ClockWatch(Clocks(hands.wall, hands.steady))
    asked_at, asked_steady = datetime.now(UTC), hands.steady()
    hands.offset = hands.steady_offset = 60.0
    moment = watch.moment(datetime.now(UTC) + timedelta(seconds=60), None)
    watch.require_agreement(moment, asked_at, asked_steady)


def test_years_of_small_corrections_do_not_add_up() -> None:
    hands = Hands()
    watch = ClockWatch(Clocks(hands.wall, hands.steady))
    for _ in range(5):
        hands.steady_offset += REBASE_SECONDS + 1
        hands.offset += REBASE_SECONDS + 1 + 3
        watch.moment(datetime.now(UTC), None)
