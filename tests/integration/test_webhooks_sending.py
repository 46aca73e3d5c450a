"""Webhooks reach integrators that fail, hang, lie and send elsewhere: in order, each alone."""

import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from psycopg_pool import ConnectionPool
from support.databases import Database
from support.store import adding, provenance, registering, ticket, waiting_log
from support.webhooks import QUICK, Got, Integrator, Telling, integrators, new_secret

from consumers.webhooks import outbox
from domain.values import Origin, OriginKind


@pytest.fixture
def telling(database: Database, keys_dir: Path) -> Iterator[Telling]:
    with (
        waiting_log(database.dsn_app, keys_dir) as log,
        ConnectionPool(database.dsn_consumer, min_size=1) as pool,
    ):
        yield Telling(log, database.dsn_consumer, pool)


def test_what_endpoints_asked_for_reaches_them_signed_and_stays_as_a_record(
    telling: Telling,
) -> None:
    every, some = Integrator("every"), Integrator("some")
    stream = ticket()
    imported = replace(provenance(), origin=Origin(OriginKind.IMPORTED, "other", 1))
    telling.append(
        registering("A"),
        replace(adding(ticket(), 0, contract="A"), provenance=imported),
        adding(stream, 0, "a", "b", contract="A"),
        adding(ticket(), 0, contract="B"),
    )
    with integrators(every, some):
        rotated = f"{new_secret()} {some.secret}"
        endpoints = every.endpoint(), some.endpoint(contracts=frozenset("A"), secret=rotated)
        telling.tell(*endpoints)
        with telling.working(*endpoints):
            every.until(lambda: telling.waiting() == 0)
    assert [got.position for got in every.got] == [3, 4, 5]
    assert [got.position for got in some.got] == [3, 4]
    assert some.got[0].content["data"] == {"tag": "a"}
    assert [got.stream for got in some.got] == [f"ticket/{stream.id}"] * 2
    record = "SELECT count(*), count(body), min(tries) FROM consumers.webhooks"
    assert telling.rows(record) == [(5, 0, 1)]


def test_a_stream_that_fails_waits_in_order_while_others_go_on(telling: Telling) -> None:
    def fails_thrice(integrator: Integrator, got: Got, _: BaseHTTPRequestHandler) -> int:
        tries = [one for one in integrator.got if one.id == got.id]
        return 500 if got.position == 1 and len(tries) <= 3 else 200

    integrator = Integrator("a", act=fails_thrice)
    telling.append(adding(ticket(), 0, "a", "b"), adding(ticket(), 0, "a", "b"))
    with integrators(integrator):
        telling.tell(integrator.endpoint())
        with telling.working(integrator.endpoint()):
            integrator.until(lambda: telling.waiting() == 0)
    assert [got.position for got in integrator.got].count(1) == 4
    assert [got.position for got in integrator.accepted] == [3, 4, 1, 2]


