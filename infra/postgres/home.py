"""Where a cluster lives: in the data directory, or for root in the state directory."""

import hashlib
import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Unavailable
from infra.files import Held, write_private
from infra.postgres import binaries
from infra.postgres.account import is_root, unprivileged
from infra.postgres.roles import CREDENTIALS
from infra.settings import Settings

_RECORD: Final = "data-directory.json"
_SOCKETS: Final = Path("/tmp")  # noqa: S108 - the one short path everywhere; see `open_sockets`
_OPEN: Final = 0o755
_PRIVATE: Final = 0o700


@dataclass(frozen=True, slots=True)
class Home:
    """The places of one cluster.

    `base` belongs to the user who starts the ledger; `pgdata` and `sockets` to `account`, which
    runs PostgreSQL (None: the same user). So root never follows what the account may have planted.
    """

    base: Path
    sockets: Path
    programs: Path
    account: tuple[int, int] | None

    @property
    def pgdata(self) -> Path:
        """The cluster's own directory; it is there only once initdb has finished."""
        return self.base / "data"


def find_home(held: Held, settings: Settings, cluster: str) -> Home:
    """Return the home of the data directory's cluster, which is called `cluster`, made if new."""
    beside = held.path / "postgres"
    if not is_root():
        beside.mkdir(mode=_PRIVATE, exist_ok=True)
        sockets = _SOCKETS / f"ticket-ledger-{os.geteuid()}-{_digest(held.path)}"
        return Home(beside, sockets, binaries.in_wheel(), None)
    if beside.exists():
        owner = beside.stat().st_uid
        raise Unavailable(f"{held.path} is the ledger of user {owner}: start it as that user")
    state = settings.state.resolve()
    clusters = state / "clusters"
    for directory in (state, clusters):
        directory.mkdir(mode=_OPEN, parents=True, exist_ok=True)
        directory.chmod(_OPEN)
    base = clusters / _digest(held.path)
    _settle(base, held.path, cluster)
    account = unprivileged(settings.postgres_user)
    if (base / "data").is_dir():
        found = (base / "data").stat()
        account = (found.st_uid, found.st_gid)
    return Home(base, base / "run", binaries.copied(state), account)


def open_sockets(home: Home) -> None:
    """Make the directory of the sockets: a short path, because a socket's may have 107 bytes.

    Raises Unavailable when somebody else has made it, below /tmp.
    """
    home.sockets.mkdir(mode=_PRIVATE, exist_ok=True)
    if home.account:
        os.chown(home.sockets, *home.account)
        return
    found = home.sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o077:
        raise Unavailable(f"{home.sockets} is not this user's own directory: remove it")


def close_sockets(home: Home) -> None:
    """Remove the directory of the sockets, unless a server that was killed left some in it."""
    with suppress(OSError):
        home.sockets.rmdir()


def recorded(state: Path) -> dict[Path, Path]:
    """Return cluster directory -> the data directory it belongs to, for all below `state`."""
    found = sorted((state / "clusters").glob(f"*/{_RECORD}"))
    return {path.parent: Path(_read(path)["data"]) for path in found}


def _settle(base: Path, data: Path, cluster: str) -> None:
    """Make `base`, or take over the one that belongs to `data`, wherever `data` was before."""
    if _read(base / _RECORD).get("id") == cluster:
        return
    if base.exists():  # of a data directory that was here before and was deleted
        base.rename(base.with_name(f"{base.name}.{os.getpid()}.replaced"))
    for other in base.parent.glob(f"*/{_RECORD}"):
        record = _read(other)
        if record.get("id") != cluster:
            continue
        if (Path(record["data"]) / CREDENTIALS).exists():
            raise Unavailable(f"{data} is a copy of {record['data']}, which owns the database")
        other.parent.rename(base)
        break
    base.mkdir(mode=_OPEN, exist_ok=True)
    base.chmod(_OPEN)
    write_private(base / _RECORD, json.dumps({"id": cluster, "data": str(data)}).encode())


def _read(path: Path) -> dict[str, str]:
    try:
        return dict(json.loads(path.read_text("utf-8")))
    except FileNotFoundError:
        return {}


def _digest(path: Path) -> str:
    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
