"""Tiles lie where C2SP tlog-tiles says, and nothing else is a tile's path."""

import pytest

from domain.errors import Malformed
from domain.tiles import Edge, Tile, parse_place, parse_tile, place_text, tile_with


@pytest.mark.parametrize(
    ("index", "width", "text"),
    [
        (0, 256, "000"),
        (999, 256, "999"),
        (1000, 256, "x001/000"),
        (1_234_067, 256, "x001/x234/067"),
        (1_234_067, 5, "x001/x234/067.p/5"),
        (273, 112, "273.p/112"),
    ],
)
def test_an_index_is_written_in_groups_of_three_digits(index: int, width: int, text: str) -> None:
    assert place_text(index, width) == text
    assert parse_place(text) == (index, width)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "00",
        "0000",
        "x000/001",
        "x001",
        "001/000",
        "x001/x000",
        "x1/000",
        "x0a1/000",
        "000.p",
        "000.p/",
        "000.p/0",
        "000.p/05",
        "000.p/256",
        "000.p/999",
        "000.p/-1",
        "000.p/1/",
        "000/",
        "/000",
        "../000",
        "000.P/1",
        "\u0660\u0660\u0660",
        "000\n",
        "x001/" * 30 + "000",
    ],
)
def test_what_is_no_place_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        parse_place(text)


@pytest.mark.parametrize(
    "level", ["", "64", "00", "01", "-1", "x", "entries", "1e1", "\u0663", "100"]
)
def test_what_is_no_level_is_refused(level: str) -> None:
    with pytest.raises(Malformed):
        parse_tile(level, "000")


def test_a_tree_of_seventy_thousand_leaves_has_the_tiles_of_the_specification() -> None:
    edge, full = Edge(), []
    for _ in range(70):
        full += [tile for tile, _ in edge.add(bytes(32) * 1000)]
    partial = [(tile.level, tile.index, tile.width) for tile, _ in edge.partial()]
    assert [sum(tile.level == level for tile in full) for level in (0, 1, 2)] == [273, 1, 0]
    assert partial == [(0, 273, 112), (1, 1, 17), (2, 0, 1)]
    assert full[-1].path == "tile/0/272"


def test_a_tree_of_256_leaves_has_a_full_tile_and_its_root_above() -> None:
    edge = Edge()
    ((full, content),) = edge.add(bytes(32) * 256)
    ((above, root),) = edge.partial()
    assert (full, len(content)) == (Tile(0, 0), 8192)
    assert (above, root) == (Tile(1, 0, 1), edge.root())


@pytest.mark.parametrize(
    ("tile", "size", "holds"),
    [
        (Tile(0, 0, 5), 5, True),
        (Tile(0, 0, 6), 5, False),
        (Tile(0, 1), 511, False),
        (Tile(0, 1), 512, True),
        (Tile(1, 0, 1), 255, False),
        (Tile(1, 0, 1), 256, True),
        (Tile(63, 0, 1), 2**53, False),
    ],
)
def test_a_tile_belongs_to_trees_that_have_all_its_hashes(
    tile: Tile, size: int, *, holds: bool
) -> None:
    assert tile.within(size) is holds


def test_a_node_lies_in_the_tile_of_its_level() -> None:
    assert tile_with(0, 300) == (Tile(0, 1, 45), 0, 44)
    assert tile_with(7, 1) == (Tile(0, 0, 256), 7, 1)
    assert tile_with(8, 3) == (Tile(1, 0, 4), 0, 3)
    assert tile_with(11, 40) == (Tile(1, 1, 72), 3, 8)
