"""Integrators for tests: HTTP servers on loopback that answer as they are told, and what they got.

They verify with the reference library of Standard Webhooks, which shares no code with the ledger.
"""

import base64
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from uuid import UUID

from psycopg_pool import ConnectionPool
from pydantic import SecretStr
from standardwebhooks import Webhook

from consumers.handler import Arrived
from consumers.webhooks.consumer import Webhooks
from consumers.webhooks.worker import Pace, Worker
from domain.log import Request
from infra.store import PostgresLog
from infra.webhookat import WebhookAt

QUICK = Pace(answer=15.0, again=0.05, longest=0.2, give_up=60.0, poll=0.02)
PATIENCE = 60.0


def new_secret() -> str:
    return "whsec_" + base64.b64encode(os.urandom(24)).decode()


@dataclass(frozen=True)
class Got:
    """A message that an integrator got and verified."""

    id: UUID
    content: dict[str, Any]

    @property
    def stream(self) -> str:
        return str(self.content["subject"])

    @property
    def position(self) -> int:
        return int(self.content["position"])


Act = Callable[["Integrator", Got, BaseHTTPRequestHandler], int | None]
"""What is answered: a status; None when the answer was already written, or there is none."""


@dataclass
class Integrator:
    """An integrator: `got` has every message it was sent, `accepted` those it answered with 2xx."""

    name: str
    secret: str = field(default_factory=new_secret)
    act: Act = lambda _integrator, _got, _request: 204
    got: list[Got] = field(default_factory=list)
    accepted: list[Got] = field(default_factory=list)
    url: str = ""

    def endpoint(self, **more: Any) -> WebhookAt:
        said = {"name": self.name, "url": self.url, "secret": SecretStr(self.secret)}
        return WebhookAt(**said | more)

    def take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        content = Webhook(self.secret).verify(body, dict(request.headers.items()))
        got = Got(UUID(request.headers["webhook-id"]), content)
        self.got.append(got)
        status = self.act(self, got, request)
        if status is None:
            request.close_connection = True
            return
        if 200 <= status < 300:
            self.accepted.append(got)
        request.send_response_only(status)
        request.send_header("Content-Length", "0")
        request.end_headers()

    def until(self, holds: Callable[[], bool]) -> None:
        until(holds, lambda: [(got.position, got.stream) for got in self.got])


def until(holds: Callable[[], bool], told: Callable[[], object] = lambda: "") -> None:
    """Wait until something holds, or fail saying what there is."""
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, told()
        time.sleep(0.01)


@contextmanager
def integrators(*wanted: Integrator) -> Iterator[None]:
    """Let them listen, each on a port of its own."""
    servers = []
    for one in wanted:
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(one))
        server.daemon_threads = True
        server.block_on_close = False
        one.url = f"http://127.0.0.1:{server.server_port}/hooks"
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        servers.append(server)
    try:
        yield
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()


def _handler(integrator: Integrator) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            integrator.take(self)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


@dataclass
class Telling:
    """A ledger of which endpoints are told."""

    log: PostgresLog
    dsn: str
    pool: ConnectionPool

    def append(self, *requests: Request) -> list[int]:
        return [self.log.append_wait(one).position for one in requests]

    def tell(self, *endpoints: WebhookAt, after: int = 0) -> None:
        """Let the consumer note every event behind a position, in one transaction."""
        with self.pool.connection() as connection, connection.cursor() as cursor:
            cursor.execute(
                "SELECT position, envelope FROM ledger.events WHERE position > %s ORDER BY 1",
                [after],
            )
            batch = [Arrived(row[1], f"store/{row[0]}") for row in cursor.fetchall()]
            Webhooks(endpoints).handle(cursor, batch)

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        with self.pool.connection() as connection:
            return connection.execute(statement, values).fetchall()

    def waiting(self) -> int:
        return int(self.rows("SELECT count(*) FROM consumers.webhooks WHERE sent_at IS NULL")[0][0])

    @contextmanager
    def working(self, *endpoints: WebhookAt, pace: Pace = QUICK) -> Iterator[None]:
        """Run a worker for each of these, in threads; the same endpoint may be there twice."""
        stop = threading.Event()
        threads = [
            threading.Thread(target=Worker(self.dsn, one, pace).run, args=[stop])
            for one in endpoints
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            stop.set()
            for thread in threads:
                thread.join(PATIENCE)
        assert not any(thread.is_alive() for thread in threads)
