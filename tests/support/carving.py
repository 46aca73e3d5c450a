"""What somebody finds who reads every byte: key-encryption keys, and keys that they open."""

import base64
import re
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Final
from uuid import UUID

from domain.errors import Integrity
from infra.keys import Kek
from infra.keys.store import WrappedKey

_KEK: Final = re.compile(rb"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=")
_WRAPPED: Final = 12 + 32 + 16
_RANDOM: Final = 40
"""Different values that 60 random bytes have at least: 53 are usual."""

IN_SQLITE: Final = re.compile(rb"(?<=[0-9a-f]{16})")
"""A wrapped key stands behind the id of its key-encryption key."""
IN_POSTGRES: Final = re.compile(rb"\x7b|\x00\x01\x00\x00")
"""A wrapped key stands behind its length, written so in a row, and so in an array."""


def files_in(*places: Path) -> list[Path]:
    """Return every file below these directories, and those that are files themselves."""
    found = (file for place in places for file in (place, *place.rglob("*")))
    return [file for file in found if file.is_file()]


def keks_in(files: Iterable[Path]) -> list[Kek]:
    """Return every different key-encryption key that stands in these files."""
    texts = {text for file in files for text in _KEK.findall(file.read_bytes())}
    keks = (Kek(base64.b64decode(text)) for text in texts)
    return list({kek.id: kek for kek in keks}.values())


def carved(
    files: Iterable[Path],
    keks: Collection[Kek],
    keys: Collection[WrappedKey],
    behind: re.Pattern[bytes],
) -> set[UUID]:
    """Return which of these keys are opened from the files, however they were wrapped."""
    found = set()
    for blob in _blobs(files, behind):
        for kek in keks:
            for key in keys:
                try:
                    kek.unwrap(WrappedKey(key.id, key.scope, kek.id, blob))
                except Integrity:
                    continue
                found.add(key.id)
    return found


def _blobs(files: Iterable[Path], behind: re.Pattern[bytes]) -> Iterator[bytes]:
    """Yield every piece that may be a wrapped key: long enough, and random enough."""
    seen = set()
    for file in files:
        content = file.read_bytes()
        for match in behind.finditer(content):
            blob = content[match.end() : match.end() + _WRAPPED]
            if len(blob) == _WRAPPED and len(set(blob)) >= _RANDOM and blob not in seen:
                seen.add(blob)
                yield blob
