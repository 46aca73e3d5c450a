"""What is acknowledged is on disk: settings in every connection, and the fsyncs themselves."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from support.databases import Database
from support.store import adding, keys_of, rows, ticket, waiting_log

from domain.errors import Unavailable
from infra import append
from infra.arrays import register_arrays
from infra.batch import Entries, Wanted
from infra.headfile import NOTHING
from infra.store import open_log

SETTINGS = "SELECT name, setting FROM pg_settings WHERE name = ANY (%s) ORDER BY name"
NAMES = ["fsync", "full_page_writes", "synchronous_commit"]
SAFE = [(name, "on") for name in NAMES]


def test_every_pooled_connection_is_durable(database: Database, keys_dir: Path) -> None:
    async def shown() -> list[object]:
        keys = keys_of(keys_dir)
        async with open_log(database.dsn_app, keys_dir, keys) as log:
            pool = log.reader.pool
            async with pool.connection() as one, pool.connection() as other:
                found = []
                for connection in (one, other):
                    cursor = await connection.execute(SETTINGS, [NAMES])
                    found.append(await cursor.fetchall())
            await log.append(adding(ticket(), 0))
            link = log.flusher.link
            assert link is not None
            found.append(link.connection.execute(SETTINGS, [NAMES]).fetchall())
        keys.close()
        return found

    assert asyncio.run(shown()) == [SAFE, SAFE, SAFE]


@contextmanager
def database_setting(database: Database, name: str, value: str) -> Iterator[None]:
    statement = f"ALTER DATABASE {database.name} SET {name} = {value}"
    with psycopg.connect(database.dsn_superuser, autocommit=True) as connection:
        connection.execute(statement)
    yield


@pytest.mark.parametrize("value", ["off", "local", "remote_write"])
def test_an_append_is_refused_where_a_commit_might_not_last(
    database: Database, keys_dir: Path, value: str
) -> None:
    with (
        database_setting(database, "synchronous_commit", value),
        waiting_log(database.dsn_app, keys_dir) as log,
        pytest.raises(Unavailable, match="synchronous_commit"),
    ):
        log.append_wait(adding(ticket(), 0))


def test_durability_cannot_be_given_up_between_the_two_steps(database: Database) -> None:
    with psycopg.connect(database.dsn_app) as connection:
        register_arrays(connection)
        append.begin(connection, NOTHING, Wanted((), (), (), ()))
        connection.execute("SET LOCAL synchronous_commit = off")
        with pytest.raises(psycopg.Error) as refusal, connection.cursor() as cursor:
            append.finish(cursor, 1, datetime.now(UTC), Entries(1), clamped=False)
        assert refusal.value.sqlstate == "LD001"


def test_an_append_is_refused_in_an_isolation_that_reads_the_past(database: Database) -> None:
    with psycopg.connect(
        database.dsn_app, options="-c default_transaction_isolation=serializable"
    ) as connection:
        register_arrays(connection)
        with pytest.raises(psycopg.Error) as refusal:
            append.begin(connection, NOTHING, Wanted((), (), (), ()))
    assert refusal.value.sqlstate == "LD002"


def test_appends_fsync_the_write_ahead_log(database: Database, keys_dir: Path) -> None:
    fsyncs = "SELECT sum(fsyncs) FROM pg_stat_io WHERE object = 'wal' AND context = 'normal'"
    flush = "SELECT pg_stat_force_next_flush()"
    with waiting_log(database.dsn_app, keys_dir) as log:
        log.append_wait(adding(ticket(), 0))
        before = rows(database.dsn_superuser, fsyncs)[0][0]
        for _ in range(20):
            log.append_wait(adding(ticket(), 0))
        link = log.flusher.link
        assert link is not None
        link.connection.execute(flush)
        link.connection.commit()
        after = rows(database.dsn_superuser, fsyncs)[0][0]
    assert after - before >= 20
