"""Which operating system user runs PostgreSQL: it refuses to run as root."""

import os
import pwd
from typing import Final

from domain.errors import Unavailable

_CANDIDATES: Final = ("postgres", "nobody", "daemon")


def is_root() -> bool:
    """Say whether this process is root, so that PostgreSQL needs another account."""
    return os.geteuid() == 0


def unprivileged(wanted: str | None) -> tuple[int, int]:
    """Return (user id, group id) of the `wanted` account, or of the first usual one that exists.

    The account needs an entry in passwd, which initdb looks up.
    """
    for name in (wanted,) if wanted else _CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid:
            return entry.pw_uid, entry.pw_gid
    raise Unavailable(
        f"no account to run PostgreSQL with: {wanted or ', '.join(_CANDIDATES)} is missing or root;"
        " name one in LEDGER_POSTGRES_USER, or start the ledger as a normal user"
    )
