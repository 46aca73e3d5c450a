"""What is said of consumers is what their tables hold, and a redrive lets all of it be tried."""

import asyncio
from typing import Any

import psycopg
import pytest
from support.databases import Database

from cli.status import _elsewhere
from consumers.redriving import redrive
from domain.errors import NotFound
from infra.pool import Pool
from projections.status import elsewhere

STREAM = "01890000-0000-7000-8000-000000000001"
GIVEN_UP = """
    INSERT INTO consumers.webhooks (endpoint, epoch, position, stream, event, body, due, tries)
    VALUES ('shop', 1, %(position)s, %(stream)s, %(stream)s, '{}', %(due)s, 3)
"""


@pytest.fixture(name="troubled")
def _troubled(database: Database) -> Database:
    """Two consumers: one that parked two events of a stream, and gave up sending a third."""
    with psycopg.connect(database.dsn_consumer) as connection:
        for name in ("webhooks", "signals"):
            connection.execute(
                "INSERT INTO consumers.groups (name, feed, retried) VALUES (%s, 'store', 4)", [name]
            )
            connection.execute("INSERT INTO consumers.progress VALUES (%s, 1, 7)", [name])
        connection.execute("INSERT INTO consumers.lanes VALUES ('webhooks', %s)", [STREAM])
        for position in (3, 4):
            connection.execute(
                "INSERT INTO consumers.parked (consumer, origin, lane, epoch, position, stream,"
                " envelope, reason, attempts) VALUES ('webhooks', %s, %s, 1, %s, %s, '', 'no', 3)",
                [f"store/{position}", STREAM, position, STREAM],
            )
        for position, due in ((5, "infinity"), (6, "2026-01-01T00:00:00Z")):
            connection.execute(GIVEN_UP, {"position": position, "stream": STREAM, "due": due})
    return database


def told(database: Database) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        pool = Pool(database.dsn_app, size=1)
        await pool.open()
        try:
            return await elsewhere(pool)
        finally:
            await pool.close()

    return asyncio.run(ask())


def test_where_nothing_ran_nothing_is_told(database: Database) -> None:
    assert told(database) == {"publisher": None, "consumers": {}}


def test_what_is_parked_and_what_was_retried_is_told_of_each_consumer(troubled: Database) -> None:
    fine = {"feed": "store", "position": 7, "lag": 0, "parked": 0, "retried": 4}
    assert told(troubled)["consumers"] == {"signals": fine, "webhooks": fine | {"parked": 3}}


def test_what_waits_for_an_endpoint_that_is_gone_is_told_as_parked(troubled: Database) -> None:
    with psycopg.connect(troubled.dsn_consumer) as connection:
        connection.execute("INSERT INTO consumers.webhooks_gone VALUES ('shop', 'https://a.test')")
    assert told(troubled)["consumers"]["webhooks"]["parked"] == 4


def test_people_are_told_of_what_was_parked_without_another_try() -> None:
    one = {"position": 7, "lag": 0, "parked": 2, "retried": 0}
    (line,) = _elsewhere({"publisher": None, "consumers": {"webhooks": one}})
    assert line.endswith("webhooks: at 7, 0 behind, 2 parked, 0 retried")


def test_a_redrive_lets_everything_of_a_consumer_be_tried_again(troubled: Database) -> None:
    assert redrive(troubled.dsn_consumer, "webhooks") == {"streams": 1, "events": 2, "sendings": 2}
    assert told(troubled)["consumers"]["webhooks"]["parked"] == 2
    with psycopg.connect(troubled.dsn_consumer) as connection:
        due = connection.execute("SELECT due FROM consumers.lanes").fetchall()
        assert due == [(True,)]
    assert redrive(troubled.dsn_consumer, "signals") == {"streams": 0, "events": 0, "sendings": 0}


def test_a_consumer_that_never_ran_cannot_be_redriven(database: Database) -> None:
    with pytest.raises(NotFound, match="nobody"):
        redrive(database.dsn_consumer, "nobody")
