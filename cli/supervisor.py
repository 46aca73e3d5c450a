"""One ledger on one machine: its parts started in order, kept alive, stopped in reverse.

A single thread and no signal handlers: the signals that end or inform us are blocked and waited
for, so nothing is ever interrupted half-way.
"""

import http.client
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import orjson

from cli import exits
from cli.children import Database, Keeper, Module
from cli.ready import remove_ready, write_ready
from domain.errors import Unavailable
from infra import logs, processes
from infra.files import Held
from infra.migrate import migrate, pending
from infra.postgres import Cluster, Role
from infra.settings import Settings

STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_WATCHED: Final = STOP | {signal.SIGCHLD}
_LOOK_EVERY: Final = 1.0
_API_READY_AFTER: Final = 60.0
_SEEDED_AFTER: Final = 60.0
_STOPPED_AFTER: Final = 8.0
_CHILDREN_STOPPED_AFTER: Final = 5.5
_URLS: Final = {
    "LEDGER_DATABASE_URL": Role.APP,
    "LEDGER_DATABASE_OWNER_URL": Role.OWNER,
    "LEDGER_DATABASE_FOLLOWER_URL": Role.FOLLOWER,
    "LEDGER_DATABASE_ERASER_URL": Role.ERASER,
}
_LOG: Final = logs.logger("supervisor")


class Stopped(Exception):
    """A signal asked the ledger to stop."""


def listen_for_signals() -> None:
    """Block the signals that `check_signals` and the supervisor's loop wait for."""
    signal.pthread_sigmask(signal.SIG_BLOCK, _WATCHED)


def check_signals() -> None:
    """Raise Stopped when somebody asked the ledger to stop."""
    if STOP & signal.sigpending():
        raise Stopped


