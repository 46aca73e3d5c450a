"""Reading the log: which it is, its checkpoint, proofs out of its tiles."""

import time
from base64 import b64encode
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

from domain.checkpoint import TreeHead
from domain.errors import Integrity, Malformed, NotFound, NotYetIntegrated
from domain.merkle import (
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    root,
)
from domain.tiles import Tile
from infra.files import write_private
from infra.logkeys import LogKeys
from infra.notes import parse_note
from infra.tilefiles import CHECKPOINT, TileReader, epochs, head_of, log_directory

ABOUT: Final = "log.json"
_PROOF: Final = "c2sp.org/tlog-proof@v1"
_READERS: Final = 4  # of the epochs read last


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


def checkpoint_written(data: Path) -> tuple[int, float] | None:
    """Return size and time (Unix, seconds) of the last checkpoint that was published."""
    for epoch in reversed(epochs(data)):
        directory = log_directory(data) / str(epoch)
        if (note := TileReader(directory).checkpoint()) is not None:
            return head_of(note).size, (directory / CHECKPOINT).stat().st_mtime
    return None


def checkpoint_age(data: Path) -> dict[str, int] | None:
    """Return size and age (seconds since it was published) of the last checkpoint."""
    found = checkpoint_written(data)
    if found is None:
        return None
    return {"size": found[0], "age": max(0, int(time.time() - found[1]))}


@dataclass(frozen=True, slots=True)
class Published:
    """A published checkpoint, and the tree it speaks of; `final`: there is a later epoch.

    Nothing is handed out that does not lead to the signed root.
    """

    note: bytes
    head: TreeHead
    epoch: int
    reader: TileReader
    final: bool

    def about(self, keys: LogKeys) -> About:
        """Return which log it is, and the last of its keys that signed this checkpoint."""
        signers = {one.key_id for one in parse_note(self.note).signatures}
        for key in reversed(keys.verifiers(self.head.origin)):
            if key.id in signers:
                return About(self.head.origin, key.vkey, self.epoch)
        raise Integrity(f"no key of this ledger signed the checkpoint of epoch {self.epoch}")

    def tile(self, tile: Tile) -> bytes:
        """Return a tile of the published tree; raise NotFound."""
        if not tile.within(self.head.size):
            raise NotFound("the published tree does not have this tile")
        return self.reader.tile(tile)

    def inclusion(self, leaf: bytes, index: int) -> str:
        """Return the proof that a leaf is in the tree (C2SP tlog-proof, "Format").

        Raises NotYetIntegrated when the tree is smaller (NotFound when it grows no more),
        Integrity when the leaf is not in it.
        """
        self._require_covered(index + 1)
        return tlog_proof(index, self.path(leaf, index, self.head.size), self.note)

    def path(self, leaf: bytes, index: int, size: int) -> list[bytes]:
        """Return the proof that a leaf is among the first `size`; raise Integrity if it is not."""
        with self._believing():
            proof = inclusion_proof(index, size, self.reader.node)
            check_inclusion(leaf, index, size, proof, self.root(size))
        return proof

    def root(self, size: int) -> bytes:
        """Return the root of the first `size` leaves, at least one; raise Integrity."""
        if size == self.head.size:
            return self.head.root
        with self._believing():
            node, head = self.reader.node, self.head
            found, proof = root(size, node), consistency_proof(size, head.size, node)
            check_consistency(size, head.size, proof, found, head.root)
        return found

    def consistency(self, first: int, second: int) -> dict[str, Any]:
        """Return the proof that one published tree begins with another; sizes from 1.

        Raises Malformed when the first is larger, NotYetIntegrated when the second is not there
        (NotFound when it never will be), Integrity when the tiles do not prove it.
        """
        if first > second:
            raise Malformed("the first tree is larger than the second", "from")
        self._require_covered(second)
        with self._believing():
            old, new = self.root(first), self.root(second)
            proof = consistency_proof(first, second, self.reader.node)
            check_consistency(first, second, proof, old, new)
        return {
            "from": first,
            "to": second,
            "from_root": old.hex(),
            "to_root": new.hex(),
            "proof": [step.hex() for step in proof],
        }

    def _require_covered(self, size: int) -> None:
        if size > self.head.size:
            detail = f"the checkpoint covers {self.head.size} events"
            raise NotFound(detail) if self.final else NotYetIntegrated(detail)

    @contextmanager
    def _believing(self) -> Iterator[None]:
        """Believe the tiles that were read, until they contradict what was signed."""
        try:
            yield
        except (Integrity, NotFound) as error:
            self.reader.forget()
            raise Integrity(f"the tiles of epoch {self.epoch}: {error}") from error


class PublishedLog:
    """The logs of a data directory, one for each epoch, as anybody may read them."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._readers: OrderedDict[int, TileReader] = OrderedDict()
        self._published: dict[int, Published] = {}
        self._epochs: list[int] = []
        self._seen = 0

    def about(self) -> About | None:
        """Return which log it is, None while there is none."""
        return about_log(self._data)

    def latest(self) -> Published:
        """Return the last checkpoint of the latest epoch; raise NotYetIntegrated without one."""
        known = self.epochs()
        found = self._of(known[-1]) if known else None
        if found is None:
            raise NotYetIntegrated("there is no checkpoint yet")
        return found

    def of(self, epoch: int) -> Published:
        """Return the last checkpoint of an epoch; raise NotFound when it has no log."""
        known = self.epochs()
        if known and epoch == known[-1]:
            return self.latest()
        found = self._of(epoch) if epoch in known else None
        if found is None:
            raise NotFound(f"there is no log of epoch {epoch}")
        return found

    def epochs(self) -> list[int]:
        """Return the epochs that have a log; directories are listed when one may be new."""
        try:
            changed = log_directory(self._data).stat().st_mtime_ns
        except FileNotFoundError:
            return []
        if changed != self._seen:
            self._epochs, self._seen = epochs(self._data), changed
        return self._epochs

    def _of(self, epoch: int) -> Published | None:
        reader = self._readers.get(epoch)
        if reader is None:
            reader = TileReader(log_directory(self._data) / str(epoch))
            self._readers[epoch] = reader
            if len(self._readers) > _READERS:
                self._published.pop(self._readers.popitem(last=False)[0], None)
        self._readers.move_to_end(epoch)
        note, final = reader.checkpoint(), epoch != self._epochs[-1]
        if note is None:
            return None
        known = self._published.get(epoch)
        if known is None or known.note != note or known.final != final:
            known = Published(note, head_of(note), epoch, reader, final)
            self._published[epoch] = known
        return known


def tlog_proof(index: int, proof: Sequence[bytes], note: bytes) -> str:
    """Return an inclusion proof as text (C2SP tlog-proof, "Format")."""
    lines = [_PROOF, f"index {index}", *(b64encode(step).decode() for step in proof)]
    return "\n".join(lines) + "\n\n" + note.decode()
