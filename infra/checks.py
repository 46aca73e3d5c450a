"""What `ledger doctor` looks at: whether this machine endangers what the ledger promises."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from domain.errors import LedgerError, Unavailable
from infra.headfile import HeadFile
from infra.keys.opening import open_keys
from infra.migrate import pending
from infra.postgres import home
from infra.settings import Settings
from infra.sqlfiles import load_sql

Connection = psycopg.Connection[Any]

_SQL: Final = load_sql(__file__, "checks.sql")
_DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
_AT_LEAST_ON: Final = ("on", "remote_apply")
_OLDEST_POSTGRESQL: Final = 150_000
_CLOCK_SECONDS: Final = 1.0
_FREE_BYTES: Final = 2**30
_SECRET_FILES: Final = ("kek", "keys.sqlite", "cluster.json", "ready.json")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: `detail` says what was found, or what to do."""

    name: str
    ok: bool
    detail: str


def run_checks(settings: Settings) -> Iterator[Check]:
    """Yield every check's result, in a fixed order; a check that cannot be made has failed."""
    assert settings.database_url is not None
    url = settings.database_url.get_secret_value()
    yield _made("python", _python)
    yield _made("disk", lambda: _disk(settings))
    yield _made("secret-files", lambda: _secret_files(settings))
    yield _made("keys", lambda: _keys(settings))
    yield _made("orphans", lambda: _orphans(settings))
    try:
        with psycopg.connect(url, autocommit=True, connect_timeout=5) as connection:
            for name, check in _IN_DATABASE.items():
                yield _made(name, lambda check=check: check(connection, settings))  # type: ignore[misc]
    except psycopg.OperationalError as error:
        yield Check("database", ok=False, detail=f"cannot be reached: {error}")


def _made(name: str, check: Callable[[], str]) -> Check:
    try:
        return Check(name, ok=True, detail=check())
    except (LedgerError, OSError, psycopg.Error) as error:
        return Check(name, ok=False, detail=str(error))


def _python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def _disk(settings: Settings) -> str:
    free = shutil.disk_usage(settings.data).free
    if free < _FREE_BYTES:
        raise Unavailable(f"{free >> 20} MiB free below {settings.data}: make room")
    return f"{free >> 30} GiB free"


def _secret_files(settings: Settings) -> str:
    paths = [settings.data / name for name in _SECRET_FILES]
    if open_to_others := [str(p) for p in paths if p.exists() and p.stat().st_mode & 0o077]:
        raise Unavailable(f"others may read {', '.join(open_to_others)}: chmod 600")
    return "readable by their owner alone"


def _keys(settings: Settings) -> str:
    keys = open_keys(settings)
    try:
        keys.secret("commands")  # every ledger has it
    finally:
        keys.close()
    return "the key store opens with this key-encryption key"


def _orphans(settings: Settings) -> str:
    if os.geteuid():
        return "clusters live in their data directories"
    lost = [str(base) for base, data in home.recorded(settings.state).items() if not data.exists()]
    return f"data directories are gone of: {', '.join(lost)}" if lost else "none"


def _durability(connection: Connection, _settings: Settings) -> str:
    found = dict(connection.execute(_SQL["settings"]).fetchall())
    if weak := [name for name in _DURABLE if found[name] not in _AT_LEAST_ON]:
        raise Unavailable(f"{', '.join(weak)} must be on: what is acknowledged could be lost")
    return "what is acknowledged is on disk"


def _version(connection: Connection, _settings: Settings) -> str:
    found = int(dict(connection.execute(_SQL["settings"]).fetchall())["server_version_num"])
    if found < _OLDEST_POSTGRESQL:
        raise Unavailable(f"PostgreSQL {found // 10_000} is too old: 15 or newer is needed")
    return f"PostgreSQL {found // 10_000}.{found % 10_000}"


def _migrations(_connection: Connection, settings: Settings) -> str:
    assert settings.database_url is not None
    if missing := pending(settings.database_url.get_secret_value()):
        raise Unavailable(f"not applied: {', '.join(missing)}: run `ledger migrate`")
    return "all applied"


def _clock(connection: Connection, _settings: Settings) -> str:
    row = connection.execute(_SQL["clock"]).fetchone()
    assert row is not None
    away = abs((datetime.now(UTC) - row[0]).total_seconds())
    if away > _CLOCK_SECONDS:
        raise Unavailable(f"this machine and the database disagree by {away:.1f} s: set the clocks")
    return "agrees with the database's"


def _head(connection: Connection, settings: Settings) -> str:
    known = HeadFile(settings.data).read()
    if not known.position:
        return "nothing recorded yet"
    row = connection.execute(_SQL["at_position"], [known.position]).fetchone()
    if row is None or bytes(row[0]) != known.leaf_hash:
        raise Unavailable(
            f"the database lacks position {known.position}, which was acknowledged:"
            " it was rolled back; restore it, or run `ledger continue`"
        )
    return f"the database holds position {known.position}, as remembered outside"


def _roles(connection: Connection, _settings: Settings) -> str:
    if wrong := [row[0] for row in connection.execute(_SQL["wrong_roles"])]:
        raise Unavailable(f"missing, or may more than they should: {', '.join(wrong)}")
    return "may what they should"


def _append_only(connection: Connection, _settings: Settings) -> str:
    if missing := [row[0] for row in connection.execute(_SQL["missing_triggers"])]:
        raise Unavailable(f"nothing refuses {', '.join(missing)} on events: its trigger is gone")
    return "changes of events are refused for everybody"


_IN_DATABASE: Final[dict[str, Callable[[Connection, Settings], str]]] = {
    "durability": _durability,
    "postgresql": _version,
    "migrations": _migrations,
    "clock": _clock,
    "head": _head,
    "roles": _roles,
    "append-only": _append_only,
}
