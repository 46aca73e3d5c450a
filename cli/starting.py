"""What the start of a ledger does before its parts run, and what it then waits for."""

import http.client
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import orjson

from cli import exits
from cli.children import Child
from cli.signals import check_signals
from domain.errors import Unavailable
from infra import erasurelist, processes
from infra.migrate import migrate, pending
from infra.postgres import Role
from infra.settings import Settings
from projections.log import about_log

NOBODY: Final[Mapping[str, Any]] = {"tokens": {}, "customer_contract": None}
_KNOWN_AFTER: Final = 10.0
_LOG_KNOWN_AFTER: Final = 5.0
_API_READY_AFTER: Final = 60.0
_SEEDED_AFTER: Final = 60.0

Tell = Callable[[str], None]


def migrate_database(urls: Mapping[Role, str], tell: Tell) -> None:
    """Bring the database to the form of this version, or find it so where nobody may do that.

    Raises Unavailable naming what is missing.
    """

    def progress(name: str) -> None:
        tell(f"Migrating: {name}")
        check_signals()

    if Role.OWNER in urls:
        migrate(urls[Role.OWNER], progress=progress)
    elif missing := pending(urls[Role.APP]):
        raise Unavailable(
            f"the database lacks {len(missing)} migrations: run `ledger migrate` with "
            "LEDGER_DATABASE_OWNER_URL"
        )
    check_signals()


def erase_again(settings: Settings, urls: Mapping[Role, str], tell: Tell) -> None:
    """Erase what an older backup brought back, before anything of it can be read."""
    erased = erasurelist.apply_in(settings, urls.get(Role.ERASER))
    if erased != erasurelist.NOTHING:
        tell(f"Erased again: {erased.keys} keys, {erased.fields} fields of a backup")


def make_people(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """Have the people of a development ledger made by a process of its own; return their tokens.

    A store that is not fit gives none. Raises Unavailable when it goes wrong.
    """
    with tempfile.TemporaryFile() as output:
        child = processes.start(
            processes.Start(
                [sys.executable, "-m", "cli.seeding"],
                environment=environment,
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
            made: Mapping[str, Any] = orjson.loads(output.read())
            return made
    if child.returncode == exits.UNAVAILABLE:
        return NOBODY
    raise Unavailable("the people of the development ledger could not be made")


def await_log(data: Path) -> None:
    """Wait until it is known which log this is; a store that is not fit has none to tell of."""
    known = lambda: about_log(data) is not None  # noqa: E731 - it is one word
    processes.wait_until(known, _LOG_KNOWN_AFTER, check_signals)


def await_api(listening: socket.socket, api: Child) -> None:
    """Wait until the API answers; raise Unavailable when it does not."""
    host, port = listening.getsockname()[:2]

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