def hangs(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
    request.rfile.read(1)  # never comes; ends when the other side gives up


def drips(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
    for byte in b"HTTP/1.1 200 OK\r\n" + b"X" * 100:
        request.wfile.write(bytes([byte]))
        time.sleep(0.05)


def answers_nonsense(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"SMTP/9 all is well\r\n\r\n")


def breaks_off(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
    request.wfile.write(b"HTTP/1.1 204 No Content\r\nX-")


def test_who_hangs_drips_or_talks_nonsense_holds_up_no_other(telling: Telling) -> None:
    slow = [Integrator("drips", act=drips), Integrator("hangs", act=hangs)]
    liars = [Integrator("broken", act=breaks_off), Integrator("nonsense", act=answers_nonsense)]
    good = Integrator("good")
    telling.append(*(adding(ticket(), 0) for _ in range(20)))
    with integrators(good, *slow, *liars):
        impatient = [one.endpoint() for one in slow]
        patient = [one.endpoint() for one in (good, *liars)]
        telling.tell(*impatient, *patient)
        reasons = "SELECT endpoint, min(reason) FROM consumers.webhooks GROUP BY 1 ORDER BY 1"
        waiting = (
            "SELECT count(*) FROM consumers.webhooks WHERE endpoint = 'good' AND sent_at IS NULL"
        )
        with (
            telling.working(*impatient, pace=replace(QUICK, answer=0.5)),
            telling.working(*patient),
        ):
            good.until(lambda: telling.rows(waiting) == [(0,)])
            good.until(lambda: all(row[1] for row in telling.rows(reasons) if row[0] != "good"))
    assert len(good.got) == 20
    said = dict(telling.rows(reasons))
    assert said.pop("good") is None
    assert said.pop("drips") == said.pop("hangs") == "no answer within 0.5 s"
    assert all(reason.startswith("no answer (") for reason in said.values())


def test_an_endless_answer_is_not_read_and_a_good_status_counts(telling: Telling) -> None:
    written = []

    def endless(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
        request.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
        try:
            while len(written) < 10_000:
                written.append(request.wfile.write(b"x" * 65_536))
        except OSError:
            return

    integrator = Integrator("a", act=endless)
    telling.append(adding(ticket(), 0))
    with integrators(integrator):
        telling.tell(integrator.endpoint())
        with telling.working(integrator.endpoint()):
            integrator.until(lambda: telling.waiting() == 0)
    assert len(written) < 1000
    assert len(integrator.got) == 1


def test_a_redirect_is_a_failure_and_nobody_is_told_elsewhere(telling: Telling) -> None:
    elsewhere = Integrator("elsewhere")

    def redirects(_: Integrator, __: Got, request: BaseHTTPRequestHandler) -> None:
        lines = "HTTP/1.1 307 Temporary Redirect", f"Location: {elsewhere.url}", "", ""
        request.wfile.write("\r\n".join(lines).encode())

    integrator = Integrator("a", act=redirects)
    telling.append(adding(ticket(), 0))
    with integrators(integrator, elsewhere):
        telling.tell(integrator.endpoint())
        with telling.working(integrator.endpoint()):
            integrator.until(lambda: len(integrator.got) > 1)
    assert elsewhere.got == []
    assert telling.rows("SELECT reason FROM consumers.webhooks") == [("status 307",)]


def test_what_was_tried_for_too_long_is_parked_with_what_follows_until_a_redrive(
    telling: Telling,
) -> None:
    refusing = [True]
    integrator = Integrator("a", act=lambda *_: 400 if refusing[0] else 200)
    stream = ticket()
    telling.append(adding(stream, 0, "a", "b"))
    pace = replace(QUICK, give_up=0.1)
    parked = "SELECT count(*) FROM consumers.webhooks WHERE due = 'infinity'"
    with integrators(integrator):
        telling.tell(integrator.endpoint())
        with telling.working(integrator.endpoint(), pace=pace):
            integrator.until(lambda: telling.rows(parked) == [(2,)])
            refusing[0] = False
            telling.append(adding(stream, 2), adding(ticket(), 0))
            telling.tell(integrator.endpoint(), after=2)
            integrator.until(lambda: telling.waiting() == 3)
            assert telling.rows(parked) == [(3,)]
            with telling.pool.connection() as connection, connection.cursor() as cursor:
                (standing,) = outbox.standing(cursor)
                assert (standing.waiting, standing.parked, standing.gone) == (3, 3, False)
                assert outbox.redrive(cursor) == 3
            integrator.until(lambda: telling.waiting() == 0)
    assert [got.position for got in integrator.accepted] == [4, 1, 2, 3]
    assert {got.position for got in integrator.got[:-4]} == {1}


def test_who_is_gone_is_sent_nothing_until_a_redrive_or_another_address(telling: Telling) -> None:
    gone = [True]
    integrator = Integrator("a", act=lambda *_: 410 if gone[0] else 200)
    other = Integrator("b")
    telling.append(*(adding(ticket(), 0) for _ in range(3)))
    with integrators(integrator, other):
        moved = integrator.endpoint(url=f"{integrator.url}/moved")
        telling.tell(integrator.endpoint(), other.endpoint())
        with telling.working(integrator.endpoint(), other.endpoint()):
            other.until(lambda: len(other.accepted) == 3)
            integrator.until(lambda: telling.rows("TABLE consumers.webhooks_gone") != [])
            telling.append(adding(ticket(), 0))
            telling.tell(integrator.endpoint(), other.endpoint(), after=3)
            other.until(lambda: telling.waiting() == 4)
            assert (len(other.accepted), len(integrator.got)) == (4, 1)
            with telling.pool.connection() as connection, connection.cursor() as cursor:
                assert [one.gone for one in outbox.standing(cursor)] == [True]
                outbox.redrive(cursor)
            integrator.until(lambda: len(integrator.got) == 2)
        gone[0] = False
        with telling.working(moved):
            integrator.until(lambda: telling.waiting() == 0)
    assert len(integrator.got) == 6
