"""A CSV file taken apart: what is broken is named by its line, the rest is kept."""

import pytest

from domain.errors import Malformed
from domain.importing.table import Table, read_table


def lines(table: Table) -> list[int]:
    return [record.line for record in table.records]


def broken(table: Table) -> dict[int, str]:
    return {problem.line: problem.reason for problem in table.problems}


def test_every_record_has_its_line_and_its_cells_by_name() -> None:
    table = read_table(b"a,b\n1,2\n3,4\n", ["a", "b"])
    assert [(record.line, dict(record.cells)) for record in table.records] == [
        (2, {"a": "1", "b": "2"}),
        (3, {"a": "3", "b": "4"}),
    ]
    assert not table.problems


def test_a_last_line_without_an_end_is_a_line() -> None:
    assert lines(read_table(b"a,b\n1,2\n3,4", ["a"])) == [2, 3]


def test_windows_line_ends_and_a_byte_order_mark_are_no_content() -> None:
    table = read_table(b"\xef\xbb\xbfa,b\r\n1,2\r\n", ["a", "b"])
    assert dict(table.records[0].cells) == {"a": "1", "b": "2"}


def test_blank_lines_are_no_records() -> None:
    assert lines(read_table(b"a,b\n\n1,2\n\r\n3,4\n\n", ["a"])) == [3, 5]


def test_a_quoted_cell_may_hold_lines_and_delimiters() -> None:
    table = read_table(b'a,b\n"1,\n2",3\n4,5\n', ["a"])
    assert table.records[0].cells["a"] == "1,\n2"
    assert lines(table) == [2, 4]


def test_another_delimiter_is_taken_as_told() -> None:
    table = read_table(b"a;b\n1,5;2\n", ["a"], ";")
    assert table.records[0].cells["a"] == "1,5"


@pytest.mark.parametrize(
    ("content", "line", "reason"),
    [
        (b"a,b\n1,2\n3\n5,6\n", 3, "1 of 2 columns"),
        (b"a,b\n1,2\n3,4,5\n5,6\n", 3, "3 of 2 columns"),
        (b"a,b\n1,2\n\xff,4\n5,6\n", 3, "not UTF-8"),
        (b"a,b\n1,2\n\xed\xa0\x80,4\n5,6\n", 3, "not UTF-8"),
        (b"a,b\n1,2\n3\x00,4\n5,6\n", 3, "NUL"),
        (b'a,b\n1,2\n"3"x,4\n5,6\n', 3, "quoting"),
        (b'a,b\n1,2\n"3,4\n5,6\n', 3, "quoting"),
        (b"a,b\n1,2\n" + b"3" * 200_000 + b",4\n5,6\n", 3, "quoting"),
    ],
)
def test_a_broken_line_is_named_and_its_neighbours_are_kept(
    content: bytes, line: int, reason: str
) -> None:
    table = read_table(content, ["a"])
    assert list(broken(table)) == [line]
    assert reason in broken(table)[line]
    assert lines(table) == [2, 4]


def test_a_quote_that_never_closes_does_not_swallow_the_file() -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(100))
    table = read_table(b'a,b\n"1,x\n' + rows, ["a"])
    assert list(broken(table)) == [2]
    assert len(table.records) == 100


@pytest.mark.parametrize(
    ("content", "detail"),
    [
        (b"", "empty"),
        (b"\n\n", "no column a, b"),
        (b"a,c\n1,2\n", "no column b"),
        (b"a,b,a\n1,2,3\n", "different"),
        (b"a,b,\xff\n1,2,3\n", "UTF-8"),
        (b'"a,b\n1,2\n', "broken"),
        (b"a;b\n1;2\n", "no column a, b"),
    ],
)
def test_a_file_whose_columns_cannot_be_understood_is_refused_whole(
    content: bytes, detail: str
) -> None:
    with pytest.raises(Malformed) as caught:
        read_table(content, ["a", "b"])
    assert detail in caught.value.detail
    assert caught.value.where == "line 1"
