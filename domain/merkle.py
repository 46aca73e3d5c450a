"""Merkle trees as RFC 6962 defines them: hashes, proofs, and how to check them.

Sections 2.1 (hashing), 2.1.1 (inclusion), 2.1.2 (consistency); the checks follow RFC 9162,
sections 2.1.3.2 and 2.1.4.2, which state the algorithms that RFC 6962 leaves to the reader.
Hashes are 32 bytes of SHA-256. A leaf index counts from 0; a tree of size n has leaves 0 to n - 1.
"""

from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Final

from domain.errors import Integrity, Malformed

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = sha256(b"").digest()
"""The root of the tree without leaves."""

Node = Callable[[int, int], bytes]
"""Reads the hash of a complete subtree: 2**level leaves from leaf index * 2**level on."""


def hash_leaf(entry: bytes) -> bytes:
    """Return SHA-256(0x00 || entry)."""
    return sha256(b"\x00" + entry).digest()


def hash_children(left: bytes, right: bytes) -> bytes:
    """Return SHA-256(0x01 || left || right)."""
    return sha256(b"\x01" + left + right).digest()


def root(size: int, node: Node) -> bytes:
    """Return the root of the first `size` leaves."""
    return EMPTY_ROOT if size == 0 else _hash_range(0, size, node)


def inclusion_proof(index: int, size: int, node: Node) -> list[bytes]:
    """Return PATH(index, D[size]); raise Malformed when the tree has no such leaf."""
    if not 0 <= index < size:
        raise Malformed(f"a tree of {size} leaves has no leaf {index}", "index")
    proof: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_hash_range(middle, end, node))
            end = middle
        else:
            proof.append(_hash_range(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(first: int, second: int, node: Node) -> list[bytes]:
    """Return PROOF(first, D[second]); empty when `first` is 0 or both are the same.

    Raises Malformed when `first` is larger than `second`.
    """
    if not 0 <= first <= second:
        raise Malformed(f"no tree of {first} leaves grew into one of {second}", "from")
    if first in {0, second}:
        return []
    proof: list[bytes] = []
    start, end = 0, second
    while first != end:
        middle = start + _split(end - start)
        if first <= middle:
            proof.append(_hash_range(middle, end, node))
            end = middle
        else:
            proof.append(_hash_range(start, middle, node))
            start = middle
    if start:  # SUBPROOF with b = false: the old tree does not end with this subtree as its root
        proof.append(_hash_range(start, end, node))
    return proof[::-1]


def check_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes
) -> None:
    """Raise Integrity unless the proof leads from the leaf hash to the root `expected`."""
    if not 0 <= index < size:
        raise Integrity(f"a tree of {size} leaves has no leaf {index}")
    _require_hashes((leaf, expected, *proof))
    node, last, found = index, size - 1, leaf
    for step in proof:
        if last == 0:
            raise Integrity("the inclusion proof is too long")
        if node & 1 or node == last:
            found = hash_children(step, found)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            found = hash_children(found, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Integrity("the inclusion proof is too short")
    if found != expected:
        raise Integrity("the inclusion proof leads to another root")


def check_consistency(
    first: int, second: int, proof: Sequence[bytes], first_root: bytes, second_root: bytes
) -> None:
    """Raise Integrity unless the second tree begins with all leaves of the first, in order.

    Nothing can be proved about an empty first tree: size 0 is refused (RFC 9162, 2.1.4.2).
    """
    if not 0 < first <= second:
        raise Integrity(f"no consistency of {first} with {second} leaves can be proved")
    _require_hashes(proof)
    steps = list(proof)
    if first == second:
        if steps or first_root != second_root:
            raise Integrity("trees of one size must have one root and need no proof")
        return
    if first & (first - 1) == 0:
        steps.insert(0, first_root)
    if not steps:
        raise Integrity("the consistency proof is empty")
    old, new = _grow(first - 1, second - 1, steps)
    if old != first_root:
        raise Integrity("the consistency proof does not begin at the first root")
    if new != second_root:
        raise Integrity("the consistency proof does not lead to the second root")


def _grow(node: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes]:
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            raise Integrity("the consistency proof is too long")
        if node & 1 or node == last:
            old, new = hash_children(step, old), hash_children(step, new)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            new = hash_children(new, step)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise Integrity("the consistency proof is too short")
    return old, new


def _require_hashes(hashes: Sequence[bytes]) -> None:
    if any(len(value) != HASH_BYTES for value in hashes):
        raise Integrity(f"leaves, roots and proofs are hashes of {HASH_BYTES} bytes")


def _split(size: int) -> int:
    """Return the largest power of two smaller than `size`."""
    return 1 << (size - 1).bit_length() - 1


def _hash_range(start: int, end: int, node: Node) -> bytes:
    """Return the hash of leaves start to end - 1; `start` is a multiple of the range's capacity."""
    size = end - start
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(size)
    return hash_children(_hash_range(start, middle, node), _hash_range(middle, end, node))
