"""Closed vocabularies, bounds, and the map that only grows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.cast import ask, identity, opening, said

from domain.contract.commands import NamePerson
from domain.contract.events import Right
from domain.errors import Malformed
from domain.grown import Grown
from domain.limits import LONG_FIELDS, SHORT, check_texts
from domain.values import is_code
from domain.vocabulary import DETECTED_TYPES, TAGS, TEMPLATES, UNKNOWN_TYPE, detected_type


def test_every_word_may_stand_in_an_envelope() -> None:
    assert all(is_code(word) for word in (*TAGS, *TEMPLATES, *DETECTED_TYPES))


def test_every_template_reads_as_a_sentence() -> None:
    assert all(text.endswith(".") and text[0].isupper() for text in TEMPLATES.values())


@pytest.mark.parametrize(
    ("first", "name"),
    [
        (b"%PDF-1.7\n", "application.pdf"),
        (b"\x89PNG\r\n\x1a\n....", "image.png"),
        (b"\xff\xd8\xff\xe0", "image.jpeg"),
        (b"GIF89a", "image.gif"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image.webp"),
        (b"PK\x03\x04\x14\x00", "application.zip"),
        (b"\x1f\x8b\x08", "application.gzip"),
        (b"MZ\x90\x00", "application.x-msdownload"),
        (b"\x7fELF\x02", "application.x-elf"),
        (b"\x00\x00\x00\x18ftypmp42", "video.mp4"),
        (b"plain text\r\n\twith a tab", "text.plain"),
        ("Привет, 世界".encode(), "text.plain"),
        ("世界".encode()[:-1], "text.plain"),
        (b"", UNKNOWN_TYPE),
        (b"\x00\x01\x02", UNKNOWN_TYPE),
        ("caf\xe9 au lait".encode("latin-1"), UNKNOWN_TYPE),
    ],
)
def test_a_file_is_what_its_first_bytes_say(first: bytes, name: str) -> None:
    assert detected_type(first) == name


@given(st.binary(max_size=64))
def test_whatever_the_bytes_the_type_is_a_word_of_the_vocabulary(first: bytes) -> None:
    assert detected_type(first) in DETECTED_TYPES


@pytest.mark.parametrize("field", ["text", "subject", "happening", "tried"])
def test_a_text_may_be_as_long_as_its_field_and_no_longer(field: str) -> None:
    check_texts(opening(**{field: said("x" * LONG_FIELDS[field])}))
    with pytest.raises(Malformed, match=f"^{field}: has"):
        check_texts(opening(**{field: said("x" * (LONG_FIELDS[field] + 1))}))


def test_a_field_without_a_bound_of_its_own_is_short() -> None:
    person = {"person": opening().requester, "login": None, "rights": (Right.READ,)}
    check_texts(ask(NamePerson, name=identity("x" * SHORT), **person))
    with pytest.raises(Malformed, match=r"^name: "):
        check_texts(ask(NamePerson, name=identity("x" * (SHORT + 1)), **person))


def test_a_text_inside_a_list_is_named_by_its_place() -> None:
    with pytest.raises(Malformed, match=r"^contacts\.1: is empty"):
        check_texts((said("fine"), said(" ")), "contacts")


# The map that only grows


def _grown(*keys: int) -> Grown[int, str]:
    grown: Grown[int, str] = Grown()
    for key in keys:
        grown = grown.plus(key, str(key))
    return grown


def test_adding_leaves_the_smaller_map_as_it_was() -> None:
    small = _grown(1, 2)
    large = small.plus(3, "3")
    assert (3 in small, 3 in large) == (False, True)
    assert (small.get(3), large.get(3)) == (None, "3")
    assert (list(small), list(large)) == ([1, 2], [1, 2, 3])
    assert (len(small), len(large)) == (2, 3)


def test_two_maps_grown_from_one_do_not_meet() -> None:
    root = _grown(1)
    left, right = root.plus(2, "left"), root.plus(2, "right")
    assert (left.get(2), right.get(2)) == ("left", "right")
    assert root.plus(3, "3").get(2) is None
    assert root == _grown(1)


def test_a_key_keeps_its_first_value() -> None:
    assert _grown(1).plus(1, "another").get(1) == "1"


def test_maps_with_the_same_entries_are_equal() -> None:
    assert _grown(1, 2) == _grown(2, 1)
    assert _grown(1) != _grown(1, 2)
    assert _grown() != {}
    assert repr(_grown(1)) == "Grown({1: '1'})"


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 8), st.integers())))
def test_any_tree_of_maps_agrees_with_dicts_that_are_copied(
    steps: list[tuple[int, int, int]],
) -> None:
    grown: list[Grown[int, int]] = [Grown()]
    plain: list[dict[int, int]] = [{}]
    for parent, key, value in steps:
        at = parent % len(grown)
        grown.append(grown[at].plus(key, value))
        plain.append({key: value, **plain[at]})
        assert grown[-1].get(key) == plain[-1][key]
    for one, other in zip(grown, plain, strict=True):
        assert {key: one.get(key) for key in one} == other
        assert len(one) == len(other)
        assert all((key in one) == (key in other) for key in range(9))
