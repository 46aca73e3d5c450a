"""One ledger on one machine: its parts started in order, kept alive, stopped in reverse.

A single thread and no signal handlers: the signals that end or inform us are blocked and waited
for, so nothing is ever interrupted half-way.
"""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any, Final

from cli import starting
from cli.children import Child, Embedded, Keeper, Module
from cli.ready import remove_ready, write_ready
from cli.signals import Stopped, check_signals, wait_for_signal
from cli.starting import Tell
from cli.surroundings import Surroundings, listen, url_of
from infra.files import Held
from infra.kafka import Broker
from infra.postgres import Cluster, Role
from infra.settings import Settings
from projections.exporting.kept import remove_all
from projections.log import About, about_log

_LOOK_EVERY: Final = 1.0
_STOPPED_AFTER: Final = 8.0
_CHILDREN_STOPPED_AFTER: Final = 5.0
_BROKER_STOPPED_AFTER: Final = 6.5


class Supervisor:
    """The parts of a running ledger. `tell` gets a line for people about what is being done.

    With `kafka` an embedded Kafka is one of them.
    """

    def __init__(self, held: Held, settings: Settings, tell: Tell, *, kafka: bool = False) -> None:
        self._held = held
        self._settings = settings
        self._tell = tell
        self._keepers: list[Keeper] = []
        self._people: Mapping[str, Any] = starting.NOBODY
        self._log: About | None = None
        self._listening = listen(settings.listen)
        self._around = Surroundings(
            held.path,
            settings,
            Cluster(held, settings, check_signals) if settings.database_url is None else None,
            Broker(held, settings, check_signals, self._fetched) if kafka else None,
        )

    def start(self) -> None:
        """Start everything; return when the API answers.

        Raises Stopped, or a LedgerError when something does not come up.
        """
        remove_ready(self._held.path)
        remove_all(self._held.path)
        if self._around.cluster is not None:
            self._tell("Starting PostgreSQL (the first start makes its cluster)")
            self._keep(Embedded("postgres", self._around.cluster))
        starting.migrate_database(self._around.urls(), self._tell)
        starting.erase_again(self._settings, self._around.urls(), self._tell)
        if not self._settings.issuers:
            # before the others, so that one process alone makes keys and the issuer
            self._tell("Finding the people of the development ledger")
            self._people = starting.make_people(self._around.variables(Role.APP))
        if self._around.broker is not None:
            self._tell("Starting Kafka")
            self._keep(Embedded("kafka", self._around.broker))
        self._tell("Starting the API, the followers, the integrator and the consumers")
        for module in self._modules():
            self._keep(module)
        starting.await_api(self._listening, self._child("api"))
        starting.await_log(self._held.path)
        write_ready(self._held.path, self.ready())

    def run(self) -> None:
        """Keep the parts alive until a signal asks to stop."""
        while not wait_for_signal(_LOOK_EVERY):
            with suppress(Stopped):  # the next wait takes that signal
                self._look()

    def stop(self) -> None:
        """Stop our parts, then Kafka, then the database; nothing is left running afterwards."""
        began = time.monotonic()
        remove_ready(self._held.path)
        self._listening.close()
        self._stop_modules(_CHILDREN_STOPPED_AFTER)
        if self._around.broker is not None:
            self._around.broker.stop(_left(began + _BROKER_STOPPED_AFTER))
        if self._around.cluster is not None:
            self._around.cluster.stop(_left(began + _STOPPED_AFTER))

    def ready(self) -> dict[str, Any]:
        """Return what the running ledger says about itself."""
        children = [keeper.child for keeper in self._keepers]
        pids = {one.name: one.pid for one in children if isinstance(one, Module) or one.alive()}
        log = self._log = about_log(self._held.path)
        return {
            "schema": 1,
            "url": url_of(self._listening),
            "data": str(self._held.path),
            **self._people,
            "pids": {
                "supervisor": os.getpid(),
                "postgres": pids.get("postgres"),
                "api": [pids["api"]],
                "followers": [pids["followers"]],
                "integrator": pids["integrator"],
                "publisher": pids.get("publisher"),
                "consumers": [pids["consumers"]] if "consumers" in pids else [],
                "kafka": pids.get("kafka"),
            },
            "dsn": {role.name.lower(): url for role, url in self._around.urls(tcp=True).items()},
            "kafka": self._around.bootstrap,
            "log": log and {"origin": log.origin, "vkey": log.vkey},
        }

    def _modules(self) -> Iterator[Module]:
        """Yield the processes of ours, each with the variables that it has a use for."""
        around, inherited = self._around, self._listening.fileno()
        listening = {"LEDGER_LISTEN_FD": str(inherited)}
        yield Module(
            "api", "api.serve", lambda: around.variables(Role.APP) | listening, [inherited]
        )
        yield Module(
            "followers",
            "projections.serve",
            lambda: around.variables(Role.APP, Role.FOLLOWER, Role.ERASER),
        )
        yield Module(
            "integrator",
            "projections.integrate",
            lambda: around.variables(Role.APP, Role.FOLLOWER) | around.signing(),
        )
        if around.bootstrap is not None:
            yield Module(
                "publisher",
                "projections.publish",
                lambda: around.variables(Role.FOLLOWER) | around.kafka(),
            )
        if Role.CONSUMER in around.urls() and self._settings.consumers != ():
            yield Module(
                "consumers",
                "consumers.serve",
                lambda: around.variables(Role.CONSUMER) | around.kafka() | around.consuming(),
            )

    def _keep(self, child: Child) -> None:
        keeper = Keeper(child)
        self._keepers.append(keeper)
        keeper.start()

    def _child(self, name: str) -> Child:
        return next(keeper.child for keeper in self._keepers if keeper.child.name == name)

    def _look(self) -> None:
        """Start again what died; a database or Kafka that had to move takes the others with it.

        What changed is told in `ready.json`, a replaced signing key too.
        """
        before = self._places()
        restarted = sum(keeper.look() for keeper in self._keepers)
        if not restarted and about_log(self._held.path) == self._log:
            return
        if self._places() != before:
            self._stop_modules(1.0)
            for keeper in self._keepers:
                keeper.look()
        write_ready(self._held.path, self.ready())

    def _places(self) -> tuple[int | None, str | None]:
        cluster = self._around.cluster
        return None if cluster is None else cluster.port, self._around.bootstrap

    def _stop_modules(self, seconds: float) -> None:
        """End the processes of ours together, within so many seconds."""
        modules = [keeper.child for keeper in self._keepers if isinstance(keeper.child, Module)]
        deadline = time.monotonic() + seconds
        for module in modules:
            module.ask()
        for module in modules:
            module.stop(_left(deadline))

    def _fetched(self, done: int, total: int) -> None:
        self._tell(f"Fetching Kafka (once): {done} of {total} jars")


def _left(deadline: float) -> float:
    return max(0.0, deadline - time.monotonic())
