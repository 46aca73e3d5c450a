"""A tree head as text: the note that a checkpoint signs (C2SP tlog-checkpoint, "Note text")."""

import binascii
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final

from domain.errors import Malformed
from domain.merkle import HASH_BYTES

MAX_SIZE: Final = 2**63 - 1
_ORIGIN: Final = re.compile(r"[^\s+]{1,200}")
_SIZE: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class TreeHead:
    """What a checkpoint says: which log, how many leaves, which root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text, without extension lines; raise Malformed for what has none."""
        if not _ORIGIN.fullmatch(self.origin):
            raise Malformed("1 to 200 characters without spaces and plus signs", "origin")
        if not 0 <= self.size <= MAX_SIZE:
            raise Malformed("not a number of leaves", "size")
        if len(self.root) != HASH_BYTES:
            raise Malformed(f"not a hash of {HASH_BYTES} bytes", "root")
        return f"{self.origin}\n{self.size}\n{b64encode(self.root).decode()}\n"


def parse_tree_head(text: str) -> TreeHead:
    """Return what a note text says; raise Malformed. Extension lines are allowed and ignored."""
    lines = text.split("\n")
    if len(lines) < 4 or lines[-1] or not all(lines[:-1]):  # noqa: PLR2004 - three lines, an end
        raise Malformed("a checkpoint has at least three lines, none of them empty")
    origin, size, root = lines[:3]
    if not _SIZE.fullmatch(size) or int(size) > MAX_SIZE:
        raise Malformed("not a number of leaves", "size")
    return TreeHead(origin, int(size), _hash(root))


def _hash(text: str) -> bytes:
    try:
        value = b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Malformed("not base64", "root") from None
    if len(value) != HASH_BYTES or b64encode(value).decode() != text:
        raise Malformed(f"not the base64 of {HASH_BYTES} bytes", "root")
    return value
