"""Whatever comes: a letter, or the refusal that says what was wrong; never anything else."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from support.letters import QUESTIONS, letter, raw, report

from domain.errors import Malformed
from domain.limits import ATTACHMENTS_PER_MESSAGE, HEADERS, SUBJECT, TEXT
from domain.mail.letter import Letter
from domain.mail.sorting import Ours, sort
from infra.languages import language_of
from infra.mail.incoming import read_letter
from infra.mail.incoming.texts import clean, text_of_html

OURS = Ours("provider.example", frozenset({"provider.example"}))
GOOD = [
    raw(letter(QUESTIONS["ru"], html="<p>Text</p>", Subject="Вопрос")),
    report("<019b7ca9-8f2e-7caf-868b-f55df0b1ec53@provider.example>"),
]
NAMES = (
    *("From", "Subject", "Return-Path", "Message-ID", "References", "Date", "Auto-Submitted"),
    *("Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "MIME-Version"),
    *("Precedence", "X-Loop", "Content-Language", "X-Auto-Response-Suppress", "List-Id"),
)
PIECES = st.sampled_from(
    [
        *("multipart/mixed", "multipart/report", "message/rfc822", "text/html", "text/plain"),
        *("; boundary=x", "; charset=", "; name*0*=", "; report-type=delivery-status", "utf-7"),
        *("=?utf-8?b?", "?=", "=?x?q?", "base64", "quoted-printable", "x-uuencode", "attachment"),
        *("a@example.net", "<", ">", '"', "(", ")", ",", ";", ":", "\\", "@", "\t", " ", "\u200b"),
        *("\ud800", "\x00", "é", "我", "--x", "%00", "''"),
    ]
)
VALUES = st.lists(PIECES | st.text(max_size=8), max_size=12).map("".join)
QUICK = settings(
    max_examples=50,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def taken(mail: bytes) -> Letter | None:
    """Read and sort a mail; None when it is refused."""
    try:
        found = read_letter(mail, 100_000)
        sort(found, OURS)
    except Malformed:
        return None
    return found


def is_sound(found: Letter | None) -> bool:
    """Say whether everything of a letter can be recorded."""
    if found is None:
        return True
    texts = [found.headers, found.subject, found.text, found.name or "x"]
    texts += [text for file in found.files for text in (file.name, file.claimed_type)]
    for text in texts:
        assert "\x00" not in text
        text.encode()
    assert all(file.name.strip() and file.claimed_type.strip() for file in found.files)
    assert (len(found.subject) <= SUBJECT, len(found.text) <= TEXT) == (True, True)
    assert len(found.headers) <= HEADERS
    return len(found.files) <= ATTACHMENTS_PER_MESSAGE


@QUICK
@given(st.binary(max_size=2_000))
@example(b"From: =?utf-8?q?=00?= <a@example.net>\r\n\r\nx")
@example(b"Content-Type: text/plain; charset*=a'b\r\n\r\nx")
@example(b"Content-Disposition: attachment; filename*=utf-8''%ED%A0%80\r\n\r\nx")
def test_any_bytes_are_a_letter_or_refused(mail: bytes) -> None:
    assert is_sound(taken(mail))


@QUICK
@given(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=12), VALUES)
def test_any_headers_are_a_letter_or_refused(headers: list[tuple[str, str]], body: str) -> None:
    text = "".join(f"{name}: {value}\r\n" for name, value in headers)
    parts = f"\r\n--x\r\n{text}\r\n{body}\r\n--x--\r\n{body}"
    mail = f"From: a@example.net\r\n{text}{parts}".encode("utf-8", "surrogatepass")
    assert is_sound(taken(mail))


@QUICK
@given(st.sampled_from(GOOD), st.data())
def test_a_good_mail_with_any_damage_is_a_letter_or_refused(
    mail: bytes, data: st.DataObject
) -> None:
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(mail)))
        until = data.draw(st.integers(at, min(len(mail), at + 60)))
        mail = mail[:at] + data.draw(st.binary(max_size=20)) + mail[until:]
    assert is_sound(taken(mail))


@QUICK
@given(st.text(max_size=300), st.one_of(st.none(), st.text(max_size=20)))
def test_any_text_has_a_language(text: str, stated: str | None) -> None:
    code = language_of(clean(text), stated)
    assert code.isalpha()
    assert code == code.lower()


@QUICK
@given(st.lists(st.sampled_from(["<", ">", "p", "!--", "-->", "/script", "script", "&lt", " "])))
def test_any_markup_has_a_text(pieces: list[str]) -> None:
    assert "\n\n\n" not in text_of_html("".join(pieces))
