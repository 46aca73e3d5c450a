"""The tree of what is stored, and where it differs from trees that were signed.

It grows leaf by leaf in memory that does not grow with them. Each tile that becomes full is
compared with the log's, and where a signed tree ends, what is left of it and its root. A leaf that
differs is told once, and not again for the hashes above it.
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

from domain.errors import NotFound
from domain.merkle import HASH_BYTES
from domain.tiles import HEIGHT, WIDTH, Edge, Tile, hash_at
from infra.fsck.findings import MOST_FINDINGS, Finding, Kind
from infra.fsck.signed import Signed


class Tree:
    """A growing tree beside signed ones."""

    def __init__(self, signed: Sequence[Signed] = ()) -> None:
        self._edge = Edge()
        self._compared = [Comparison(one) for one in signed]

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return self._edge.size

    def root(self) -> bytes:
        """Return the root of all leaves so far."""
        return self._edge.root()

    def begin_epoch(self, epoch: int, position: int) -> None:
        """Take note that an epoch's first event stands at a position that is not yet a leaf.

        What earlier epochs signed from there on was lost, and is another epoch's now.
        """
        for one in self._compared:
            if one.signed.epoch < epoch:
                one.limit = min(one.limit, position - 1)

    def add(self, leaves: bytes) -> None:
        """Append leaf hashes, one after the other."""
        before = self.size
        after = before + len(leaves) // HASH_BYTES
        ends = {one.limit for one in self._compared if before <= one.limit <= after}
        for start, end in pairwise(sorted({before, *ends, after})):
            self._end(start)
            part = leaves[(start - before) * HASH_BYTES : (end - before) * HASH_BYTES]
            for tile, content in self._edge.add(part):
                for one in self._compared:
                    one.compare(tile, content)
        self._end(after)

    def finish(self) -> list[Finding]:
        """Return what differs; no leaf comes any more."""
        for one in self._compared:
            one.end(self._edge)
        return [finding for one in self._compared for finding in one.findings()]

    def _end(self, size: int) -> None:
        for one in self._compared:
            if one.limit == size:
                one.end(self._edge)


class Comparison:
    """A signed tree beside the growing one; `limit` is how many leaves they should share."""

    def __init__(self, signed: Signed) -> None:
        self.signed = signed
        self.limit = signed.head.size
        self._ended = False
        self._runs: list[tuple[int, int]] = []  # positions whose leaves differ: first and last
        self._above: set[tuple[int, int]] = set()  # hashes that differ because of one below
        self._other: list[Finding] = []

    def compare(self, tile: Tile, content: bytes) -> None:
        """Compare the stored tree's hashes with what the log has in the same place."""
        if self.signed.tiles is None or self._ended or not tile.within(self.limit):
            return
        try:
            kept = self.signed.tiles.read(tile)
        except (NotFound, OSError):
            first, _ = _positions(tile.level, tile.index * WIDTH)
            self._tell(Finding(first, Kind.TREE, f"{tile.path} of the log cannot be read"))
            return
        if kept == content:
            return
        for number in range(tile.width):
            if hash_at(kept, number) != hash_at(content, number):
                self._differs(tile, tile.index * WIDTH + number)

    def end(self, edge: Edge) -> None:
        """Compare the rest, when the stored tree has grown to the limit or grows no more."""
        if self._ended:
            return
        for tile, content in edge.partial():
            self.compare(tile, content)
        self._ended = True
        size, said = self.signed.head.size, self.signed.words
        if edge.size < self.limit:
            detail = f"{said} covers {size} events"
            self._tell(Finding(edge.size + 1, Kind.TRUNCATED, detail))
        elif edge.size == size:
            if edge.root() != self.signed.head.root and not (self._runs or self._other):
                detail = f"{said} has another root for the events up to here"
                self._tell(Finding(max(1, size), Kind.FORK, detail))
        elif self.signed.tiles is None:
            detail = f"{said} covers {size} events; here another epoch begins"
            self._tell(Finding(self.limit + 1, Kind.TRUNCATED, detail))

    def findings(self) -> Iterator[Finding]:
        """Yield what differs."""
        for first, last in self._runs:
            detail = "not the event that the log holds"
            if last > first:
                detail = f"from here to position {last} not the events that the log holds"
            yield Finding(first, Kind.TREE, detail)
        yield from self._other

    def _differs(self, tile: Tile, index: int) -> None:
        """Take note that the hash with this index in its level differs."""
        first, last = _positions(tile.level, index)
        if tile.level and (tile.level, index) not in self._above:
            detail = f"{tile.path} of the log does not follow from the events up to {last}"
            self._tell(Finding(first, Kind.TREE, detail))
        elif not tile.level and self._runs and self._runs[-1][1] == first - 1:
            self._runs[-1] = (self._runs[-1][0], last)
        elif not tile.level and len(self._runs) < MOST_FINDINGS:
            self._runs.append((first, last))
        self._above.add((tile.level + 1, index >> HEIGHT))

    def _tell(self, finding: Finding) -> None:
        if len(self._other) < MOST_FINDINGS:
            self._other.append(finding)


def _positions(level: int, index: int) -> tuple[int, int]:
    """Return the first and last position under a hash."""
    leaves = 1 << HEIGHT * level
    return index * leaves + 1, (index + 1) * leaves
