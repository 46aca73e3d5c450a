"""Random bytes from the operating system, fetched by the block.

Every call of `os.urandom` gives up the interpreter, and the event loop then waits for the flusher's
thread to give it back: an append took a quarter longer with one call for each event.
"""

import os
import threading
from typing import Final

BLOCK_BYTES: Final = 16_384


class Entropy:
    """Hands out random bytes, each of them once; any thread may ask, and a forked child too."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._block = b""
        self._at = 0
        os.register_at_fork(after_in_child=self._forget)

    def __call__(self, size: int) -> bytes:
        """Return so many random bytes."""
        if size > BLOCK_BYTES:
            return os.urandom(size)
        with self._lock:
            start, self._at = self._at, self._at + size
            if self._at > len(self._block):
                self._block = os.urandom(BLOCK_BYTES)
                start, self._at = 0, size
            return self._block[start : start + size]

    def _forget(self) -> None:
        """Leave the block to the parent: a nonce that both used would open both texts."""
        self._lock = threading.Lock()
        self._block = b""
        self._at = 0


entropy: Final = Entropy()
"""The one of this process."""
