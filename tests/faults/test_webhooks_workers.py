"""Workers of webhooks die and race: every message arrives, under one id, each ticket's in order."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool
from support.databases import Database
from support.store import adding, seeds, ticket, waiting_log
from support.webhooks import Got, Integrator, Telling, integrators

WORKER = """
import threading
from consumers.webhooks.worker import Worker
from infra.settings import read_settings

settings = read_settings()
dsn = settings.database_consumer_url.get_secret_value()
Worker(dsn, settings.webhooks[0]).run(threading.Event())
"""


@pytest.fixture
def telling(database: Database, keys_dir: Path) -> Iterator[Telling]:
    with (
        waiting_log(database.dsn_app, keys_dir) as log,
        ConnectionPool(database.dsn_consumer, min_size=1) as pool,
    ):
        yield Telling(log, database.dsn_consumer, pool)


def started(telling: Telling, integrator: Integrator) -> subprocess.Popen[bytes]:
    said = [{"name": integrator.name, "url": integrator.url, "secret": integrator.secret}]
    told = {"LEDGER_DATABASE_CONSUMER_URL": telling.dsn, "LEDGER_WEBHOOKS": json.dumps(said)}
    return subprocess.Popen([sys.executable, "-c", WORKER], env={**os.environ, **told})


def test_who_dies_between_sending_and_marking_is_followed_by_the_same_message(
    telling: Telling,
) -> None:
    workers: list[subprocess.Popen[bytes]] = []

    def kills_its_first_sender(one: Integrator, _: Got, __: BaseHTTPRequestHandler) -> int:
        if len(one.got) == 3:
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()
        return 200

    integrator = Integrator("a", act=kills_its_first_sender)
    telling.append(adding(ticket(), 0, "a", "b", "c", "d"))
    with integrators(integrator):
        telling.tell(integrator.endpoint())
        workers.append(started(telling, integrator))
        integrator.until(lambda: len(integrator.got) == 3)
        assert workers[0].wait() == -signal.SIGKILL
        assert telling.waiting() == 2
        workers.append(started(telling, integrator))
        integrator.until(lambda: telling.waiting() == 0)
        workers[1].kill()
        workers[1].wait()
    assert [got.position for got in integrator.got] == [1, 2, 3, 3, 4]
    assert integrator.got[2].id == integrator.got[3].id


@seeds(1)
def test_two_workers_that_race_keep_the_order_of_every_ticket(telling: Telling, seed: int) -> None:
    chance = random.Random(seed)

    def is_moody(_: Integrator, __: Got, ___: BaseHTTPRequestHandler) -> int:
        time.sleep(chance.uniform(0, 0.02))
        return chance.choice([200, 200, 200, 200, 503])

    integrator = Integrator("a", act=is_moody)
    telling.append(*(adding(ticket(), 0, *"abcdef") for _ in range(6)))
    with integrators(integrator):
        telling.tell(integrator.endpoint())
        with telling.working(integrator.endpoint(), integrator.endpoint()):
            integrator.until(lambda: telling.waiting() == 0)
    accepted = [got.position for got in integrator.accepted]
    assert sorted(accepted) == list(range(1, 37))
    for first in range(1, 37, 6):
        events = range(first, first + 6)
        assert [one for one in accepted if one in events] == list(events)
