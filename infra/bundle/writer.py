"""Writing a bag: BagIt 1.0 (RFC 8493) as a zip of stored files, each written once, none kept.

Nothing in it depends on the moment of writing: times are fixed, files come in the order in which
they are added. Nothing is compressed, so that no file can be larger than the zip shows.
"""

import os
import shutil
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from domain.errors import Malformed
from infra.bundle.layout import DECLARATION, INFO, MANIFEST, NOTE, PAYLOAD, TAGS
from infra.files import sync_directory

_TIME: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_BLOCK: Final = 1 << 20
_BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class BagWriter:
    """A bag in the making; `name` is its one top folder, `place` holds files in the making."""

    def __init__(self, archive: zipfile.ZipFile, name: str, place: Path) -> None:
        self._zip = archive
        self._name = name
        self.place = place
        self._manifest = (place / "manifest").open("wb")
        self._files = self._bytes = 0

    def add(self, name: str, content: bytes) -> None:
        """Add a file of the payload."""
        self._put(PAYLOAD + name, content)
        self._list(name, sha256(content).hexdigest(), len(content))

    @contextmanager
    def file(self, name: str, size: int) -> Iterator[Callable[[bytes], object]]:
        """Add a file of the payload of so many bytes piece by piece.

        Raises Malformed when it has another size in the end.
        """
        made, told, info = sha256(), 0, self._info(PAYLOAD + name)
        info.file_size = size
        with self._zip.open(info, "w") as member:

            def write(piece: bytes) -> None:
                nonlocal told
                told += len(piece)
                made.update(piece)
                member.write(piece)

            yield write
        if told != size:
            raise Malformed(f"{told} bytes where {size} were announced", name)
        self._list(name, made.hexdigest(), size)

    def move_in(self, name: str, source: Path) -> None:
        """Add a file that was made in `place`, and remove it there."""
        with (
            source.open("rb") as made,
            self.file(name, source.stat().st_size) as write,
        ):
            while block := made.read(_BLOCK):
                write(block)
        source.unlink()

    def seal(self, told: dict[str, str]) -> bytes:
        """Write the manifests, `told` into bag-info.txt; return the digest that is to be signed."""
        self._manifest.close()
        info = {**told, "Payload-Oxum": f"{self._bytes}.{self._files}"}
        tags = {
            DECLARATION: _BAGIT,
            INFO: "".join(f"{name}: {value}\n" for name, value in info.items()).encode(),
            MANIFEST: (self.place / "manifest").read_bytes(),
        }
        for name, content in tags.items():
            self._put(name, content)
        listed = "".join(f"{sha256(content).hexdigest()}  {n}\n" for n, content in tags.items())
        self._put(TAGS, listed.encode())
        return sha256(listed.encode()).digest()

    def sign(self, note: bytes) -> None:
        """Add the signed note over the digest: the last file."""
        self._put(NOTE, note)

    def close(self) -> None:
        """Give up what is open."""
        self._manifest.close()

    def _put(self, name: str, content: bytes) -> None:
        self._zip.writestr(self._info(name), content)

    def _info(self, name: str) -> zipfile.ZipInfo:
        info = zipfile.ZipInfo(f"{self._name}/{name}", _TIME)
        info.create_system, info.external_attr = 3, _MODE
        return info

    def _list(self, name: str, digest: str, size: int) -> None:
        self._manifest.write(f"{digest}  {PAYLOAD}{name}\n".encode())
        self._files += 1
        self._bytes += size


@contextmanager
def writing(out: Path, name: str) -> Iterator[BagWriter]:
    """Write a bag that appears as `out`, whole and durable, when the block ends well.

    What is in the making lies beside it in a folder that only its owner can read; it is gone in
    the end, and what a killed writer left is removed by the next one for the same file.
    """
    place = out.with_name(f".{out.name}.part")
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(mode=0o700, parents=False)
    try:
        draft = place / "bag.zip"
        with _private(draft) as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
                bag = BagWriter(archive, name, place)
                try:
                    yield bag
                finally:
                    bag.close()
            file.flush()
            os.fsync(file.fileno())
        draft.replace(out)
        sync_directory(out.parent)
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _private(path: Path) -> BinaryIO:
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b")
