"""A log's files: tiles, the last signed note, the published checkpoint. One directory an epoch.

The integrator alone writes them. A file is written beside its place and renamed, so that it is
there whole or not at all; tiles may be served by any web server as they lie.
"""

import ctypes
import os
import shutil
from collections import OrderedDict
from contextlib import suppress
from pathlib import Path
from typing import Final

from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import NotFound, Unavailable
from domain.merkle import HASH_BYTES
from domain.tiles import HEIGHT, WIDTH, Edge, Tile, hash_at, heights, tile_with
from infra.files import sync_directory, write_private
from infra.notes import parse_note

LOG: Final = "log"
CHECKPOINT: Final = "checkpoint"
LAST_SIGNED: Final = "last-signed"
_LIBC: Final = ctypes.CDLL(None, use_errno=True)
_FEW: Final = 32  # files that are worth an fsync each; more go with their whole file system
_REMEMBERED: Final = 256


def log_directory(data: Path) -> Path:
    """Return where a data directory keeps its log: keys, and a directory for each epoch."""
    return data / LOG


def epochs(data: Path) -> list[int]:
    """Return the epochs that have a log here, in order."""
    with suppress(OSError):
        return _numbers(log_directory(data))
    return []


def head_of(note: bytes) -> TreeHead:
    """Return what a note says, whoever signed it; raise Malformed."""
    return parse_tree_head(parse_note(note).text)


class TileReader:
    """Reads the tree of one epoch from its tiles; full tiles that were read are remembered."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._known: OrderedDict[tuple[int, int], list[bytes]] = OrderedDict()

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, None before the first."""
        return _bytes(self.directory / CHECKPOINT)

    def last_signed(self) -> bytes | None:
        """Return the last note that was signed, published or not."""
        return _bytes(self.directory / LAST_SIGNED)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree: 2**level leaves from index * 2**level on.

        Raises NotFound when no tile has it.
        """
        tile, height, number = tile_with(level, index)
        return hash_at(self._heights(tile)[height], number)

    def tile(self, tile: Tile) -> bytes:
        """Return a tile's bytes, cut from a wider one if need be; raise NotFound."""
        return self._heights(tile)[0][: tile.width * HASH_BYTES]

    def edge(self, size: int) -> Edge:
        """Return the right edge of the tree at a size; raise NotFound when a tile is missing."""
        rows: list[bytes] = []
        for level in range(-(-size.bit_length() // HEIGHT)):
            whole = size >> HEIGHT * level
            tile = Tile(level, whole // WIDTH, whole % WIDTH)
            rows.append(self.tile(tile) if tile.width else b"")
        return Edge(size, tuple(rows))

    def _heights(self, tile: Tile) -> list[bytes]:
        place = (tile.level, tile.index)
        known = self._known.get(place)
        if known is not None and len(known[0]) >= tile.width * HASH_BYTES:
            self._known.move_to_end(place)
            return known
        found = heights(self._read(tile))
        self._known[place] = found
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return found

    def _read(self, tile: Tile) -> bytes:
        """Return the full tile, or the narrowest partial one that is wide enough."""
        full = self.directory / Tile(tile.level, tile.index).path
        # a partial tile goes away once the full one is there: look again for that one
        for look in (full, None, full):
            found = self._partial(full, tile.width) if look is None else _bytes(look)
            if found is not None and len(found) >= tile.width * HASH_BYTES:
                return found
        raise NotFound(f"no {tile.path}")

    def _partial(self, full: Path, width: int) -> bytes | None:
        partial = full.with_name(f"{full.name}.p")
        with suppress(OSError):
            for wide in _numbers(partial):
                if wide >= width:
                    return _bytes(partial / str(wide))
        return None


class TileWriter:
    """Writes the files of one epoch; nothing is durable before `sync` returns."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._unsynced: list[Path] = []
        self._directories: set[Path] = set()
        self._superseded: list[Path] = []
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def write(self, tile: Tile, content: bytes) -> None:
        """Put a tile in its place, whatever was there."""
        path = self.directory / tile.path
        self._make(path.parent)
        draft = path.with_name(f".{path.name}")
        draft.write_bytes(content)
        draft.replace(path)
        self._unsynced.append(path)
        if tile.full:
            self._superseded.append(path.with_name(f"{path.name}.p"))

    def sync(self) -> None:
        """Make everything that was written durable; raise Unavailable when it cannot be."""
        try:
            if len(self._unsynced) > _FEW:
                _sync_file_system(self.directory)
            else:
                for path in self._unsynced:
                    _sync_file(path)
                for place in {path.parent for path in self._unsynced} | self._directories:
                    sync_directory(place)
        except OSError as error:
            raise Unavailable(f"{self.directory}: tiles cannot be kept: {error}") from error
        self._unsynced.clear()
        self._directories.clear()

    def sweep(self) -> None:
        """Remove the partial tiles of tiles that are full, and durable, by now."""
        for path in self._superseded:
            with suppress(FileNotFoundError):
                shutil.rmtree(path)
        self._superseded.clear()

    def remember(self, note: bytes) -> None:
        """Keep the last signed note; durable when it returns."""
        write_private(self.directory / LAST_SIGNED, note)

    def publish(self, note: bytes) -> None:
        """Put a note where everybody reads it; durable when it returns."""
        write_private(self.directory / CHECKPOINT, note)

    def _make(self, directory: Path) -> None:
        made = directory
        while not made.exists():
            self._directories.add(made.parent)
            made = made.parent
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)


def _numbers(directory: Path) -> list[int]:
    return sorted(int(path.name) for path in directory.iterdir() if path.name.isdecimal())


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _sync_file(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_file_system(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        if _LIBC.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)
