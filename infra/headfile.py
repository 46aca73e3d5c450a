"""The head file: the last acknowledged event, remembered outside the database.

A database that was restored from an older copy, or a standby that had not received everything,
lacks that event; whoever starts with this file notices. Every appending process of a data
directory keeps the same file; the newest head wins.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

from domain.errors import Integrity
from infra.files import write_private

NAME: Final = "head.json"


@dataclass(frozen=True, slots=True)
class Durable:
    """The last event known to be durable; position 0 with no hash: none is known."""

    ledger: UUID | None
    epoch: int
    position: int
    leaf_hash: bytes

    def after(self, other: "Durable") -> bool:
        """Say whether this is a later head than the other."""
        return (self.epoch, self.position) > (other.epoch, other.position)


NOTHING: Final = Durable(None, 0, 0, b"")


class HeadFile:
    """`head.json` in the data directory, replaced as a whole and fsynced."""

    def __init__(self, data: Path) -> None:
        self._path = data / NAME
        self._lock = data / f".{NAME}.lock"

    def read(self) -> Durable:
        """Return what the file remembers, NOTHING when there is no file."""
        try:
            known = json.loads(self._path.read_text("ascii"))
        except FileNotFoundError:
            return NOTHING
        except (OSError, ValueError) as error:
            raise Integrity(f"{self._path}: the head file cannot be read: {error}") from error
        return Durable(
            UUID(known["ledger"]),
            known["epoch"],
            known["position"],
            bytes.fromhex(known["leaf_hash"]),
        )

    def write(self, head: Durable) -> None:
        """Remember a head unless a later one is remembered; durable when it returns."""
        with self._alone():
            if head.after(self.read()):
                self._replace(head)

    def _replace(self, head: Durable) -> None:
        text = json.dumps(
            {
                "ledger": str(head.ledger),
                "epoch": head.epoch,
                "position": head.position,
                "leaf_hash": head.leaf_hash.hex(),
            }
        )
        write_private(self._path, text.encode() + b"\n")

    @contextmanager
    def _alone(self) -> Iterator[None]:
        handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
