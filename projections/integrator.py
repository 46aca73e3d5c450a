"""Follows the log into a Merkle tree: tiles, then a signed note, then the published checkpoint.

Three stages, each durable before the next: the tiles of the new tree; the note that signs it, kept
as the last signed one; the same note where everybody reads it, with the cosignatures that are there
by then, and again with those that come later. A note is signed only when the tiles prove that its
tree begins with the one signed before. After a crash the last signed note says where to go on,
whatever was published; what lies beyond it is written again.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

import psycopg

from domain.checkpoint import TreeHead, parse_tree_head
from domain.errors import Forked, Integrity, Malformed, NotFound
from domain.merkle import HASH_BYTES, check_consistency, consistency_proof, root
from domain.tiles import Edge
from infra.logkeys import LogKeys
from infra.notes import open_note, parse_note
from infra.reader import is_there, read_batch
from infra.sqlfiles import load_sql
from infra.tilefiles import TileReader, TileWriter, epochs, head_of, log_directory
from projections.log import About, announce
from projections.witnessing import Cosigning

_SQL: Final = load_sql(__file__, "integrator.sql")
_REBUILT_AT_ONCE: Final = 10_000
Connection = psycopg.Connection[tuple[Any, ...]]


class Step(StrEnum):
    """Where the integrator is: a crash at any of these must do no harm."""

    BEFORE_TILE = "before tile"
    AFTER_TILE = "after tile"
    BEFORE_NOTE = "before note"
    AFTER_NOTE = "after note"
    BEFORE_PUBLISH = "before publish"
    AFTER_PUBLISH = "after publish"


def _silent(_step: Step) -> None:
    """Tell nobody."""


@dataclass(frozen=True, slots=True)
class Log:
    """Where a log's files are, its keys, its name (None: of the ledger's id), its witnesses."""

    data: Path
    keys: LogKeys
    name: str | None = None
    step: Callable[[Step], None] = _silent
    cosigning: Cosigning | None = None


class Tree:
    """One epoch's tree: how far it has grown, and what of it was signed."""

    def __init__(self, log: Log, ledger: str, epoch: int) -> None:
        self.epoch = epoch
        self.origin = f"{log.name or f'ledger/{ledger}'}/{epoch}"
        self.directory = log_directory(log.data) / str(epoch)
        self.writer = TileWriter(self.directory)
        self.edge = Edge()
        self.last = bytes(HASH_BYTES)
        self._log = log
        reader = TileReader(self.directory)
        self.note, self.published = reader.last_signed(), reader.checkpoint()
        self.signed = self._signed()

    @property
    def due(self) -> bool:
        """Say whether there is something that the last signed note does not cover."""
        return self.edge.size > self.signed.size or not self._signed_by_current()

    def resume(self, connection: Connection) -> None:
        """Go on from the last signed note; raise Integrity when the store does not lead to it."""
        self._announce()
        if self.note is None:
            return
        reader = TileReader(self.directory)
        try:
            self.edge = reader.edge(self.signed.size)
            kept = self.edge.root() == self.signed.root
        except (NotFound, OSError):
            kept = False
        if not kept:
            self.rebuild(connection)
        self.last = TileReader(self.directory).node(0, self.signed.size - 1)
        if self.published is None or not self.published.startswith(self.note):
            self._publish(self.note)  # it was signed, and nobody was told
        self._offer(self.published)

    def rebuild(self, connection: Connection) -> None:
        """Write the tiles of the signed tree again from the store, and compare its root."""
        self.edge = Edge()
        while self.edge.size < self.signed.size:
            limit = min(_REBUILT_AT_ONCE, self.signed.size - self.edge.size)
            batch = read_batch(connection, self.edge.size, limit)
            if not batch:
                raise Forked(f"the store ends at {self.edge.size}, {self.signed.size} were signed")
            self.add([envelope for _, envelope in batch])
        if self.edge.root() != self.signed.root:
            raise Integrity(f"the events up to {self.signed.size} are not those that were signed")
        self._write_edge()

    def add(self, envelopes: list[bytes]) -> None:
        """Take in the next events; the tiles that they fill are written."""
        leaves = [sha256(b"\x00" + envelope).digest() for envelope in envelopes]
        for tile, content in self.edge.add(b"".join(leaves)):
            self._log.step(Step.BEFORE_TILE)
            self.writer.write(tile, content)
            self._log.step(Step.AFTER_TILE)
        self.last = leaves[-1]

    def publish(self) -> TreeHead:
        """Write the tree's edge, sign its head and put it where everybody reads it."""
        self._write_edge()
        head = TreeHead(self.origin, self.edge.size, self.edge.root())
        self._require_extension(head)
        step = self._log.step
        step(Step.BEFORE_NOTE)
        self._log.keys.adopt()
        note = self._log.keys.signer(self.origin).sign(head.text()).encode()
        self.writer.remember(note)
        self.note, self.signed = note, head
        self._announce()
        step(Step.AFTER_NOTE)
        self._offer()
        self._publish(note + self._cosignatures(wait=True))
        self.writer.sweep()
        return head

    def cosign(self) -> None:
        """Add the cosignatures that came since to the published checkpoint."""
        if self.note is None or self._log.cosigning is None:
            return
        cosigned = self.note + self._cosignatures()
        if cosigned != self.published:
            self._publish(cosigned)

    def _offer(self, published: bytes | None = None) -> None:
        """Have the last signed note cosigned, which is durable by now."""
        if self._log.cosigning is not None and self.note is not None:
            self._log.cosigning.offer(self.note, self.directory, published)

    def _cosignatures(self, *, wait: bool = False) -> bytes:
        if self._log.cosigning is None or self.note is None:
            return b""
        return self._log.cosigning.lines(self.note, wait=wait)

    def _publish(self, note: bytes) -> None:
        self._log.step(Step.BEFORE_PUBLISH)
        self.writer.publish(note)
        self.published = note
        self._log.step(Step.AFTER_PUBLISH)

    def _announce(self) -> None:
        """Tell the other processes which log this is and who signs for it."""
        vkey = self._log.keys.signer(self.origin).verifier.vkey
        announce(self._log.data, About(self.origin, vkey, self.epoch))

    def _write_edge(self) -> None:
        for tile, content in self.edge.partial():
            self._log.step(Step.BEFORE_TILE)
            self.writer.write(tile, content)
            self._log.step(Step.AFTER_TILE)
        self.writer.sync()

    def _require_extension(self, head: TreeHead) -> None:
        """Raise Integrity unless the tiles lead to this head and prove that it extends the last."""
        node, old = TileReader(self.directory).node, self.signed
        if root(head.size, node) != head.root:
            raise Integrity(f"the tiles do not lead to the root of {head.size} leaves")
        if old.size:
            proof = consistency_proof(old.size, head.size, node)
            check_consistency(old.size, head.size, proof, old.root, head.root)

    def _signed(self) -> TreeHead:
        """Return the head that was signed last; raise Integrity for a note of somebody else."""
        if self.note is None:
            return TreeHead(self.origin, 0, Edge().root())
        try:
            said = head_of(self.note).origin
            if said != self.origin:
                raise Integrity(
                    f"{said} was signed, this would be {self.origin}: a log keeps its name "
                    "through an epoch (LEDGER_LOG_NAME)"
                )
            text = open_note(self.note, self._log.keys.verifiers(self.origin))
            return parse_tree_head(text)
        except Malformed as error:
            raise Integrity(f"the last signed note cannot be read: {error}") from None

    def _signed_by_current(self) -> bool:
        if self.note is None:
            return True
        current = self._log.keys.signer(self.origin).verifier.id
        return any(one.key_id == current for one in parse_note(self.note).signatures)


