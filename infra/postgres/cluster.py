"""One PostgreSQL cluster: made, started, found again after a crash, stopped."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

from domain.errors import Unavailable
from infra import processes
from infra.files import Held, sync_directory
from infra.postgres.home import Home, close_sockets, find_home, open_sockets
from infra.postgres.roles import DATABASE, Role, conninfo, credentials, ensure_roles
from infra.settings import Settings

_CONFIGURATION: Final = ("postgresql.conf", "pg_hba.conf")
_READY_AFTER: Final = 600.0  # seconds; after a crash it replays up to max_wal_size
_INITDB_AFTER: Final = 120.0
_ATTEMPTS: Final = 5
_STOPPED_AFTER: Final = 30.0
_LEFTOVER_ENDED_BY: Final = ((signal.SIGINT, 10.0), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0))
_LOG_LIMIT: Final = 8 * 2**20
_STATUS_LINE: Final = 7  # of postmaster.pid
_INITDB: Final = (
    "--username=postgres",
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",  # the same order on every machine; pg_trgm reads all scripts
    "--builtin-locale=C.UTF-8",
    "--locale=C.UTF-8",
    "--data-checksums",
)


class Cluster:
    """The PostgreSQL of one data directory; whoever has one holds that directory.

    `waiting` is called while something is waited for; what it raises ends the wait.
    """

    def __init__(
        self, held: Held, settings: Settings, waiting: Callable[[], None] = lambda: None
    ) -> None:
        self._waiting = waiting
        self._credentials = credentials(held)
        self._home: Home = find_home(held, settings, self._credentials.id)
        self._process: subprocess.Popen[bytes] | None = None
        self.port: int = 0

    @property
    def pid(self) -> int:
        """The postmaster's process id."""
        assert self._process is not None, "the cluster was not started"
        return self._process.pid

    @property
    def pgdata(self) -> Path:
        """The cluster's directory."""
        return self._home.pgdata

    @property
    def programs(self) -> Path:
        """The directory of PostgreSQL's programs: psql, pgbench, pg_dump."""
        return self._home.programs / "bin"

    @property
    def log(self) -> Path:
        """What PostgreSQL writes about itself."""
        return self._home.base / "postgres.log"

    def dsn(self, role: Role, database: str = DATABASE, *, tcp: bool = False) -> str:
        """Return the URL for `role`, password included: over the socket, or TCP on loopback."""
        host: Path | str = "127.0.0.1" if tcp else self._home.sockets
        password = self._credentials.passwords[role]
        return conninfo(role, password, host=host, port=self.port, database=database)

    def start(self) -> None:
        """Start PostgreSQL, making the cluster first if need be; return when it takes queries.

        Raises Unavailable with the last lines of its log when it does not come up.
        """
        self.stop(0)
        self._end_leftover()
        if not self.pgdata.is_dir():
            self._initdb()
        for name in _CONFIGURATION:
            shutil.copyfile(Path(__file__).parent / name, self._home.base / name)
            (self._home.base / name).chmod(0o644)
        for _ in range(_ATTEMPTS):
            if self._launch():
                ensure_roles(self.dsn(Role.SUPERUSER, "postgres"), self._credentials.passwords)
                return
        raise Unavailable(f"PostgreSQL does not start; {self.log} ends:\n{self._last_words()}")

    def alive(self) -> bool:
        """Say whether the postmaster runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self, seconds: float = _STOPPED_AFTER) -> None:
        """Stop PostgreSQL: connections are ended, the cluster is left clean.

        What takes longer than `seconds` is cut short; the next start then replays the WAL.
        """
        if self._process is not None:
            processes.stop(self._process, [(signal.SIGINT, seconds), (signal.SIGQUIT, 1.0)])
            self._process = None
            close_sockets(self._home)

    def _launch(self) -> bool:
        """Start the postmaster; False when it ended, perhaps because the port was taken."""
        open_sockets(self._home)
        self.port = (
            self.port if self.port and processes.is_free(self.port) else processes.free_port()
        )
        base = self._home.base
        options = {
            "config_file": base / "postgresql.conf",
            "hba_file": base / "pg_hba.conf",
            "unix_socket_directories": self._home.sockets,
            "port": self.port,
        }
        command = [str(self.programs / "postgres"), "-D", str(self.pgdata)]
        command += [f"--{name}={value}" for name, value in options.items()]
        self._process = process = self._start(command)

        def settled() -> bool:
            return process.poll() is not None or self._status() == (process.pid, "ready")

        if not processes.wait_until(settled, _READY_AFTER, self._waiting):
            self.stop()
        return self.alive()

    def _start(self, command: list[str]) -> subprocess.Popen[bytes]:
        if self.log.exists() and self.log.stat().st_size > _LOG_LIMIT:
            self.log.replace(self.log.with_suffix(".log.1"))
        with self.log.open("ab") as log:
            return processes.start(
                processes.Start(
                    command,
                    environment={"PATH": os.defpath, "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                    at_parents_death=signal.SIGINT,
                    account=self._home.account,
                    output=log,
                    errors=log,
                    directory=self._home.base,
                )
            )

    def _initdb(self) -> None:
        """Make the cluster aside and move it into place, so that half a cluster is never used."""
        home, half, secret = self._home, self._home.base / "new", self._home.base / "secret"
        shutil.rmtree(half, ignore_errors=True)
        secret.unlink(missing_ok=True)
        half.mkdir(mode=0o700)
        with os.fdopen(os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(self._credentials.passwords[Role.SUPERUSER])
        if home.account:
            for path in (half, secret):
                os.chown(path, *home.account)
        command = [str(self.programs / "initdb"), *_INITDB, f"--pwfile={secret}", "-D", str(half)]
        child = self._start(command)
        try:
            processes.wait_until(lambda: child.poll() is not None, _INITDB_AFTER, self._waiting)
        finally:
            processes.stop(child, ())
            secret.unlink()
        if child.returncode:
            raise Unavailable(f"initdb failed; {self.log} ends:\n{self._last_words()}")
        half.rename(self.pgdata)
        sync_directory(home.base)

    def _end_leftover(self) -> None:
        """End the postmaster of a ledger that was killed: the lock says that nobody needs it."""
        pid, _ = self._status()
        if not pid or not processes.works_in(pid, self.pgdata):
            (self.pgdata / "postmaster.pid").unlink(missing_ok=True)
            return
        for sign, seconds in _LEFTOVER_ENDED_BY:
            if processes.works_in(pid, self.pgdata):
                os.kill(pid, sign)
                gone = lambda: not processes.works_in(pid, self.pgdata)  # noqa: E731 - it is one word
                processes.wait_until(gone, seconds, self._waiting)

    def _status(self) -> tuple[int, str]:
        """Return (process id, status) that the postmaster wrote, (0, '') when there is none."""
        try:
            lines = (self.pgdata / "postmaster.pid").read_text("utf-8").splitlines()
            return int(lines[0]), lines[_STATUS_LINE].strip()
        except (FileNotFoundError, NotADirectoryError):
            return 0, ""
        except (IndexError, ValueError):  # it is being written
            return 0, ""

    def _last_words(self) -> str:
        return "\n".join(self.log.read_text("utf-8", "replace").splitlines()[-8:])
