"""Tiles: how a Merkle tree lies in files, 256 hashes each (C2SP tlog-tiles, "Merkle Tree").

Tile N of level L holds, one after the other, the hashes of the complete subtrees of 256**L leaves
with the numbers N * 256 to N * 256 + 255; a partial tile holds the first W of them.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from struct import Struct
from typing import Final

from domain.errors import Malformed
from domain.merkle import EMPTY_ROOT, HASH_BYTES, hash_children

HEIGHT: Final = 8
WIDTH: Final = 1 << HEIGHT
TILE_BYTES: Final = WIDTH * HASH_BYTES
MAX_LEVEL: Final = 63
_PLACE: Final = re.compile(r"((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?")
_LEVEL: Final = re.compile(r"0|[1-9][0-9]?")
_LONGEST: Final = 64
_PAIR_BYTES: Final = 2 * HASH_BYTES
_PAIRS: Final = Struct(f"{_PAIR_BYTES}s").iter_unpack
_PARENT: Final = sha256(b"\x01").copy  # what `hash_children` takes in first, taken in once


@dataclass(frozen=True, slots=True)
class Tile:
    """Which tile: level, index within it, and how many hashes (256: a full one)."""

    level: int
    index: int
    width: int = WIDTH

    @property
    def full(self) -> bool:
        """Say that no hash is missing, so that its root stands in the level above."""
        return self.width == WIDTH

    @property
    def path(self) -> str:
        """Return where it lies below the log's URL, such as tile/0/x001/234/067.p/5."""
        return f"tile/{self.level}/{place_text(self.index, self.width)}"

    def within(self, size: int) -> bool:
        """Say whether a tree of this size has all its hashes."""
        return self.index * WIDTH + self.width <= size >> HEIGHT * self.level


def place_text(index: int, width: int = WIDTH) -> str:
    """Return index and width as path elements of three digits."""
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    text = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return text if width == WIDTH else f"{text}.p/{width}"


def parse_place(text: str) -> tuple[int, int]:
    """Return (index, width) of a tile's or an entry bundle's path; raise Malformed."""
    match = _PLACE.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise Malformed("path elements of three digits are wanted, as in x001/234/067.p/5", "tile")
    index = int(match[1].replace("x", "").replace("/", ""))
    width = int(match[2]) if match[2] else WIDTH
    if match[2] and width >= WIDTH:
        raise Malformed(f"a partial tile has 1 to {WIDTH - 1} hashes", "tile")
    if place_text(index, width) != text:
        raise Malformed("the index has needless zeroes in front", "tile")
    return index, width


def parse_tile(level: str, place: str) -> Tile:
    """Return the tile that a path names; raise Malformed."""
    if not _LEVEL.fullmatch(level) or int(level) > MAX_LEVEL:
        raise Malformed(f"a level is a number from 0 to {MAX_LEVEL}", "level")
    return Tile(int(level), *parse_place(place))


def tile_with(level: int, index: int) -> tuple[Tile, int, int]:
    """Return where a node of the tree lies: the narrowest tile, and (height, number) in it.

    A node is a complete subtree of 2**level leaves.
    """
    height = level % HEIGHT
    wide = HEIGHT - height
    number = index & (1 << wide) - 1
    return Tile(level // HEIGHT, index >> wide, (number + 1) << height), height, number


def heights(tile: bytes) -> list[bytes]:
    """Return the hashes of all complete subtrees in a tile, by height from 0."""
    rows = [tile]
    while len(row := rows[-1]) >= _PAIR_BYTES:
        hashes = []
        for (pair,) in _PAIRS(row[: len(row) // _PAIR_BYTES * _PAIR_BYTES]):
            parent = _PARENT()
            parent.update(pair)
            hashes.append(parent.digest())
        rows.append(b"".join(hashes))
    return rows


def hash_at(row: bytes, number: int) -> bytes:
    """Return one hash of a row of them."""
    return row[number * HASH_BYTES : (number + 1) * HASH_BYTES]


class Edge:
    """The right edge of a growing tree: the partial tile of each level.

    `rows` are those tiles, from level 0, for a tree of `size` leaves.
    """

    def __init__(self, size: int = 0, rows: tuple[bytes, ...] = ()) -> None:
        self.size = size
        self._rows = [bytearray(row) for row in rows]

    def add(self, leaves: bytes) -> Iterator[tuple[Tile, bytes]]:
        """Take in leaf hashes, one after the other; yield each tile that became full.

        The tree has grown when the last one was taken.
        """
        before, self.size = self.size, self.size + len(leaves) // HASH_BYTES
        yield from self._extend(0, before, leaves)

    def partial(self) -> Iterator[tuple[Tile, bytes]]:
        """Yield the partial tiles of the tree as it is."""
        for level, row in enumerate(self._rows):
            if row:
                index = self.size >> HEIGHT * (level + 1)
                yield Tile(level, index, len(row) // HASH_BYTES), bytes(row)

    def root(self) -> bytes:
        """Return the tree's root."""
        found: bytes | None = None
        for row in self._rows:
            width = len(row) // HASH_BYTES
            for height, hashes in enumerate(heights(bytes(row))):
                if width >> height & 1:
                    node = hash_at(hashes, (width >> height) - 1)
                    found = node if found is None else hash_children(node, found)
        return EMPTY_ROOT if found is None else found

    def _extend(self, level: int, before: int, hashes: bytes) -> Iterator[tuple[Tile, bytes]]:
        if level == len(self._rows):
            self._rows.append(bytearray())
        row, above = self._rows[level], bytearray()
        row += hashes
        index = before >> HEIGHT * (level + 1)
        while len(row) >= TILE_BYTES:
            tile = bytes(row[:TILE_BYTES])
            del row[:TILE_BYTES]
            yield Tile(level, index), tile
            above += heights(tile)[HEIGHT]
            index += 1
        if above:
            yield from self._extend(level + 1, before, bytes(above))
