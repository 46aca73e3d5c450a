"""What is signed of an export: the digest of its bag, and the event that recorded it.

Neither a checkpoint nor the head of a chain can be mistaken for it: its first line ends
differently, and so does the name of the key.
"""

import re
from dataclasses import dataclass
from typing import Final

from domain.checkpoint import MAX_SIZE
from domain.errors import Malformed
from domain.merkle import HASH_BYTES

SUFFIX: Final = "/export"
"""What follows the log's origin in the first line, and in the name of the key that signs."""

_FORM: Final = re.compile(
    rf"([^\s+]{{1,200}}){SUFFIX}\nbag ([0-9a-f]{{64}})\nposition ([1-9][0-9]{{0,18}})\n"
    r"leaf ([0-9a-f]{64})\n"
)


@dataclass(frozen=True, slots=True)
class ExportNote:
    """The bag with the digest `bag` was recorded at `position` of the log, with this leaf hash."""

    origin: str
    bag: bytes
    position: int
    leaf: bytes

    @property
    def name(self) -> str:
        """Return the text's first line, which is also the name of the key that signs it."""
        return self.origin + SUFFIX

    def text(self) -> str:
        """Return the text that is signed; raise Malformed for what cannot be."""
        if not 1 <= self.position <= MAX_SIZE:
            raise Malformed("no such position", "position")
        if len(self.bag) != HASH_BYTES or len(self.leaf) != HASH_BYTES:
            raise Malformed(f"not a hash of {HASH_BYTES} bytes")
        return (
            f"{self.name}\nbag {self.bag.hex()}\nposition {self.position}\nleaf {self.leaf.hex()}\n"
        )


def parse_export_note(text: str) -> ExportNote:
    """Return what a text says; raise Malformed for what is not in this form, to the byte."""
    match = _FORM.fullmatch(text)
    if match is None:
        raise Malformed("not the note of an export")
    origin, bag, position, leaf = match.groups()
    return ExportNote(origin, bytes.fromhex(bag), int(position), bytes.fromhex(leaf))
