"""What a mail says: its text, its files, who wrote it."""

import pytest
from support.letters import letter, raw

from domain.errors import Malformed
from domain.limits import TEXT
from domain.mail.letter import Letter
from infra.mail.incoming import read_letter
from infra.mail.incoming.texts import decoded, text_of_html

FILES = 1_000_000
HEAD = b"From: ada@example.net\r\nSubject: A question\r\n"


def read(mail: bytes) -> Letter:
    return read_letter(mail, FILES)


def typed(content_type: str, body: bytes, encoding: str = "8bit") -> Letter:
    more = f"MIME-Version: 1.0\r\nContent-Type: {content_type}\r\n"
    more += f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    return read(HEAD + more.encode() + body)


def test_a_plain_mail_is_its_text() -> None:
    found = read(HEAD + b"\r\nHello,\r\nthere.\r\n")
    assert (found.subject, found.text) == ("A question", "Hello,\nthere.")
    assert (found.files, found.report) == ((), None)


def test_of_two_ways_to_say_it_the_plain_one_is_taken() -> None:
    found = read(raw(letter("Plain.", html="<p>Marked up.</p>")))
    assert (found.text, found.files) == ("Plain.", ())


def test_html_alone_is_turned_into_text() -> None:
    found = read(raw(letter(html="<html><body><p>Dear all,</p><p>1 &lt; 2</p></body></html>")))
    assert found.text == "Dear all,\n\n1 < 2"


def test_an_empty_plain_part_does_not_hide_the_html() -> None:
    assert read(raw(letter(" ", html="<b>Said</b> here"))).text == "Said here"


def test_files_inside_an_alternative_are_found() -> None:
    mail = letter("Plain.", html="<p>Marked up.</p>")
    mail.add_attachment(b"%PDF-1.7", "application", "pdf", filename="a.pdf")
    found = read(raw(mail))
    assert [(one.name, one.claimed_type) for one in found.files] == [("a.pdf", "application/pdf")]


def test_a_mail_inside_a_mail_is_a_file() -> None:
    mail = letter("See below.")
    mail.add_attachment(letter("The inner one.", Subject="Inside"))
    found = read(raw(mail))
    assert found.text == "See below."
    assert found.files[0].claimed_type == "message/rfc822"
    assert b"Subject: Inside" in found.files[0].data


@pytest.mark.parametrize(
    ("charset", "raw_text", "text"),
    [
        ("utf-8", "Zoë".encode(), "Zoë"),
        ("iso-8859-1", b"Zo\xeb", "Zoë"),
        ("windows-1251", "Привет".encode("cp1251"), "Привет"),
        ("koi8-r", "Привет".encode("koi8-r"), "Привет"),
        ("gb2312", "您好".encode("gb2312"), "您好"),
        ("iso-2022-jp", "日本".encode("iso-2022-jp"), "日本"),
        ("us-ascii", "Zoë".encode(), "Zoë"),
        ("us-ascii", b"Zo\xeb", "Zoë"),
        ("no-such-charset", "Zoë".encode(), "Zoë"),
        ("utf-8", b"Zo\xeb!", "Zo\ufffd!"),
        ("punycode", b"Zo-tda", "Zo-tda"),
        ("zlib", b"x", "x"),
        ("\x00", b"x", "x"),
    ],
)
def test_bytes_are_read_in_their_charset_and_never_fail(
    charset: str, raw_text: bytes, text: str
) -> None:
    assert decoded(raw_text, charset) == text


def test_what_no_text_may_hold_is_replaced() -> None:
    assert typed("text/plain; charset=utf-8", b"a\x00b").text == "a\ufffdb"
    assert typed('text/plain; charset="utf-16-le"', b"a\x00\x00\xd8b\x00").text == "a\ufffdb"


def test_a_long_text_is_cut_and_kept_whole_as_a_file() -> None:
    found = typed("text/plain", b"word " * TEXT)
    assert len(found.text) <= TEXT
    assert [(one.name, len(one.data)) for one in found.files] == [("part-1.txt", 5 * TEXT)]


def test_a_file_is_called_by_its_last_name_without_what_cannot_be_shown() -> None:
    mail = letter("See.")
    mail.add_attachment(b"x", "text", "plain", filename="..\\..\\a\tb.txt")
    assert read(raw(mail)).files[0].name == "a b.txt"


def test_the_first_valid_address_of_from_is_the_sender() -> None:
    found = read(b"From: nobody, Zoe <zoe@example.net>, ada@example.net\r\n\r\nHello")
    assert (found.sender, found.name) == ("zoe@example.net", "Zoe")


@pytest.mark.parametrize(
    "value",
    [b"", b"undisclosed-recipients:;", b"<>", b"a@b@c", b"@", b"ada@", b"," * 1_900, b"(" * 1_900],
)
def test_what_is_no_address_is_none(value: bytes) -> None:
    assert read(b"Subject: x\r\nFrom: " + value + b"\r\n\r\nHello").sender is None


def test_the_envelope_may_have_come_from_nobody() -> None:
    assert read(b"Return-Path: <>\r\n" + HEAD + b"\r\nx").returned_to == ""
    assert read(b"Return-Path: <bob@example.org>\r\n" + HEAD + b"\r\nx").returned_to == (
        "bob@example.org"
    )
    assert read(HEAD + b"\r\nx").returned_to is None


def test_headers_are_kept_as_they_came() -> None:
    found = read(HEAD + "X-Bytes: Zoë\r\n\tgoes on\r\n\r\nBody".encode())
    assert found.headers == ("From: ada@example.net\nSubject: A question\nX-Bytes: Zoë\n\tgoes on")


@pytest.mark.parametrize("junk", [b"", b"\x00\x00", b"hello world", b"\r\n\r\n", b":\n\nx"])
def test_what_is_no_mail_is_malformed(junk: bytes) -> None:
    with pytest.raises(Malformed):
        read(junk)


def test_servers_on_the_way_do_not_make_it_another_mail() -> None:
    body = HEAD + b"Message-ID: <1@example.net>\r\n\r\nHello"
    assert read(body).essence == read(b"Received: from here\r\n" + body).essence
    assert read(body).essence != read(body + b"!").essence
    assert read(body).essence != read(body.replace(b"<1@", b"<2@")).essence


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("a<br>b<BR/>c", "a\nb\nc"),
        ("<style>p {}</style>said<script>alert(1)</script>", "said"),
        ("<head><title>x</title></head><body>said</body>", "said"),
        ("<head><title>never closed<body>said", "said"),
        ("<!-- <b>hidden</b> -->said", "said"),
        ("<!-- open said", ""),
        ("1 < 2 and 3 > 2", "1 < 2 and 3 > 2"),
        ("&amp;lt; &#x41; &nosuch;", "&lt; A &nosuch;"),
        ("<p>one<p>two", "one\ntwo"),
        ("<!doctype html>said", "said"),
        ("", ""),
    ],
)
def test_html_is_read_as_a_person_would(markup: str, text: str) -> None:
    assert text_of_html(markup) == text
