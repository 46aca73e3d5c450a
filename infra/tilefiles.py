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
from typing import Final, Generic, TypeVar

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
_TILES: Final = 256  # remembered with all their hashes, 8 KiB each
_INNER: Final = 4_096  # remembered with the upper part of what is computed, about 1.5 KiB each
_LOW: Final = 4
"""Below this height within a tile a node is computed when asked for: at most 15 hashes."""

Place = tuple[int, int]
T = TypeVar("T")


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


class _Recent(Generic[T]):
    """What was used last, by place; at most so much of it."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Place, T] = OrderedDict()

    def get(self, place: Place) -> T | None:
        found = self._kept.get(place)
        if found is not None:
            self._kept.move_to_end(place)
        return found

    def put(self, place: Place, value: T) -> None:
        self._kept[place] = value
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()


class TileReader:
    """Reads the tree of one epoch from its tiles; what was read and computed is remembered."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._tiles: _Recent[bytes] = _Recent(_TILES)
        self._inner: _Recent[list[bytes]] = _Recent(_INNER)
        self._published: tuple[tuple[int, int, int], bytes] | None = None

    def checkpoint(self) -> bytes | None:
        """Return the published checkpoint, None before the first."""
        path = self.directory / CHECKPOINT
        try:
            found = path.stat()
        except FileNotFoundError:
            return None
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        if self._published is None or self._published[0] != seen:
            note = _bytes(path)
            if note is None:
                return None
            self._published = seen, note
        return self._published[1]

    def last_signed(self) -> bytes | None:
        """Return the last note that was signed, published or not."""
        return _bytes(self.directory / LAST_SIGNED)

    def node(self, level: int, index: int) -> bytes:
        """Return the hash of a complete subtree: 2**level leaves from index * 2**level on.

        Raises NotFound when no tile has it.
        """
        tile, height, number = tile_with(level, index)
        if height >= _LOW:
            return hash_at(self._upper(tile)[height - _LOW], number)
        below = number << height
        content = self._content(tile)
        if not height:
            return hash_at(content, below)
        row = content[below * HASH_BYTES : (below + (1 << height)) * HASH_BYTES]
        return heights(row)[height]

    def tile(self, tile: Tile) -> bytes:
        """Return a tile's bytes, cut from a wider one if need be; raise NotFound."""
        return self._content(tile)[: tile.width * HASH_BYTES]

    def read(self, tile: Tile) -> bytes:
        """Return a tile as it lies in its file, remembering nothing; raise NotFound, OSError."""
        return self._read(tile)[: tile.width * HASH_BYTES]

    def edge(self, size: int) -> Edge:
        """Return the right edge of the tree at a size; raise NotFound when a tile is missing."""
        rows: list[bytes] = []
        for level in range(-(-size.bit_length() // HEIGHT)):
            whole = size >> HEIGHT * level
            tile = Tile(level, whole // WIDTH, whole % WIDTH)
            rows.append(self.tile(tile) if tile.width else b"")
        return Edge(size, tuple(rows))

    def forget(self) -> None:
        """Read everything anew from now on: something of it contradicts what was signed."""
        self._tiles.clear()
        self._inner.clear()
        self._published = None

    def _upper(self, tile: Tile) -> list[bytes]:
        """Return the hashes of the subtrees of 16 leaves and more in a tile, by height."""
        place = (tile.level, tile.index)
        known = self._inner.get(place)
        if known is None or len(known[0]) < (tile.width >> _LOW) * HASH_BYTES:
            known = heights(self._content(tile))[_LOW:]
            self._inner.put(place, known)
        return known

    def _content(self, tile: Tile) -> bytes:
        place = (tile.level, tile.index)
        known = self._tiles.get(place)
        if known is None or len(known) < tile.width * HASH_BYTES:
            known = self._read(tile)
            self._tiles.put(place, known)
        return known

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
