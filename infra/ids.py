"""Ids made here: UUIDv7 (RFC 9562, section 5.7), so that they sort by time."""

import hashlib
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """Return a new UUIDv7."""
    return uuid7()


def derived_id(at: datetime, *parts: str) -> UUID:
    """Return the UUIDv7 whose time is `at` and whose random bits are a hash of `parts`.

    The same input always gives the same id, so that an import can be repeated.
    """
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    millis = int(at.timestamp() * 1000) & (2**48 - 1)
    low = int.from_bytes(digest[:10], "big")
    rand_a, rand_b = low >> 68, low & (2**62 - 1)
    return UUID(int=millis << 80 | 0x7 << 76 | rand_a << 64 | 0b10 << 62 | rand_b)
