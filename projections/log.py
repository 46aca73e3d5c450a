"""Reading the log: which it is, its checkpoint, proofs out of its tiles."""

import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from domain.checkpoint import TreeHead
from domain.errors import Malformed, NotFound, NotYetIntegrated
from domain.merkle import check_inclusion, consistency_proof, inclusion_proof, root
from domain.tiles import Tile
from infra.files import write_private
from infra.tilefiles import CHECKPOINT, TileReader, epochs, head_of, log_directory

ABOUT: Final = "log.json"
_PROOF: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class About:
    """Which log a ledger has: its origin, the key that signs for it, the epoch it is of."""

    origin: str
    vkey: str
    epoch: int


def announce(data: Path, about: About) -> None:
    """Tell whoever reads the data directory which log it has."""
    if about_log(data) != about:
        write_private(log_directory(data) / ABOUT, orjson.dumps(asdict(about)) + b"\n")


def about_log(data: Path) -> About | None:
    """Return which log a data directory has, None while there is none."""
    try:
        return About(**orjson.loads((log_directory(data) / ABOUT).read_bytes()))
    except FileNotFoundError:
        return None


def checkpoint_age(data: Path) -> dict[str, int] | None:
    """Return size and age (seconds since it was published) of the last checkpoint."""
    for epoch in reversed(epochs(data)):
        directory = log_directory(data) / str(epoch)
        if (note := TileReader(directory).checkpoint()) is not None:
            written = (directory / CHECKPOINT).stat().st_mtime
            return {"size": head_of(note).size, "age": max(0, int(time.time() - written))}
    return None


@dataclass(frozen=True, slots=True)
class Published:
    """A published checkpoint, and the tree it speaks of."""

    note: bytes
    head: TreeHead
    epoch: int
    reader: TileReader

    def tile(self, tile: Tile) -> bytes:
        """Return a tile of the published tree; raise NotFound."""
        if not tile.within(self.head.size):
            raise NotFound("the published tree does not have this tile")
        return self.reader.tile(tile)

    def inclusion(self, leaf: bytes, index: int) -> str:
        """Return the proof that a leaf is in the tree (C2SP tlog-proof, "Format").

        Raises NotYetIntegrated when the tree is smaller, Integrity when the leaf is not in it.
        """
        if index >= self.head.size:
            raise NotYetIntegrated(f"the checkpoint covers {self.head.size} events")
        proof = inclusion_proof(index, self.head.size, self.reader.node)
        check_inclusion(leaf, index, self.head.size, proof, self.head.root)
        return tlog_proof(index, proof, self.note)

    def consistency(self, first: int, second: int) -> dict[str, Any]:
        """Return the proof that one published tree begins with another.

        Raises Malformed when the first is larger, NotYetIntegrated when the second is not there.
        """
        if first > second:
            raise Malformed("the first tree is larger than the second", "from")
        if second > self.head.size:
            raise NotYetIntegrated(f"the checkpoint covers {self.head.size} events")
        node = self.reader.node
        return {
            "from": first,
            "to": second,
            "from_root": root(first, node).hex(),
            "to_root": root(second, node).hex(),
            "proof": [step.hex() for step in consistency_proof(first, second, node)],
        }


class PublishedLog:
    """The log of a data directory, as anybody may read it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._latest: Published | None = None
        self._reader: TileReader | None = None
        self._seen = 0

    def about(self) -> About | None:
        """Return which log it is, None while there is none."""
        return about_log(self._data)

    def latest(self) -> Published:
        """Return the last checkpoint of the latest epoch; raise NotYetIntegrated without one."""
        reader = self._reader_of_latest()
        note = None if reader is None else reader.checkpoint()
        if reader is None or note is None:
            raise NotYetIntegrated("there is no checkpoint yet")
        if self._latest is None or self._latest.note != note or self._latest.reader is not reader:
            epoch = int(reader.directory.name)
            self._latest = Published(note, head_of(note), epoch, reader)
        return self._latest

    def _reader_of_latest(self) -> TileReader | None:
        """Return the reader of the latest epoch; directories are listed when one may be new."""
        try:
            changed = log_directory(self._data).stat().st_mtime_ns
        except FileNotFoundError:
            return None
        if changed != self._seen:
            known = epochs(self._data)
            if known:
                directory = log_directory(self._data) / str(known[-1])
                if self._reader is None or self._reader.directory != directory:
                    self._reader = TileReader(directory)
            self._seen = changed
        return self._reader


def tlog_proof(index: int, proof: Sequence[bytes], note: bytes) -> str:
    """Return an inclusion proof as text (C2SP tlog-proof, "Format")."""
    lines = [_PROOF, f"index {index}", *(b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + "\n\n" + note.decode()
