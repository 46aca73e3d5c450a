"""Length-prefixing: makes a list of texts one byte string that no other list can give."""

from struct import Struct
from typing import Final

_LENGTH: Final = Struct(">I").pack


def lp(*parts: str | bytes) -> bytes:
    """Return each part (text as UTF-8) after its length in bytes, 4 bytes big-endian."""
    out = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        out.append(_LENGTH(len(raw)))
        out.append(raw)
    return b"".join(out)
