"""What mails say: every kind in every language, and nothing that somebody smuggles in."""

import email
import re
from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import default
from html.parser import HTMLParser
from itertools import combinations
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from support.envelopes import example
from unit.cast import NOW, opened, recorded, said, uid

from consumers.notifications.message import Sender, mail_of, rendered, thread_of
from consumers.notifications.told import About, Addressee, Told
from consumers.notifications.wording import House, duration, letter_of, moment, plain
from domain.errors import Removed
from domain.mail.events import MailDeclined
from domain.notification.events import MailForm, NotificationKind
from domain.ticket.events import (
    Audience,
    Cause,
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    Side,
    Status,
    StatusChanged,
    TicketAcknowledged,
)
from domain.values import Purpose, Sealed
from domain.vocabulary import TEMPLATES
from infra.languages import language_of
from infra.mail.addresses import valid_address
from infra.pdf.wording import LANGUAGES

HOUSE: Final = House(ZoneInfo("Europe/Madrid"), "https://portal.example.net/?a=1&b=2")
SENDER: Final = Sender(Address("The provider", "no-reply", "provider.example"))
K: Final = NotificationKind


def posted(text: Sealed, *attachments: UUID) -> MessagePosted:
    return MessagePosted(uid(1), Side.STAFF, Audience.PUBLIC, text, None, attachments)


def changed(status: Status, template: str | None) -> StatusChanged:
    words = None if template else said("4 711")
    return StatusChanged(status, Status.NEW, Cause.STAFF, words, template)


CASES: Final[dict[str, tuple[NotificationKind, Any]]] = {
    "opened": (K.OPENED, opened(text=said("4 711"))),
    "acknowledged": (K.ACKNOWLEDGEMENT, TicketAcknowledged(5400, "received")),
    "posted": (
        K.MESSAGE,
        MessagePosted(uid(1), Side.STAFF, Audience.PUBLIC, said("4 711"), None, (uid(2),)),
    ),
    "corrected": (K.MESSAGE, MessageCorrected(uid(1), said("4 711"), said("hidden"))),
    "retracted": (K.MESSAGE, MessageRetracted(uid(1), said("hidden"))),
    "attention": (K.ATTENTION, None),
    "guidance": (K.GUIDANCE, example(MailDeclined)),
    **{f"status {one}": (K.STATUS, changed(one, None)) for one in Status},
    **{f"template {one}": (K.STATUS, changed(Status.CLOSED, one)) for one in TEMPLATES},
}


def told(case: str, language: str, subject: str | None = "4 711", event: object = None) -> Told:
    kind, said_there = CASES[case]
    addressee = Addressee("C-1", uid(4), language, MailForm.HTML, (said("ann@example.net"),))
    about = None
    if kind not in (K.ATTENTION, K.GUIDANCE):
        about = About(uid(500), "104-273", subject, secret=False)
    return Told(recorded(event or said_there, 1), kind, about, addressee, NOW)


def mail(case: str, language: str, **more: Any) -> EmailMessage:
    one = told(case, language, **more)
    form = one.addressee.form
    to = ("ann@example.net",)
    made = mail_of(letter_of(one, HOUSE), one.kind, form, SENDER, to, uid(9), NOW)
    assert made.isascii()
    parsed = email.message_from_bytes(made, policy=default)
    assert isinstance(parsed, EmailMessage)
    assert all(not part.defects for part in parsed.walk())
    return parsed


def parts(of: EmailMessage) -> tuple[str, str]:
    text, html = of.get_body(("plain",)), of.get_body(("html",))
    assert isinstance(text, EmailMessage)
    assert isinstance(html, EmailMessage)
    return str(text.get_content()), str(html.get_content())