class Integrator:
    """Grows the tree of the epoch that the store is in."""

    def __init__(self, log: Log, batch: int = 10_000) -> None:
        self.tree: Tree | None = None
        self._log = log
        self._batch = batch

    @property
    def due(self) -> bool:
        """Say whether a checkpoint is wanted."""
        return self.tree is not None and self.tree.due

    def integrate(self, connection: Connection) -> bool:
        """Take in the next events; say whether there may be more.

        Raises Forked when the store lacks what was integrated, Integrity when what was signed does
        not stand, OSError when a tile cannot be written. All leave the integrator as if it had
        just been started.
        """
        try:
            return self._integrate(connection)
        except (Forked, Integrity, OSError):  # a tile may find no room, half way through
            self.tree = None
            raise

    def publish(self) -> TreeHead:
        """Sign and publish the tree as it is; raise Integrity when it must not be signed."""
        assert self.tree is not None, "integrate first"
        try:
            return self.tree.publish()
        except BaseException:
            self.tree = None  # what reached the files is known when they are read again
            raise

    def cosign(self) -> None:
        """Publish the cosignatures that came since the last checkpoint, and tell how it stands."""
        if self.tree is not None:
            self.tree.cosign()
        if self._log.cosigning is not None:
            self._log.cosigning.tell()

    def _integrate(self, connection: Connection) -> bool:
        with connection.transaction():  # one snapshot: the events are of this epoch
            row = connection.execute(_SQL["identity"]).fetchone()
            assert row is not None
            tree = self._of_epoch(connection, str(row[0]), row[1])
            size = tree.edge.size
            if not is_there(connection, size, tree.last):
                raise Forked(f"position {size} is not the event that was integrated")
            batch = read_batch(connection, size, self._batch)
        if not batch:
            return False
        if batch[0][0] != size + 1 or batch[-1][0] != size + len(batch):
            raise Integrity(f"positions after {size} are not dense")
        tree.add([envelope for _, envelope in batch])
        return len(batch) == self._batch

    def _of_epoch(self, connection: Connection, ledger: str, epoch: int) -> Tree:
        if self.tree is None or self.tree.epoch != epoch:
            latest = max(epochs(self._log.data), default=epoch)
            if latest > epoch:
                raise Forked(f"the store is in epoch {epoch}, epoch {latest} was signed")
            if not self._log.keys.exists():
                self._log.keys.create()
            self._log.keys.adopt()
            tree = Tree(self._log, ledger, epoch)
            tree.resume(connection)
            self.tree = tree
        return self.tree
