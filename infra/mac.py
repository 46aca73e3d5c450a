"""HMAC-SHA256 (RFC 2104) of short messages, without giving up the interpreter for each.

`hmac.digest` releases the interpreter's lock every time, after which the flusher's thread has to
be waited for: beside a busy flusher that costs many times the hash itself.
"""

import hashlib
import hmac
from typing import Final

_BLOCK: Final = 64
_INNER: Final = bytes(byte ^ 0x36 for byte in range(256))
_OUTER: Final = bytes(byte ^ 0x5C for byte in range(256))
_SHORT: Final = 1024
"""Above this many bytes OpenSSL's own loop is the faster one."""


def mac(key: bytes, message: bytes) -> bytes:
    """Return the HMAC-SHA256 of the message, 32 bytes."""
    if len(message) > _SHORT or len(key) > _BLOCK:
        return hmac.digest(key, message, "sha256")
    padded = key.ljust(_BLOCK, b"\x00")
    inner = hashlib.sha256(padded.translate(_INNER) + message).digest()
    return hashlib.sha256(padded.translate(_OUTER) + inner).digest()
