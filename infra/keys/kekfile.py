"""The file `kek`: key-encryption keys, one a line, the newest first, readable by its owner alone.

It is read again at every reading of the key store, so that processes that run learn of a rotation.
Nobody but `ledger keys rotate-kek` changes it; a process that makes the first one may be there too.
"""

import base64
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from domain.errors import Unavailable
from infra.files import sync_directory, write_private
from infra.keys.kek import Kek, Keks, kek_of_text, keks_of_text
from infra.keys.scope import SECRET_BYTES

_LOCK: Final = ".lock"


class KekFile(Keks):
    """The key-encryption keys of a file; raise Unavailable when it cannot be used."""

    def __init__(self, path: Path) -> None:
        self._path = path
        super().__init__(*keks_of_text(_read(path)))

    def all(self) -> tuple[Kek, ...]:
        """Return the keys as the file has them now; without the file, those last read."""
        if self._path.exists():
            try:
                self._known = keks_of_text(_read(self._path))
            except Unavailable:  # it was replaced, and overwritten, while it was read
                self._known = keks_of_text(_read(self._path))
        return self._known

    def add(self) -> Kek:
        """Make a new key before the others, durably, and return it."""
        text = _new()
        self._replace(f"{text}\n{_read(self._path)}")
        return kek_of_text(text)

    def keep_newest(self) -> list[str]:
        """Leave nothing but the newest key, in the file and in what killed processes left."""
        gone = [kek.id for kek in self.all()[1:]]
        self._replace(f"{_read(self._path).split()[0]}\n")
        for draft in self._drafts():
            with draft.open("r+b") as file:
                _overwrite(file.fileno())
            draft.unlink()
        sync_directory(self._path.parent)
        return gone

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep another rotation out; raise Unavailable when one is at work."""
        handle = os.open(self._beside(_LOCK), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise Unavailable(f"{self._path}: another rotation is at work") from None
            yield
        finally:
            os.close(handle)

    def _replace(self, text: str) -> None:
        """Put another text in its place, durably, and overwrite the one that was there."""
        with self._path.open("r+b") as old:
            write_private(self._path, text.encode())
            _overwrite(old.fileno())

    def _drafts(self) -> list[Path]:
        """Return what a killed process left beside the file: it may hold a key."""
        found = self._path.parent.glob(f"{self._beside('.').name}*")
        return [path for path in found if path != self._beside(_LOCK)]

    def _beside(self, end: str) -> Path:
        return self._path.with_name(f".{self._path.name}{end}")


def create_kek_file(path: Path) -> None:
    """Write a new key-encryption key unless the file exists; durable when it returns.

    Two processes may do so at once: a link is made to a finished file, so the first one wins.
    """
    if path.exists():
        return
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        write_private(draft, f"{_new()}\n".encode())
        with suppress(FileExistsError):
            path.hardlink_to(draft)
        draft.unlink()
        sync_directory(path.parent)
    except OSError as error:
        raise Unavailable(f"{path}: no key-encryption key can be made: {error}") from error


def _new() -> str:
    return base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def _read(path: Path) -> str:
    try:
        mode = path.stat().st_mode
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(f"{path}: the key-encryption key cannot be read: {error}") from error
    if stat.S_IMODE(mode) & 0o077:
        raise Unavailable(f"{path}: others may read the key-encryption key: chmod 600 {path}")
    return text


def _overwrite(file: int) -> None:
    os.pwrite(file, bytes(os.fstat(file).st_size), 0)
    os.fsync(file)
