"""The root of a tree whose leaves come one after another, in memory that does not grow with them.

Kept are the roots of the complete subtrees that the leaves so far split into, largest first
(RFC 6962, section 2.1: k is the largest power of two smaller than n).
"""

from collections.abc import Sequence

from domain.merkle import EMPTY_ROOT, hash_children


class Tree:
    """A growing tree; `size` is its number of leaves."""

    def __init__(self) -> None:
        self.size = 0
        self._roots: list[bytes] = []

    def add(self, node: bytes, level: int = 0) -> None:
        """Append a complete subtree of 2**level leaves; the size must be a multiple of that."""
        assert self.size % (1 << level) == 0, "a subtree begins at a multiple of its leaves"
        left = self.size >> level
        while left & 1:
            node = hash_children(self._roots.pop(), node)
            left >>= 1
        self._roots.append(node)
        self.size += 1 << level

    def add_leaves(self, leaves: Sequence[bytes]) -> None:
        """Append leaf hashes, those that fill a subtree from here on as one."""
        count = len(leaves)
        if count > 1 and not count & (count - 1) and not self.size % count:
            self.add(root_of(leaves), count.bit_length() - 1)
            return
        for leaf in leaves:
            self.add(leaf)

    def root(self) -> bytes:
        """Return the root of all leaves so far."""
        if not self._roots:
            return EMPTY_ROOT
        found = self._roots[-1]
        for node in reversed(self._roots[:-1]):
            found = hash_children(node, found)
        return found


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root of 2**n leaves, level by level."""
    while len(leaves) > 1:
        leaves = [hash_children(*pair) for pair in zip(leaves[::2], leaves[1::2], strict=True)]
    return leaves[0]
