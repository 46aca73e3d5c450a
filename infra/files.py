"""Files that must be there whole or not at all, readable by their owner alone."""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from domain.errors import Unavailable

LOCK: Final = "lock"


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by a file of mode 0600 with `content`, durably: old or new, never a part."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make the names in the directory `path` durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Held:
    """A data directory that this process alone works on; `path` is its real path.

    Whoever changes something in a data directory asks for one, so that nobody can forget the lock.
    """

    path: Path


@contextmanager
def hold(data: Path) -> Iterator[Held]:
    """Make the data directory and hold it until the block ends, or this process does.

    Raises Unavailable when another process holds it, naming that process.
    """
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (data / LOCK).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unavailable(
                f"{data} is held by {holder(data)}: stop that one first, or give another --data"
            ) from None
        file.truncate(0)
        file.write(json.dumps({"pid": os.getpid()}))
        file.flush()
        yield Held(data.resolve())
        file.truncate(0)


def holder(data: Path) -> str:
    """Return words for who holds the data directory."""
    with suppress(OSError, ValueError, KeyError):
        return f"process {json.loads((data / LOCK).read_text('utf-8'))['pid']}"
    return "another process"


def is_held(data: Path) -> bool:
    """Say whether a living process holds the data directory."""
    try:
        with (data / LOCK).open("r", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
