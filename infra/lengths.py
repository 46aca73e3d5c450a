"""Length-prefixing: makes a list of texts one byte string that no other list can give."""

from functools import lru_cache
from struct import Struct
from typing import Final
from uuid import UUID

import orjson

length: Final = Struct(">I").pack
"""A length as it stands before its part: 4 bytes, big-endian."""

_ID_LENGTH: Final = length(36)


def lp(*parts: str | bytes) -> bytes:
    """Return each part (text as UTF-8) after its length in bytes."""
    out = []
    for part in parts:
        raw = part.encode() if isinstance(part, str) else part
        out.append(length(len(raw)))
        out.append(raw)
    return b"".join(out)


@lru_cache(4096)
def lp_name(name: str | bytes) -> bytes:
    """Return one part of few different ones (a field's name, a stream's kind), remembered."""
    return lp(name)


def id_bytes(one: UUID) -> bytes:
    """Return an id as an envelope has it, 36 characters (orjson writes it faster than `str`)."""
    return orjson.dumps(one)[1:-1]


def lp_id(text: bytes) -> bytes:
    """Return the part of an id's 36 characters."""
    return _ID_LENGTH + text
