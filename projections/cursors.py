"""Cursors: where the next page begins, opaque to whoever carries them.

A cursor belongs to one question: it holds a digest of it, and the moment of the first page, so
that pages stay consistent while the ledger goes on.
"""

import base64
import binascii
import hashlib
from typing import TypeVar

import msgspec

from domain.errors import Malformed

T = TypeVar("T", bound=msgspec.Struct)
MOST = 200


def question(*parts: object) -> str:
    """Return a short digest of what was asked."""
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()[:16]


def write_cursor(cursor: msgspec.Struct) -> str:
    """Return the cursor as text that fits in a URL."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def read_cursor(text: str, form: type[T], asked: str) -> T:
    """Return the cursor of form `form`; Malformed when it is none, or of another question."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        cursor = msgspec.json.decode(raw, type=form)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        raise Malformed("not a cursor of this ledger: take it from `next`", "cursor") from None
    if getattr(cursor, "asked", None) != asked:
        raise Malformed("a cursor of another question: begin without one", "cursor")
    return cursor


def check_limit(limit: int) -> int:
    """Return the page size; Malformed outside 1-200."""
    if not 1 <= limit <= MOST:
        raise Malformed(f"must be 1 to {MOST}", "limit")
    return limit
