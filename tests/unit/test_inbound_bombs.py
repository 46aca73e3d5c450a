"""Mails made to cost: what is too much is refused, and what is taken costs no more than its size.

Work is counted in calls of functions, which come out the same on any machine, and not in seconds.
"""

import sys
from collections.abc import Callable
from types import FrameType

import pytest

from domain.errors import Malformed
from domain.mail.sorting import Ours, sort
from domain.mail.words import speaks_of_account
from infra.mail.incoming import read_letter
from infra.mail.incoming.bounds import DEPTH, FILES, HEADER_BYTES, HEADER_COUNT, LINES, PARTS
from infra.mail.incoming.texts import text_of_html

HEAD = b"From: ada@example.net\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
MIXED = b'Content-Type: multipart/mixed; boundary="%b"\r\n\r\n'
SIZE = 50_000
CALLS_ANYWAY = 300_000
"""A header of 2,000 characters, made of the dearest there is, costs so much."""


def calls(work: Callable[[], object]) -> int:
    """Return how many functions were called, those of the interpreter too."""
    count = 0

    def counting(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal count
        count += event in {"call", "c_call"}

    before = sys.getprofile()
    sys.setprofile(counting)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def costs(mail: bytes) -> int:
    """Return the work that a mail makes, whether it is refused or taken."""

    def work() -> None:
        try:
            sort(read_letter(mail, 1_000_000), Ours())
        except Malformed:
            return

    return calls(work)


def _level(n: int) -> bytes:
    return MIXED % (b"b%d" % n) + b"--b%d\r\n" % n


def _dear(n: int) -> bytes:
    """Return a part that is dear to read, and like no other."""
    return b"--x\r\nContent-Type: text/plain; a%d=b" % n + b"; a=b" * 380 + b"\r\n\r\nx\r\n"


def parts(count: int, head: bytes = b"") -> bytes:
    return HEAD + MIXED % b"x" + (b"--x\r\n" + head + b"\r\na\r\n") * count + b"--x--\r\n"


@pytest.mark.parametrize(
    ("mail", "says"),
    [
        (HEAD + b"".join(map(_level, range(DEPTH + 1))) + b"\r\nx", "deep"),
        (HEAD + b"Content-Type: message/rfc822\r\n\r\n" * (DEPTH + 2), "deep"),
        (parts(PARTS + 1), "parts"),
        (parts(FILES + 1, b"Content-Type: image/png\r\n"), "attachments"),
        (b"X: y\r\n" * (HEADER_COUNT + 1) + HEAD + b"\r\nx", "headers"),
        (parts(1, b"X: y\r\n" * HEADER_COUNT), "headers"),
        (b"From: " + b"," * 1_000_000 + b"\r\n\r\nx", "headers of more"),
        (HEAD + b"X: " + b"y" * HEADER_BYTES + b"\r\n\r\nx", "headers of more"),
        (parts(1, b"X: " + b"y" * (HEADER_BYTES + 1) + b"\r\n"), "a header of more"),
        (HEAD + b"\r\n" + b"\n" * (2 * LINES), "lines"),
        (HEAD + b"Content-Type: text/plain; a=" + b"b" * 2_000 + b"\r\n\r\nx", "Content-Type"),
        (HEAD + MIXED % b"x" + b"".join(map(_dear, range(100))), "how it is built"),
    ],
    ids=[
        *("multiparts", "mails in mails", "parts", "files", "headers", "headers of parts"),
        *("commas", "long header", "long header of a part", "lines", "parameters", "dear parts"),
    ],
)
def test_what_is_too_much_is_refused_with_what_it_is(mail: bytes, says: str) -> None:
    with pytest.raises(Malformed) as refused:
        read_letter(mail, 1_000_000)
    assert says in str(refused.value)


def test_what_is_just_not_too_much_is_taken() -> None:
    deep = HEAD + b"".join(map(_level, range(DEPTH))) + b"\r\nHello"
    assert read_letter(deep, 1_000_000).text == "Hello"
    assert len(read_letter(parts(FILES, b"Content-Type: image/png\r\n"), 1_000_000).files) == FILES


def test_a_file_beyond_the_limit_is_refused() -> None:
    mail = parts(1, b"Content-Type: image/png\r\n\r\n" + b"x" * 2_000)
    with pytest.raises(Malformed, match="attachment of more than 1000 bytes"):
        read_letter(mail, 1_000)


def test_a_zip_is_only_kept() -> None:
    inside = b"PK\x03\x04" + bytes(5_000)
    mail = HEAD + MIXED % b"x" + b"--x\r\nContent-Type: application/zip\r\n\r\n" + inside
    assert read_letter(mail, 1_000_000).files[0].data == inside


@pytest.mark.parametrize(
    "mail",
    [
        HEAD + b"".join(map(_level, range(5_000))),
        HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 20_000,
        parts(30_000),
        b"X: y\r\n" * 100_000 + b"\r\nx",
        b"X:\r\n" + b" y\r\n" * 200_000 + b"\r\nx",
    ],
    ids=["multiparts", "mails in mails", "parts", "headers", "a folded header"],
)
def test_what_is_refused_is_not_read_to_its_end(mail: bytes) -> None:
    assert costs(mail) < CALLS_ANYWAY


@pytest.mark.parametrize(
    "value",
    [
        *(b"," * 1_990, b"(" * 1_990, b'"' * 1_990, b"<" * 1_990, b"a@" * 995, b":;" * 995),
        *(b"=?utf-8?q?a?= " * 140, b"=?" * 995, b"a" * 1_990, b"@[" * 990),
    ],
    ids=lambda value: value[:4].decode(),
)
@pytest.mark.parametrize("name", [b"From", b"Subject"])
def test_no_header_of_an_allowed_length_costs_much(name: bytes, value: bytes) -> None:
    mail = name + b": " + value + b"\r\nTo: x@example.net\r\n\r\nHello"
    assert costs(mail) < CALLS_ANYWAY


@pytest.mark.parametrize(
    "value",
    [
        b"".join(b"; filename*%d=x" % n for n in range(110)),
        b"; a=b" * 390,
        b"; filename*=utf-8''" + b"%41" * 600,
        b"; boundary=" + b'"' * 1_900,
    ],
    ids=["continuations", "parameters", "percents", "quotes"],
)
def test_no_parameters_of_an_allowed_length_cost_much(value: bytes) -> None:
    head = b"Content-Disposition: attachment" + value + b"\r\nContent-Type: text/plain" + value
    assert costs(HEAD + head + b"\r\n\r\nHello") < CALLS_ANYWAY


@pytest.mark.parametrize(
    "piece",
    ["<", "<!--", "<!", "<a ", "<a>", "&", "&#", "</script", "<script>", "-->", "<![CDATA["],
)
def test_open_markup_costs_no_more_than_its_length(piece: str) -> None:
    markup = piece * (SIZE // len(piece))
    assert calls(lambda: text_of_html(markup)) < 20 * SIZE


@pytest.mark.parametrize(
    "text",
    ["my " * 16_000, "a" * 50_000, "мой " * 12_000, "mein e " * 7_000, "log " * 12_000],
    ids=["my", "a", "мой", "mein", "log"],
)
def test_a_long_text_is_searched_once(text: str) -> None:
    assert calls(lambda: speaks_of_account(text)) < 3 * len(text)
