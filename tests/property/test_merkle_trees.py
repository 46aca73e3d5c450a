"""Trees of every small size prove what they hold, and nothing else."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Integrity, Malformed
from domain.merkle import (
    EMPTY_ROOT,
    Node,
    check_consistency,
    check_inclusion,
    consistency_proof,
    hash_children,
    hash_leaf,
    inclusion_proof,
    root,
)

SIZES = st.integers(1, 200)


def leaf(index: int) -> bytes:
    return hash_leaf(index.to_bytes(4, "big"))


def node(level: int, index: int) -> bytes:
    """Compute a complete subtree from its leaves, as the definition says."""
    if level == 0:
        return leaf(index)
    return hash_children(node(level - 1, 2 * index), node(level - 1, 2 * index + 1))


def defined_root(leaves: list[bytes]) -> bytes:
    """Return MTH(D[n]) as RFC 6962, section 2.1, defines it."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hash_children(defined_root(leaves[:split]), defined_root(leaves[split:]))


def test_the_empty_tree_has_the_hash_of_nothing() -> None:
    reads: list[tuple[int, int]] = []
    assert root(0, lambda *place: reads.append(place) or b"") == EMPTY_ROOT == defined_root([])
    assert reads == []


@given(SIZES)
def test_the_root_is_the_one_that_the_definition_gives(size: int) -> None:
    assert root(size, node) == defined_root([leaf(index) for index in range(size)])


@given(SIZES, st.data())
def test_every_leaf_is_proved_and_no_other_passes_for_it(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, top = inclusion_proof(index, size, node), root(size, node)
    check_inclusion(leaf(index), index, size, proof, top)
    with pytest.raises(Integrity):
        check_inclusion(leaf(size), index, size, proof, top)
    if size > 1:
        with pytest.raises(Integrity):
            check_inclusion(leaf(index), (index + 1) % size, size, proof, top)


@given(SIZES, st.data())
def test_a_tree_proves_that_it_begins_with_each_smaller_one(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    proof = consistency_proof(first, size, node)
    check_consistency(first, size, proof, root(first, node), root(size, node))


@given(SIZES, st.data())
def test_a_tree_with_another_past_proves_nothing(size: int, data: st.DataObject) -> None:
    first = data.draw(st.integers(1, size))
    changed = data.draw(st.integers(0, first - 1))

    def rewritten(level: int, index: int) -> bytes:
        if level == 0:
            return leaf(10_000) if index == changed else leaf(index)
        return hash_children(rewritten(level - 1, 2 * index), rewritten(level - 1, 2 * index + 1))

    with pytest.raises(Integrity):
        _check(first, size, rewritten)


def _check(first: int, size: int, rewritten: Node) -> None:
    proof = consistency_proof(first, size, rewritten)
    check_consistency(first, size, proof, root(first, node), root(size, rewritten))


@given(SIZES, st.data())
def test_a_proof_with_a_step_changed_added_or_left_out_is_refused(
    size: int, data: st.DataObject
) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof, top = inclusion_proof(index, size, node), root(size, node)
    for wrong in ([*proof, bytes(32)], proof[:-1], [bytes(32), *proof[1:]], [b"", *proof[1:]]):
        if wrong != proof:
            with pytest.raises(Integrity):
                check_inclusion(leaf(index), index, size, wrong, top)


@given(SIZES)
def test_what_the_tree_does_not_hold_is_not_proved(size: int) -> None:
    with pytest.raises(Malformed, match="has no leaf"):
        inclusion_proof(size, size, node)
    with pytest.raises(Malformed, match="grew into"):
        consistency_proof(size + 1, size, node)
