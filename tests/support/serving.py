"""The API over HTTP, in this process: a real server on a real socket, followers beside it."""

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx
import psycopg
import uvicorn

from api.app import create_app, services_of
from api.protocol import BoundedProtocol
from api.serve import Server
from api.services import Services
from cli import people
from domain.values import Role
from infra import logs
from infra.development import DevelopmentIssuer
from infra.settings import Settings
from projections import integrate
from projections import serve as followers

_KEYS = count(1)
PATIENCE = 20.0


@dataclass
class Served:
    """A ledger that answers on `url`; `tokens` has one of every role."""

    url: str
    settings: Settings
    tokens: dict[str, str]
    contract: str
    services: Services
    loop: asyncio.AbstractEventLoop
    clients: dict[str, httpx.Client] = field(default_factory=dict)

    def client(self, role: str | None, token: str | None = None) -> httpx.Client:
        """Return a client that asks in this role, or with this token; None: with no credential."""
        name = token or role or "nobody"
        if name not in self.clients:
            bearer = token or (self.tokens[role] if role else None)
            headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
            self.clients[name] = httpx.Client(base_url=self.url, headers=headers, timeout=PATIENCE)
        return self.clients[name]

    def get(self, role: str | None, path: str, **more: Any) -> httpx.Response:
        return self.client(role).get(path, **more)

    def post(
        self,
        role: str | None,
        path: str,
        body: object = None,
        *,
        version: int | None = None,
        key: str | None = None,
        **headers: str,
    ) -> httpx.Response:
        """Send a write with a key of its own, and If-Match where a version is given."""
        said = {"Idempotency-Key": key or f"test-{next(_KEYS)}"}
        said |= {name.replace("_", "-"): value for name, value in headers.items()}
        if version is not None:
            said["If-Match"] = f'"{version}"'
        return self.client(role).post(path, json=body if body is not None else {}, headers=said)

    def open_ticket(self, role: str = "customer", **more: Any) -> dict[str, Any]:
        """Open a ticket under the demonstration contract and return the answer."""
        body = {
            "contract": self.contract,
            "channel": "portal",
            "language": "en",
            "subject": "Mail does not arrive",
            "text": "Since this morning no mail reaches us.",
        } | more
        answer = self.post(role, "/v1/tickets", body)
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def database(self) -> psycopg.Connection[Any]:
        """Return a connection that may read what is stored."""
        assert self.settings.database_url is not None
        return psycopg.connect(self.settings.database_url.get_secret_value())

    def mint(self, subject: str) -> str:
        """Return a token of the development issuer for a subject."""
        return DevelopmentIssuer(self.settings.data).mint(subject)

    def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something holds."""
        wait_until(holds)


@contextmanager
def answering_by(served: Served, **more: Any) -> Iterator[None]:
    """Let the API answer with other settings."""
    usual = served.services.settings
    served.services.settings = usual.model_copy(update=more)
    try:
        yield
    finally:
        served.services.settings = usual


@contextmanager
def addresses_behind(served: Served) -> Iterator[None]:
    """Keep the view of addresses from following, and let no read wait for it."""
    assert served.settings.database_owner_url is not None
    owner = served.settings.database_owner_url.get_secret_value()
    with answering_by(served, read_wait_seconds=0), closing(psycopg.connect(owner)) as connection:
        connection.execute("LOCK TABLE views.addresses IN SHARE MODE")
        yield


def wait_until(holds: Callable[[], bool], patience: float = PATIENCE) -> None:
    """Wait until something holds, or fail."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, "it never came to hold"
        time.sleep(0.02)


@contextmanager
def following(settings: Settings) -> Iterator[None]:
    """Run the followers and the integrator in threads."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=part.serve, args=[settings, stop])
        for part in (followers, integrate)
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


@contextmanager
def answering(settings: Settings) -> Iterator[tuple[str, Services, asyncio.AbstractEventLoop]]:
    """Run the API in a thread."""
    listener = socket.create_server(("127.0.0.1", 0))
    edge = create_app(settings)
    config = uvicorn.Config(
        edge,
        http=BoundedProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=2,
    )
    server = Server(config, edge)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=_run, args=[loop, server, listener])
    thread.start()
    try:
        wait_until(lambda: server.started or not thread.is_alive())
        assert server.started
        host, port = listener.getsockname()
        yield f"http://{host}:{port}", services_of(edge), loop
    finally:
        if server.started:
            loop.call_soon_threadsafe(services_of(edge).live.stop_readers)
        server.should_exit = True
        thread.join()


def _run(loop: asyncio.AbstractEventLoop, server: Server, listener: socket.socket) -> None:
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(server.serve([listener]))


def seeded_in(settings: Settings) -> dict[str, Any]:
    """Make somebody in every role and return their tokens."""
    logs.configure("warning")
    return asyncio.run(people.seed(settings))


@contextmanager
def serving(settings: Settings) -> Iterator[Served]:
    """Run a seeded ledger: API and followers."""
    seeded = seeded_in(settings)
    with following(settings), answering(settings) as (url, services, loop):
        served = Served(
            url, settings, seeded["tokens"], seeded["customer_contract"], services, loop
        )
        wait_until(lambda: httpx.get(f"{url}/readyz").status_code == 200)
        wait_until(lambda: httpx.get(f"{url}/checkpoint").status_code == 200)
        yield served
        for client in served.clients.values():
            client.close()


ROLES = tuple(role.value for role in Role)
