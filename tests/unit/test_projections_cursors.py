"""Cursors open only for the question they came from."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from projections.cursors import check_limit, question, read_cursor, write_cursor


class Place(msgspec.Struct):
    asked: str
    after: int


def test_a_cursor_comes_back_as_it_went() -> None:
    place = Place(question("a", 1), 7)
    assert read_cursor(write_cursor(place), Place, question("a", 1)) == place


def test_a_cursor_of_another_question_is_refused() -> None:
    with pytest.raises(Malformed, match="another question"):
        read_cursor(write_cursor(Place(question("a"), 7)), Place, question("b"))


@given(st.text(max_size=60))
def test_nothing_else_is_a_cursor(text: str) -> None:
    with pytest.raises(Malformed):
        read_cursor(text, Place, question("a"))


@pytest.mark.parametrize("limit", [0, -1, 201])
def test_a_page_has_one_to_two_hundred_items(limit: int) -> None:
    with pytest.raises(Malformed):
        check_limit(limit)
