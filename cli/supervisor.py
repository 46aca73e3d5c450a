"""One ledger on one machine: its parts started in order, kept alive, stopped in reverse.

A single thread and no signal handlers: the signals that end or inform us are blocked and waited
for, so nothing is ever interrupted half-way.
"""

import http.client
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

import orjson

from cli import exits, surroundings
from cli.children import Database, Keeper, Module
from cli.ready import remove_ready, write_ready
from domain.errors import Unavailable
from infra import erasurelist, processes
from infra.files import Held
from infra.migrate import migrate, pending
from infra.postgres import Cluster, Role
from infra.settings import Settings
from projections.exporting.kept import remove_all
from projections.log import About, about_log

STOP: Final = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
_WATCHED: Final = STOP | {signal.SIGCHLD}
_LOOK_EVERY: Final = 1.0
_KNOWN_AFTER: Final = 10.0
_LOG_KNOWN_AFTER: Final = 5.0
_API_READY_AFTER: Final = 60.0
_SEEDED_AFTER: Final = 60.0
_STOPPED_AFTER: Final = 8.0
_CHILDREN_STOPPED_AFTER: Final = 5.5


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
        self._log: About | None = None
        self._listening = surroundings.listen(settings.listen)

    def start(self) -> None:
        """Start everything; return when the API answers.

        Raises Stopped, or a LedgerError when something does not come up.
        """
        remove_ready(self._held.path)
        remove_all(self._held.path)
        if self._settings.database_url is None:
            self._tell("Starting PostgreSQL (the first start makes its cluster)")
            self._cluster = Cluster(self._held, self._settings, check_signals)
            self._keep(Database(self._cluster))
        self._migrate()
        self._erase_again()
        if not self._settings.issuers:
            # before the others, so that one process alone makes keys and the issuer
            self._tell("Finding the people of the development ledger")
            self._seed()
        self._tell("Starting the API, the followers and the integrator")
        inherited = self._listening.fileno()
        more = {"LEDGER_LISTEN_FD": str(inherited)}
        self._keep(Module("api", "api.serve", lambda: self._environment() | more, [inherited]))
        self._keep(Module("followers", "projections.serve", self._erasing_environment))
        signing = surroundings.signing()
        self._keep(
            Module("integrator", "projections.integrate", lambda: self._environment() | signing)
        )
        self._await_api()
        self._await_log()
        write_ready(self._held.path, self.ready())

    def run(self) -> None:
        """Keep the parts alive until a signal asks to stop."""
        while True:
            caught = signal.sigtimedwait(_WATCHED, _LOOK_EVERY)
            if caught is not None and caught.si_signo in STOP:
                return
            with suppress(Stopped):  # the next wait takes that signal
                self._look()

    def stop(self) -> None:
        """Stop the parts, the database last; nothing is left running afterwards."""
        deadline = time.monotonic() + _STOPPED_AFTER
        remove_ready(self._held.path)
        self._listening.close()
        self._stop_modules(_CHILDREN_STOPPED_AFTER)
        if self._cluster is not None:
            self._cluster.stop(max(0.0, deadline - time.monotonic()))

    def ready(self) -> dict[str, Any]:
        """Return what the running ledger says about itself."""
        pids = {keeper.child.name: keeper.child.pid for keeper in self._keepers}
        dsn = surroundings.urls(self._settings, self._cluster, tcp=True)
        log = self._log = about_log(self._held.path)
        return {
            "schema": 1,
            "url": surroundings.url_of(self._listening),
            "data": str(self._held.path),
            **self._seeded,
            "pids": {
                "supervisor": os.getpid(),
                "postgres": pids.get("postgres"),
                "api": [pids["api"]],
                "followers": [pids["followers"]],
                "integrator": pids["integrator"],
                "publisher": None,
                "consumers": [],
                "kafka": None,
            },
            "dsn": {role.name.lower(): url for role, url in dsn.items()},
            "kafka": None,
            "log": log and {"origin": log.origin, "vkey": log.vkey},
        }

    def _keep(self, child: Database | Module) -> None:
        keeper = Keeper(child)
        self._keepers.append(keeper)
        keeper.start()

    def _look(self) -> None:
        """Start again what died; a database that had to move takes the others with it.

        What changed is told in `ready.json`, a replaced signing key too.
        """
        place = self._cluster and self._cluster.port
        restarted = sum(keeper.look() for keeper in self._keepers)
        if not restarted and about_log(self._held.path) == self._log:
            return
        if self._cluster and self._cluster.port != place:
            self._stop_modules(1.0)
            for keeper in self._keepers:
                keeper.look()
        write_ready(self._held.path, self.ready())

    def _stop_modules(self, seconds: float) -> None:
        """End the processes of ours together, within so many seconds."""
        modules = [keeper.child for keeper in self._keepers if isinstance(keeper.child, Module)]
        deadline = time.monotonic() + seconds
        for module in modules:
            module.ask()
        for module in modules:
            module.stop(max(0.0, deadline - time.monotonic()))

    def _environment(self) -> dict[str, str]:
        """Return the variables by which a part learns where everything is."""
        unneeded = surroundings.unneeded()
        inherited = {name: value for name, value in os.environ.items() if name not in unneeded}
        urls = surroundings.urls(self._settings, self._cluster, tcp=False)
        own = {"LEDGER_DATA": str(self._held.path), "LEDGER_LISTEN": self._settings.listen}
        return inherited | own | surroundings.variables(urls)

    def _erasing_environment(self) -> dict[str, str]:
        urls = surroundings.urls(self._settings, self._cluster, tcp=False)
        return self._environment() | surroundings.erasing(urls)

    def _migrate(self) -> None:
        def progress(name: str) -> None:
            self._tell(f"Migrating: {name}")
            check_signals()

        urls = surroundings.urls(self._settings, self._cluster, tcp=False)
        if Role.OWNER in urls:
            migrate(urls[Role.OWNER], progress=progress)
        elif missing := pending(urls[Role.APP]):
            raise Unavailable(
                f"the database lacks {len(missing)} migrations: run `ledger migrate` with "
                "LEDGER_DATABASE_OWNER_URL"
            )
        check_signals()

    def _erase_again(self) -> None:
        """Erase what an older backup brought back, before anything of it can be read."""
        urls = surroundings.urls(self._settings, self._cluster, tcp=False)
        erased = erasurelist.apply_in(self._settings, urls.get(Role.ERASER))
        if erased != erasurelist.NOTHING:
            self._tell(f"Erased again: {erased.keys} keys, {erased.fields} fields of a backup")

    def _seed(self) -> None:
        """Have the people made by a process of its own; a store that is not fit gives no tokens."""
        with tempfile.TemporaryFile() as output:
            child = processes.start(
                processes.Start(
                    [sys.executable, "-m", "cli.seeding"],
                    environment=self._environment(),
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

    def _await_log(self) -> None:
        """Wait until it is known which log this is; a store that is not fit has none to tell of."""
        known = lambda: about_log(self._held.path) is not None  # noqa: E731 - it is one word
        processes.wait_until(known, _LOG_KNOWN_AFTER, check_signals)

    def _await_api(self) -> None:
        host, port = self._listening.getsockname()[:2]
        api = next(keeper.child for keeper in self._keepers if keeper.child.name == "api")

        def answers(path: str) -> bool:
            if not api.alive():
                raise Unavailable("the API ended while it started: its log says why")
            connection = http.client.HTTPConnection(host, port, timeout=1.0)
            try:
                connection.request("GET", path)
                return connection.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False
            finally:
                connection.close()

        lives = lambda: answers("/healthz")  # noqa: E731 - it is one word
        if not processes.wait_until(lives, _API_READY_AFTER, check_signals):
            raise Unavailable(f"the API does not answer after {_API_READY_AFTER:.0f} s")
        # the people just made are known once the followers have read of them; a store that is
        # not fit never gets there, and is still worth a running API
        processes.wait_until(lambda: answers("/readyz"), _KNOWN_AFTER, check_signals)
