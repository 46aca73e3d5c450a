"""Length-prefixing: makes a list of texts one byte string that no other list can give."""

from functools import lru_cache
from struct import Struct
from typing import Final

length: Final = Struct(">I").pack
"""A length as it stands before its part: 4 bytes, big-endian."""


def lp(*parts: str | bytes) -> bytes:
    """Return each part (text as UTF-8) after its length in bytes."""
    out = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        out.append(length(len(raw)))
        out.append(raw)
    return b"".join(out)


@lru_cache(4096)
def lp_name(name: str) -> bytes:
    """Return one part of few different ones (a field's name, a stream's kind), remembered."""
    return lp(name)