class Words(HTMLParser):
    """The words of a page, and the names of its elements."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: set[str] = set()
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.words += data.split()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self.elements.add(tag)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_mail_is_whole_and_in_its_language(language: str) -> None:
    for case in CASES:
        made = mail(case, language)
        text, html = parts(made)
        page = html.partition("<body")[2].partition(">")[2]
        assert not re.search(r"[{}]|None|Undefined", text + page), case
        assert Words(page).words == [one for one in text.split() if one not in {">", "--"}], case
        lines = [one for one in text.splitlines() if not one.startswith("> ")]
        assert language_of(" ".join(lines)) == language, case
        assert made["Content-Language"] == language
        assert "https://portal.example.net/?a=1&b=2" in text


@pytest.mark.parametrize("case", CASES)
def test_no_two_languages_say_it_alike(case: str) -> None:
    letters = [letter_of(told(case, one), HOUSE) for one in LANGUAGES]
    for one, other in combinations(letters, 2):
        assert set(one.before).isdisjoint(other.before)
        assert (one.answer, one.why) != (other.answer, other.why)
        assert set(one.after).isdisjoint(other.after)


@pytest.mark.parametrize("code", TEMPLATES)
def test_templates_of_the_vocabulary_read_in_english_as_it_says(code: str) -> None:
    (text, _) = parts(mail(f"template {code}", "en"))
    assert TEMPLATES[code] in text


@pytest.mark.parametrize("case", ["posted", "corrected", "status new"])
def test_somebodys_words_stand_in_both_parts_and_the_reason_in_none(case: str) -> None:
    for part in parts(mail(case, "en")):
        assert "4 711" in part
        assert "hidden" not in part


def test_of_a_ticket_that_staff_opened_only_the_number_is_told() -> None:
    made = mail("opened", "en")
    assert made["Subject"] == "[104-273] Ticket 104-273"
    for part in parts(made):
        assert "104-273" in part
        assert "4 711" not in part


def test_what_concerns_an_account_names_no_ticket_nor_anything_else() -> None:
    made = mail("attention", "en")
    assert made["Subject"] == "Something needs your attention"
    for part in parts(made):
        assert "104-273" not in part
        assert "711" not in part


@pytest.mark.parametrize(
    "subject",
    [
        *("a\r\nBcc: eve@example.net", "a\n\nb", "a\x00b\u2028c\u202ed"),
        *("=?utf-8?q?=0D=0ABcc:_eve@example.net?=", "a =?utf-8?b?DQpCY2M6IGVAYi5jDQoNCng=?= b"),
        "=?=?utf-8?q?=0D=0ABcc:_eve@example.net?=?=",
    ],
)
def test_no_subject_adds_a_header(subject: str) -> None:
    made = mail("posted", "en", subject=subject)
    assert set(made.keys()) == set(mail("posted", "en").keys())
    assert made["Bcc"] is None
    assert "\n" not in made["Subject"]
    assert made["To"] == "ann@example.net"


def test_no_message_id_adds_a_header() -> None:
    hidden = ["<=?utf-8?q?=0D=0ABcc:_eve@example.net?=>", "<a=?utf-8?q?=0D=0AX:_?=@b>"]
    assert thread_of([*hidden, "<a@b>", "<a\r\nBcc:@b>"]) == ("<a@b>",)
    assert [valid_address(one.strip("<>")) for one in hidden] == [None, None]


def test_words_cannot_become_markup_nor_hide() -> None:
    hostile = "<script>alert(1)</script><img src=x onerror=y>{{ 7*7 }}{letter}\u202eevil\x08"
    event = posted(said(hostile))
    text, html = parts(mail("posted", "en", subject="<b>&amp;", event=event))
    assert Words(html).elements.isdisjoint({"script", "img", "b"})
    assert "<script>alert(1)</script>" in text
    assert "{{ 7*7 }}{letter} evil" in text
    assert "\u202e" not in text + html


def test_who_wants_plain_text_gets_it_alone() -> None:
    text, html = rendered(letter_of(told("posted", "en"), HOUSE), MailForm.PLAIN)
    assert html is None
    assert "<" not in text


def test_programs_are_asked_not_to_answer_and_a_thread_is_kept() -> None:
    letter, first = letter_of(told("posted", "en"), HOUSE), "<a@provider.example>"
    thread = thread_of([first, "<b@provider.example>", "x\r\nBcc: y", "<c d@e>"])
    made = mail_of(letter, K.MESSAGE, MailForm.PLAIN, SENDER, ("a@b.example",), uid(9), NOW, thread)
    parsed = email.message_from_bytes(made, policy=default)
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Loop"] == "no-reply@provider.example"
    assert parsed["Message-ID"] == f"<{uid(9)}@provider.example>"
    assert parsed["In-Reply-To"] == "<b@provider.example>"
    assert parsed["References"] == f"{first} <b@provider.example>"
    assert mail("guidance", "en")["Auto-Submitted"] == "auto-replied"


def test_erased_words_are_not_told_as_if_there_were_none() -> None:
    erased = Sealed(None, uid(4), Purpose.CORRESPONDENCE)
    with pytest.raises(Removed):
        letter_of(told("posted", "en", event=posted(erased)), HOUSE)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("seconds", [1, 59, 60, 3600, 5400, 86_400, 90_061, 31_622_400])
def test_a_duration_is_said_in_words(seconds: int, language: str) -> None:
    words = duration(seconds, language)
    assert re.search(r"\d", words)
    assert "duration-" not in words


def test_a_duration_never_says_less_than_it_is() -> None:
    assert duration(90_061, "en") == "1 day and 2 hours"
    assert duration(3_599, "en") == "59 minutes and 59 seconds"
    assert duration(3_601, "en") == "1 hour and 1 minute"


def test_a_moment_is_said_with_its_zone() -> None:
    at = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    assert moment(at, "en", ZoneInfo("Europe/Madrid")) == "1 July 2026, 14:05 (CEST)"
    assert (
        moment(at + timedelta(days=180), "de", ZoneInfo("UTC")) == "28. Dezember 2026, 12:05 (UTC)"
    )


def test_what_cannot_be_seen_is_left_out() -> None:
    assert plain(" a\r\nb\tc\u200fd ") == "a b c d"
    assert plain("a\r\nb\rc\n\x07d", lines=True) == "a\nb\nc\n d"
