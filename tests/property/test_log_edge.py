"""A tree that grew through its edge, by any steps, is the tree of RFC 6962; its files prove it."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.log import defined_root, leaves_of

from domain.errors import NotFound
from domain.merkle import check_consistency, check_inclusion, consistency_proof, inclusion_proof
from domain.tiles import Edge, Tile
from infra.tilefiles import TileReader, TileWriter


@given(st.lists(st.integers(1, 400), min_size=1, max_size=5))
@settings(max_examples=30, deadline=None)
def test_whatever_the_steps_the_root_is_the_defined_one(steps: list[int]) -> None:
    leaves, edge, tiles = leaves_of(sum(steps)), Edge(), []
    for step in steps:
        at = edge.size
        tiles += edge.add(b"".join(leaves[at : at + step]))
        assert edge.root() == defined_root(leaves[: edge.size])
    assert len({tile for tile, _ in tiles}) == len(tiles)
    assert [content for tile, content in tiles if tile.level == 0] == [
        b"".join(leaves[at : at + 256]) for at in range(0, len(leaves) - 255, 256)
    ]


@given(st.integers(1, 900), st.integers(1, 900), st.data())
@settings(max_examples=30, deadline=None)
def test_files_of_a_tree_prove_what_it_holds(first: int, more: int, data: st.DataObject) -> None:
    leaves = leaves_of(first + more)
    with tempfile.TemporaryDirectory() as place:
        writer, edge = TileWriter(Path(place)), Edge()
        for upto in (first, first + more):
            for tile, content in edge.add(b"".join(leaves[edge.size : upto])):
                writer.write(tile, content)
            for tile, content in edge.partial():
                writer.write(tile, content)
            writer.sync()
            writer.sweep()
        reader = TileReader(Path(place))
        size = first + more
        assert reader.edge(size).root() == defined_root(leaves)
        index = data.draw(st.integers(0, size - 1))
        proof = inclusion_proof(index, size, reader.node)
        check_inclusion(leaves[index], index, size, proof, edge.root())
        grown = consistency_proof(first, size, reader.node)
        check_consistency(first, size, grown, defined_root(leaves[:first]), edge.root())
        with pytest.raises(NotFound):
            reader.tile(Tile(0, size // 256, size % 256 + 1))


@given(st.lists(st.integers(1, 300), min_size=2, max_size=6), st.data())
@settings(max_examples=20, deadline=None)
def test_a_reader_that_stays_open_follows_the_tree(steps: list[int], data: st.DataObject) -> None:
    leaves, edge = leaves_of(sum(steps)), Edge()
    with tempfile.TemporaryDirectory() as place:
        writer, reader = TileWriter(Path(place)), TileReader(Path(place))
        for step in steps:
            for tile, content in edge.add(b"".join(leaves[edge.size : edge.size + step])):
                writer.write(tile, content)
            for tile, content in edge.partial():
                writer.write(tile, content)
            writer.sweep()
            for index in {data.draw(st.integers(0, edge.size - 1)), edge.size - 1}:
                proof = inclusion_proof(index, edge.size, reader.node)
                check_inclusion(leaves[index], index, edge.size, proof, edge.root())
