"""The short number of a ticket survives the telephone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import Malformed
from domain.number import parse, spoken
from domain.values import is_code

SEQUENCES = st.integers(min_value=1, max_value=10**12)


@pytest.mark.parametrize(
    ("sequence", "number"),
    [
        (1, "000-013"),
        (572, "005-724"),  # H. M. Damm's own example: 572 has the check digit 4
        (99_999, "999-999"),
        (100_000, "1-000-002"),
        (1_234_567, "12-345-671"),
    ],
)
def test_a_number_has_digits_in_groups_of_three_and_a_check_digit(
    sequence: int, number: str
) -> None:
    assert spoken(sequence) == number


def test_there_is_no_ticket_before_the_first() -> None:
    with pytest.raises(ValueError, match="begins at 1"):
        spoken(0)


@pytest.mark.parametrize(
    "written",
    [
        "005-724",
        "005724",
        " 005 724 ",
        "005 - 724",
        "00 57 24",
        "005.724",
        "005\u2013724",
        "0-05724",
    ],
)
def test_a_number_is_understood_however_it_is_written(written: str) -> None:
    assert parse(written) == "005-724"


@pytest.mark.parametrize("written", ["", "-", "abc", "005-72x", "٠٠٥٧٢٤", "005,724", "²05724"])
def test_what_is_no_number_is_malformed(written: str) -> None:
    with pytest.raises(Malformed):
        parse(written)


@pytest.mark.parametrize("written", ["05-724", "5724", "0", "0" * 19])
def test_a_number_is_neither_too_short_nor_too_long(written: str) -> None:
    with pytest.raises(Malformed):
        parse(written)


@given(SEQUENCES)
def test_every_number_is_understood_and_may_stand_in_an_envelope(sequence: int) -> None:
    assert parse(spoken(sequence)) == spoken(sequence)
    assert is_code(spoken(sequence))


@given(SEQUENCES, SEQUENCES)
def test_two_tickets_never_have_one_number(one: int, other: int) -> None:
    assert (spoken(one) == spoken(other)) == (one == other)


@given(SEQUENCES, st.data())
def test_one_wrong_digit_is_found(sequence: int, data: st.DataObject) -> None:
    digits = spoken(sequence).replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 1))
    wrong = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != digits[at]]))
    with pytest.raises(Malformed):
        parse(digits[:at] + wrong + digits[at + 1 :])


@given(SEQUENCES, st.data())
def test_two_neighbours_exchanged_are_found(sequence: int, data: st.DataObject) -> None:
    digits = spoken(sequence).replace("-", "")
    at = data.draw(st.integers(0, len(digits) - 2))
    exchanged = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    if exchanged != digits:
        with pytest.raises(Malformed):
            parse(exchanged)
