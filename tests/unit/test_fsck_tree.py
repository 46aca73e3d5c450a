"""The growing tree names the first leaf that a signed one does not have; chains may be cut."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest
from support.log import defined_root, leaves_of

from domain.checkpoint import TreeHead
from domain.tiles import Edge, Tile
from infra.fsck.chains import Chains, Link
from infra.fsck.findings import Finding, Kind
from infra.fsck.signed import Signed
from infra.fsck.tree import Tree
from infra.tilefiles import TileReader, TileWriter

SIZE = 70_000
LEAVES = leaves_of(SIZE)
HASHES = [sha256(bytes([number])).hexdigest().encode() for number in range(9)]


def grown(leaves: list[bytes], signed: list[Signed], span: int = 16_384) -> Tree:
    tree = Tree(signed)
    for start in range(0, len(leaves), span):
        tree.add(b"".join(leaves[start : start + span]))
    return tree


def told(findings: list[Finding]) -> list[tuple[int, Kind]]:
    return [(one.position, one.kind) for one in findings]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("log"), LEAVES)


def written(place: Path, leaves: list[bytes]) -> Path:
    edge, writer = Edge(), TileWriter(place)
    for tile, content in [*edge.add(b"".join(leaves)), *edge.partial()]:
        writer.write(tile, content)
    return place


def signed(place: Path, size: int = SIZE, root: bytes | None = None, epoch: int = 1) -> Signed:
    """A head of the log there; only with a root of its own is it one that was kept elsewhere."""
    tiles = TileReader(place)
    head = TreeHead(f"log/{epoch}", size, root or tiles.edge(size).root())
    return Signed(head, epoch, "the note", None if root else tiles)


@pytest.mark.parametrize("size", [0, 1, 2, 3, 255, 256, 257, 700])
@pytest.mark.parametrize("span", [1, 4, 1_000])
def test_a_growing_tree_has_the_root_that_is_defined(size: int, span: int) -> None:
    tree = grown(LEAVES[:size], [], span)
    assert (tree.size, tree.root()) == (size, defined_root(LEAVES[:size]))


@pytest.mark.parametrize("size", [0, 1, 256, 300, 65_536, 66_000, SIZE])
def test_a_tree_that_goes_on_from_the_signed_one_is_good(log: Path, size: int) -> None:
    outside = signed(log, size, TileReader(log).edge(size).root())
    assert grown(LEAVES, [signed(log, size), outside]).finish() == []


@pytest.mark.parametrize("position", [1, 256, 257, 65_536, 65_537, 69_999, SIZE])
def test_a_leaf_that_differs_is_named_once(log: Path, position: int) -> None:
    leaves = [*LEAVES]
    leaves[position - 1] = bytes(32)
    outside = signed(log, SIZE, TileReader(log).edge(SIZE).root())
    found = grown(leaves, [signed(log), outside]).finish()
    assert told(found) == [(position, Kind.TREE), (SIZE, Kind.FORK)]


def test_neighbours_are_one_finding(log: Path) -> None:
    shifted = [*LEAVES[:300], bytes(32), *LEAVES[300:-1]]
    found = grown(shifted, [signed(log)]).finish()
    assert told(found) == [(301, Kind.TREE)]
    assert str(SIZE) in found[0].detail


def test_what_differs_behind_the_signed_tree_is_nobodys_business(log: Path) -> None:
    leaves = [*LEAVES[:300], bytes(32)]
    assert grown(leaves, [signed(log, 300)]).finish() == []


@pytest.mark.parametrize("size", [0, 255, 256, 300, 65_536, 69_999])
def test_a_tree_that_ends_too_early_is_truncated(log: Path, size: int) -> None:
    outside = signed(log, SIZE, TileReader(log).edge(SIZE).root())
    found = grown(LEAVES[:size], [signed(log), outside]).finish()
    assert told(found) == 2 * [(size + 1, Kind.TRUNCATED)]


def test_another_root_over_the_same_tiles_is_a_fork(log: Path) -> None:
    other = Signed(TreeHead("log/1", 300, bytes(32)), 1, "the note", TileReader(log))
    assert told(grown(LEAVES, [other]).finish()) == [(300, Kind.FORK)]


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[32 * 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize("change", [flip, Path.unlink])
@pytest.mark.parametrize(
    ("tile", "hash_at"),
    [(Tile(0, 3), 771), (Tile(1, 0), 513), (Tile(1, 1, 17), 66_049), (Tile(0, 273, 112), 69_891)],
)
def test_a_tile_that_was_changed_or_taken_away_is_named(
    tmp_path: Path, tile: Tile, hash_at: int, change: Callable[[Path], object]
) -> None:
    place = written(tmp_path, LEAVES)
    one = signed(place)
    change(place / tile.path)
    first = tile.index * 256 ** (tile.level + 1) + 1
    expected = hash_at if change is flip else first
    assert told(grown(LEAVES, [one]).finish()) == [(expected, Kind.TREE)]


def test_a_later_epoch_goes_on_where_the_earlier_one_was_cut(log: Path) -> None:
    leaves = [*LEAVES[:400], *[bytes(32)] * 50]
    for begin, expected in ((401, []), (402, [(401, Kind.TREE)])):
        tree = Tree([signed(log)])
        tree.add(b"".join(leaves[:200]))
        tree.begin_epoch(2, begin)
        tree.add(b"".join(leaves[200:]))
        assert told(tree.finish()) == expected


def test_a_kept_checkpoint_of_an_earlier_epoch_misses_what_was_lost(log: Path) -> None:
    outside = signed(log, SIZE, TileReader(log).edge(SIZE).root())
    tree = Tree([outside])
    tree.begin_epoch(1, 1)
    tree.begin_epoch(2, 401)
    tree.add(b"".join(LEAVES[:500]))
    assert told(tree.finish()) == [(401, Kind.TRUNCATED)]


def follow(links: list[Link], border: int) -> list[tuple[int, Kind]]:
    """Return what is found when the chain is read in two ranges."""
    whole = Chains(Kind.STREAM)
    found = []
    for part in (links[:border], links[border:]):
        chains = Chains(Kind.STREAM)
        inside = [chains.follow(b"s", link) for link in part]
        found += whole.join(chains) + [one for one in inside if one]
    return told(found)


@pytest.mark.parametrize("border", range(5))
def test_a_chain_is_the_same_wherever_it_is_cut(border: int) -> None:
    good = [
        (position, position, HASHES[position - 1] if position > 1 else b"", HASHES[position])
        for position in range(1, 5)
    ]
    assert follow(good, border) == []
    bad = [*good[:2], (3, 3, HASHES[0], HASHES[3]), good[3]]
    assert follow(bad, border) == [(3, Kind.STREAM)]
    assert follow(good[1:], border)[0] == (2, Kind.STREAM)
    twice = [good[0], (9, *good[0][1:])]
    assert follow(twice, border) == [(9, Kind.STREAM)]