class Supervisor:
    """The parts of a running ledger. `tell` gets a line for people about what is being done."""

    def __init__(self, held: Held, settings: Settings, tell: Callable[[str], None]) -> None:
        self._held = held
        self._settings = settings
        self._tell = tell
        self._keepers: list[Keeper] = []
        self._cluster: Cluster | None = None
        self._seeded: dict[str, Any] = {"tokens": {}, "customer_contract": None}
        self._listening = _listen(settings.listen)

    def start(self) -> None:
        """Start everything; return when the API answers.

        Raises Stopped, or a LedgerError when something does not come up.
        """
        remove_ready(self._held.path)
        if self._settings.database_url is None:
            self._tell("Starting PostgreSQL (the first start makes its cluster)")
            self._cluster = Cluster(self._held, self._settings, check_signals)
            self._keep(Database(self._cluster))
        environment = self._environment()
        self._migrate(environment)
        check_signals()
        environment = _without(environment, "OWNER", "ERASER")
        if not self._settings.issuers:
            # before the others, so that one process alone makes keys and the issuer
            self._tell("Finding the people of the development ledger")
            self._seed(environment)
        self._tell("Starting the API and the followers")
        descriptor = self._listening.fileno()
        api = {**environment, "LEDGER_LISTEN_FD": str(descriptor)}
        self._keep(Module("api", "api.serve", api, [descriptor]))
        self._keep(Module("followers", "projections.serve", environment))
        self._await_api()
        write_ready(self._held.path, self.ready())

    def run(self) -> None:
        """Keep the parts alive until a signal asks to stop."""
        while True:
            caught = signal.sigtimedwait(_WATCHED, _LOOK_EVERY)
            if caught is not None and caught.si_signo in STOP:
                return
            with suppress(Stopped):  # the next wait takes that signal
                if sum(keeper.look() for keeper in self._keepers):
                    write_ready(self._held.path, self.ready())

    def stop(self) -> None:
        """Stop the parts, the database last; nothing is left running afterwards."""
        deadline = time.monotonic() + _STOPPED_AFTER
        remove_ready(self._held.path)
        self._listening.close()
        modules = [keeper.child for keeper in self._keepers if isinstance(keeper.child, Module)]
        for module in modules:
            module.ask()
        children_deadline = time.monotonic() + _CHILDREN_STOPPED_AFTER
        for module in modules:
            module.stop(max(0.0, children_deadline - time.monotonic()))
        if self._cluster is not None:
            self._cluster.stop(max(0.0, deadline - time.monotonic()))

    def ready(self) -> dict[str, Any]:
        """Return what the running ledger says about itself."""
        pids = {keeper.child.name: keeper.child.pid for keeper in self._keepers}
        host, port = self._listening.getsockname()[:2]
        return {
            "schema": 1,
            "url": f"http://{f'[{host}]' if ':' in host else host}:{port}",
            "data": str(self._held.path),
            **self._seeded,
            "pids": {
                "supervisor": os.getpid(),
                "postgres": pids.get("postgres"),
                "api": [pids["api"]],
                "followers": [pids["followers"]],
                "publisher": None,
                "consumers": [],
                "kafka": None,
            },
            "dsn": self._dsn(),
            "kafka": None,
            "log": None,
        }

    def _keep(self, child: Database | Module) -> None:
        keeper = Keeper(child)
        self._keepers.append(keeper)
        keeper.start()

    def _dsn(self) -> dict[str, str]:
        if self._cluster is not None:
            return {role.name.lower(): self._cluster.dsn(role, tcp=True) for role in Role}
        given = {
            "app": self._settings.database_url,
            "owner": self._settings.database_owner_url,
            "follower": self._settings.database_follower_url,
            "eraser": self._settings.database_eraser_url,
        }
        return {name: url.get_secret_value() for name, url in given.items() if url is not None}

    def _environment(self) -> dict[str, str]:
        """Return the variables by which the parts learn where everything is."""
        environment = {"LEDGER_DATA": str(self._held.path), "LEDGER_LISTEN": self._settings.listen}
        if self._cluster is not None:
            urls = {name: self._cluster.dsn(role) for name, role in _URLS.items()}
            return environment | urls
        return environment

    def _migrate(self, environment: Mapping[str, str]) -> None:
        def progress(name: str) -> None:
            self._tell(f"Migrating: {name}")
            check_signals()

        owner = self._settings.database_owner_url
        url = environment.get("LEDGER_DATABASE_OWNER_URL") or (owner and owner.get_secret_value())
        if url:
            migrate(url, progress=progress)
            return
        assert self._settings.database_url is not None
        if missing := pending(self._settings.database_url.get_secret_value()):
            raise Unavailable(
                f"the database lacks {len(missing)} migrations: run `ledger migrate` with "
                "LEDGER_DATABASE_OWNER_URL"
            )

    def _seed(self, environment: Mapping[str, str]) -> None:
        """Have the people made by a process of its own; a store that is not fit gives no tokens."""
        with tempfile.TemporaryFile() as output:
            child = processes.start(
                processes.Start(
                    [sys.executable, "-m", "cli.seeding"],
                    environment={**os.environ, **environment},
                    at_parents_death=signal.SIGKILL,
                    output=output,
                )
            )
            try:
                ended = lambda: child.poll() is not None  # noqa: E731 - it is one word
                processes.wait_until(ended, _SEEDED_AFTER, check_signals)
            finally:
                processes.stop(child, ())
            output.seek(0)
            if child.returncode == exits.GOOD:
                self._seeded = orjson.loads(output.read())
            elif child.returncode != exits.UNAVAILABLE:
                raise Unavailable("the people of the development ledger could not be made")

    def _await_api(self) -> None:
        host, port = self._listening.getsockname()[:2]
        api = next(keeper.child for keeper in self._keepers if keeper.child.name == "api")

        def answers() -> bool:
            if not api.alive():
                raise Unavailable("the API ended while it started: its log says why")
            connection = http.client.HTTPConnection(host, port, timeout=1.0)
            try:
                connection.request("GET", "/healthz")
                return connection.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False
            finally:
                connection.close()

        if not processes.wait_until(answers, _API_READY_AFTER, check_signals):
            raise Unavailable(f"the API does not answer after {_API_READY_AFTER:.0f} s")


def _listen(address: str) -> socket.socket:
    """Return a socket on HOST:PORT, made here so that an API that is replaced loses no caller."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, int(port)), family=family, backlog=1024)
    except OSError as error:
        raise Unavailable(f"cannot listen on {address}: {error.strerror}") from None


def _without(environment: Mapping[str, str], *roles: str) -> dict[str, str]:
    """Leave out the URLs of roles that a part has no use for."""
    unwanted = {f"LEDGER_DATABASE_{role}_URL" for role in roles}
    return {name: value for name, value in environment.items() if name not in unwanted}
