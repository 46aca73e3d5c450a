"""What nobody will send or look up any more goes: taken out endpoints, records of long ago."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg_pool import ConnectionPool
from structlog.testing import capture_logs
from support.databases import Database
from support.store import adding, ticket, waiting_log
from support.webhooks import Integrator, Telling, new_secret, until

from consumers.registry import services
from consumers.service import Store
from consumers.webhooks.tidying import Tidying

SENT = """
    INSERT INTO consumers.webhooks (endpoint, epoch, position, stream, event, due, sent_at)
    SELECT %s, 1, n, gen_random_uuid(), gen_random_uuid(), now(), now() - %s * interval '1 day'
    FROM generate_series(%s::int, %s::int) AS n
"""
LEFT = """
    SELECT endpoint, count(*) FILTER (WHERE sent_at IS NULL), count(sent_at)
    FROM consumers.webhooks GROUP BY 1 ORDER BY 1
"""


@pytest.fixture
def telling(database: Database, keys_dir: Path) -> Iterator[Telling]:
    with (
        waiting_log(database.dsn_app, keys_dir) as log,
        ConnectionPool(database.dsn_consumer, min_size=1) as pool,
    ):
        yield Telling(log, database.dsn_consumer, pool)


@contextmanager
def tidies(tidying: Tidying) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=tidying.run, args=[stop])
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def noted(telling: Telling, days: float, first: int, last: int, endpoint: str = "kept") -> None:
    with telling.pool.connection() as connection:
        connection.execute(SENT, [endpoint, days, first, last])


def turn(telling: Telling, tidying: Tidying) -> list[tuple[str, str, int]]:
    """Let it tidy once; return what it said: of which endpoint, how many messages."""
    noted(telling, 31, 9, 9)
    with capture_logs() as said, tidies(tidying):
        until(lambda: telling.rows("SELECT FROM consumers.webhooks WHERE position = 9") == [])
    return [(one["event"], one["endpoint"], one.get("waiting", one.get("dropped"))) for one in said]


def test_what_waits_for_an_endpoint_that_is_taken_out_is_said_and_then_dropped_once(
    telling: Telling,
) -> None:
    urls = {"url": "http://127.0.0.1:1/"}
    kept, out, new = (Integrator(name).endpoint(**urls) for name in ("kept", "out", "new"))
    telling.append(adding(ticket(), 0, "a", "b"), adding(ticket(), 0))
    telling.tell(kept, out)
    noted(telling, 29, 4, 4, "out")
    with telling.pool.connection() as connection:
        connection.execute("UPDATE consumers.webhooks SET due = 'infinity' WHERE position = 1")
        connection.execute("INSERT INTO consumers.webhooks_gone VALUES ('out', 'u'), ('kept', 'u')")
    tidying = Tidying(telling.dsn, ["kept"])
    assert turn(telling, tidying) == [("endpoint is not named", "out", 3)]
    assert telling.rows(LEFT) == [("kept", 3, 0), ("out", 3, 1)]
    telling.tell(new)
    assert turn(telling, tidying) == [("endpoint taken out", "out", 3)]
    assert telling.rows(LEFT) == [("kept", 3, 0), ("new", 3, 0), ("out", 0, 1)]
    assert telling.rows("SELECT endpoint FROM consumers.webhooks_gone") == [("kept",)]
    telling.tell(out)
    assert [turn(telling, tidying) for _ in "12"] == [[], []]
    assert telling.rows(LEFT) == [("kept", 3, 0), ("new", 3, 0), ("out", 3, 1)]


def test_records_of_what_was_sent_long_ago_go_however_many_and_whose_they_are(
    telling: Telling,
) -> None:
    noted(telling, 31, 1, 2_500)
    noted(telling, 31, 1, 5, "out")
    noted(telling, 29, 2_501, 2_510)
    with tidies(Tidying(telling.dsn, ["kept"])):
        until(lambda: telling.rows(LEFT) == [("kept", 0, 10)])


def offered(database: Database, telling: Telling, **said: Any) -> Mapping[str, int]:
    settings = database.settings(Path())
    settings = settings.model_copy(update=said)
    store = Store(telling.dsn, telling.log.codec)
    return {one.consumer.name: len(one.workers) for one in services(settings, store)}


def test_the_last_endpoint_that_is_taken_out_leaves_a_consumer_that_reads_on(
    database: Database, telling: Telling
) -> None:
    assert "webhooks" not in offered(database, telling)
    with psycopg.connect(telling.dsn) as connection:
        connection.execute("INSERT INTO consumers.groups (name, feed) VALUES ('webhooks', 'store')")
    assert offered(database, telling)["webhooks"] == 1
    one = Integrator("a", new_secret()).endpoint(url="https://integrator.example/")
    assert offered(database, telling, webhooks=(one,))["webhooks"] == 2
