"""Reading a bag that somebody handed in: nothing in it is believed, and nothing can be too much."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from domain.errors import Integrity, Malformed
from infra.bundle.layout import MANY

_BLOCK: Final = 1 << 20
_LONGEST_LINE: Final = 1 << 24
_PART: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")
_NAME_BYTES: Final = 120
_DEEPEST: Final = 4


class BagReader:
    """The files of a bag by name, without its top folder."""

    def __init__(self, archive: zipfile.ZipFile, room: int) -> None:
        found = archive.infolist()
        if len(found) > MANY or sum(one.file_size for one in found) > room:
            raise Malformed("more in it than a bag can hold", "zip")
        if len({one.filename.partition("/")[0] for one in found}) != 1:
            raise Malformed("a bag has one folder at the top", "zip")
        self._zip = archive
        self._files: dict[str, zipfile.ZipInfo] = {}
        self._hashes: dict[str, str] = {}
        for one in found:
            _require_plain(one)
            name = one.filename.partition("/")[2]
            if name in self._files:
                raise Malformed("two files of one name", "zip")
            self._files[name] = one
        self.names: Final = frozenset(self._files)

    def under(self, folder: str, suffix: str = "") -> list[str]:
        """Return the names of the files in a folder, in the order of the zip."""
        return [n for n in self._files if n.startswith(folder) and n.endswith(suffix)]

    def read(self, name: str, most: int) -> bytes:
        """Return a file; raise Integrity when it is not there, is larger, or is broken."""
        info = self._files.get(name)
        if info is None or info.file_size > most:
            raise Integrity(f"{name} is not there, or too large")
        with _reading(name):
            content = self._zip.read(info)
        self._hashes[name] = sha256(content).hexdigest()
        return content

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield a file's lines without their ends; raise Integrity as `read` does."""
        info = self._files.get(name)
        if info is None:
            raise Integrity(f"{name} is not there")
        with _reading(name), self._zip.open(info) as file:
            while line := file.readline(_LONGEST_LINE):
                if not line.endswith(b"\n"):
                    raise Integrity(f"{name}: a line without an end")
                yield line[:-1]

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file in hex, read once; raise Integrity for a broken one."""
        known = self._hashes.get(name)
        if known is None:
            made = sha256()
            with _reading(name), self._zip.open(self._files[name]) as file:
                while block := file.read(_BLOCK):
                    made.update(block)
            known = self._hashes[name] = made.hexdigest()
        return known


@contextmanager
def opening(path: Path) -> Iterator[BagReader]:
    """Open a bag; raise Malformed for what is none."""
    try:
        with path.open("rb") as file, zipfile.ZipFile(file) as archive:
            yield BagReader(archive, path.stat().st_size)
    except FileNotFoundError:
        raise Malformed("no such file", str(path)) from None
    except (zipfile.BadZipFile, RuntimeError, EOFError, OverflowError):
        raise Malformed("not a zip that can be read", str(path)) from None


def _require_plain(info: zipfile.ZipInfo) -> None:
    parts = info.filename.split("/")
    named = all(0 < len(one) <= _NAME_BYTES and _PART.issuperset(one) for one in parts)
    if not named or not 2 <= len(parts) <= _DEEPEST or {".", ".."} & set(parts):  # noqa: PLR2004 - top and file
        raise Malformed("a name that no bag has", "zip")
    if info.compress_type != zipfile.ZIP_STORED or info.flag_bits & 1:
        raise Malformed("a compressed or encrypted file: a bag's are stored as they are", "zip")
    if info.compress_size != info.file_size:
        raise Malformed("a file with two sizes", "zip")


@contextmanager
def _reading(name: str) -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Integrity(f"{name} cannot be read from the zip ({type(error).__name__})") from None
