"""The growing tree has the roots of the Merkle maths, and chains that were cut are whole again."""

from hashlib import sha256

import pytest

from domain import merkle
from infra.fsck.chains import Chains, Link
from infra.fsck.findings import Kind
from infra.fsck.tree import Tree, root_of

LEAVES = [sha256(bytes([number])).digest() for number in range(40)]


def node(level: int, index: int) -> bytes:
    return root_of(LEAVES[index << level : (index + 1) << level])


@pytest.mark.parametrize("size", range(len(LEAVES) + 1))
def test_a_growing_tree_has_the_root_of_its_leaves(size: int) -> None:
    tree = Tree()
    tree.add_leaves(LEAVES[:size])
    assert (tree.size, tree.root()) == (size, merkle.root(size, node))


@pytest.mark.parametrize("span", [1, 2, 3, 4, 7, 8, 16])
def test_leaves_may_come_in_ranges_of_any_length(span: int) -> None:
    tree = Tree()
    for start in range(0, len(LEAVES), span):
        tree.add_leaves(LEAVES[start : start + span])
    assert tree.root() == merkle.root(len(LEAVES), node)


def follow(links: list[Link], border: int) -> list[tuple[int, Kind]]:
    """Return what is found when the chain is read in two ranges."""
    whole = Chains(Kind.STREAM)
    found = []
    for part in (links[:border], links[border:]):
        chains = Chains(Kind.STREAM)
        inside = [chains.follow(b"s", link) for link in part]
        found += whole.join(chains) + [one for one in inside if one]
    return [(one.position, one.kind) for one in found]


@pytest.mark.parametrize("border", range(5))
def test_a_chain_is_the_same_wherever_it_is_cut(border: int) -> None:
    good = [
        Link(position, position, LEAVES[position - 1] if position > 1 else None, LEAVES[position])
        for position in range(1, 5)
    ]
    assert follow(good, border) == []
    bad = [*good[:2], good[2]._replace(previous=LEAVES[0]), good[3]]
    assert follow(bad, border) == [(3, Kind.STREAM)]
    assert follow(good[1:], border)[0] == (2, Kind.STREAM)
    twice = [good[0], good[0]._replace(position=9)]
    assert follow(twice, border) == [(9, Kind.STREAM)]
