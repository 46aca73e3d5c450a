"""What becomes of a mail, by what it says of itself."""

import re
from uuid import UUID

import pytest
from support.letters import MATTERS, QUESTIONS, letter, raw, report

from domain.errors import Malformed
from domain.mail.events import MailReason
from domain.mail.sorting import Becomes, Bounce, Decline, Drop, DropReason, Enquiry, Ours, sort
from infra.mail.incoming import read_letter
from infra.mail_settings import MailSettings

ID = "019b7ca9-8f2e-7caf-868b-f55df0b1ec53"
OURS = Ours(
    "provider.example",
    frozenset({"support@provider.example", "own.example"}),
    re.compile(MailSettings.model_fields["mail_contract_numbers"].default),
)
FILES = 1_000_000


def becomes(mail: bytes) -> Becomes:
    return sort(read_letter(mail, FILES), OURS)


def of(text: str = QUESTIONS["en"], **headers: str) -> Becomes:
    return becomes(raw(letter(text, **headers)))


def test_a_question_about_no_account_is_an_enquiry() -> None:
    assert of() == Enquiry("ada@example.net")


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-generated"}, DropReason.AUTOMATIC),
        ({"Auto_Submitted": "Auto-Replied (vacation)"}, DropReason.AUTOMATIC),
        ({"Auto_Submitted": "auto-notified; owner-email=x@example.net"}, DropReason.AUTOMATIC),
        ({"Precedence": "auto_reply"}, DropReason.AUTOMATIC),
        ({"X_Auto_Response_Suppress": "DR, OOF, AutoReply"}, DropReason.AUTOMATIC),
        ({"X_Auto_Response_Suppress": "All"}, DropReason.AUTOMATIC),
        ({"From": "MAILER-DAEMON@mx.example.net", "Return_Path": ""}, DropReason.AUTOMATIC),
        ({"From": "Mailer-Daemon@mx.example.net"}, DropReason.AUTOMATIC),
        ({"Return_Path": "<MAILER-DAEMON@mx.example.net>"}, DropReason.AUTOMATIC),
        ({"From": "Postmaster <postmaster@example.net>", "Return_Path": ""}, DropReason.AUTOMATIC),
        ({"From": "postmaster@example.net", "Return_Path": "<#@[]>"}, DropReason.AUTOMATIC),
        ({"Precedence": "bulk"}, DropReason.LIST),
        ({"Precedence": "Junk"}, DropReason.LIST),
        ({"Precedence": "list"}, DropReason.LIST),
        ({"List_Id": "<news.example.net>"}, DropReason.LIST),
        ({"Return_Path": "<>"}, DropReason.RETURNED),
        ({"Return_Path": "<MAILER-DAEMON>"}, DropReason.RETURNED),
        ({"From": "Support <support@provider.example>"}, DropReason.OWN),
        ({"From": "anybody@own.example"}, DropReason.OWN),
        ({"Return_Path": "<SUPPORT@Provider.example>"}, DropReason.OWN),
        ({"Message_ID": f"<{ID}@PROVIDER.example>"}, DropReason.OWN),
        ({"X_Loop": "support@provider.example"}, DropReason.OWN),
    ],
    ids=str,
)
def test_what_machines_wrote_or_we_did_is_dropped(
    headers: dict[str, str], reason: DropReason
) -> None:
    assert of(**headers) == Drop(reason)


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "no"},
        {"Auto_Submitted": "No (typed by hand)"},
        {"Precedence": "first-class"},
        {"X_Auto_Response_Suppress": "DR, RN"},
        {"X_Loop": "somebody@example.net"},
        {"Message_ID": "<019b7ca9@provider.example>"},
        {"Return_Path": ""},
    ],
    ids=str,
)
def test_headers_that_say_nothing_of_the_kind_drop_nothing(headers: dict[str, str]) -> None:
    assert of(**headers) == Enquiry("ada@example.net")


def test_a_postmaster_to_whom_can_be_answered_may_ask() -> None:
    found = of(From="postmaster@example.net", Return_Path="<postmaster@example.net>")
    assert found == Enquiry("postmaster@example.net")


@pytest.mark.parametrize("language", MATTERS)
def test_an_account_matter_is_declined_in_every_language(language: str) -> None:
    assert of(MATTERS[language]) == Decline(MailReason.ACCOUNT, "ada@example.net")


@pytest.mark.parametrize("language", QUESTIONS)
def test_a_general_question_is_one_in_every_language(language: str) -> None:
    assert isinstance(of(QUESTIONS[language]), Enquiry)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Please send me the invoice for March.", "en"),
        ("Our domain has vanished.", "en"),
        ("Quisiera dar de baja el servicio.", "es"),
        ("Necesito la factura de marzo.", "es"),
        ("Notre site ne marche plus.", "fr"),
        ("Je veux résilier.", "fr"),
        ("Quero transferir o domínio para outra pessoa.", "pt"),
        ("Nosso servidor parou.", "pt"),
        ("Ich möchte kündigen.", "de"),
        ("Unsere Domain ist weg.", "de"),
        ("Прошу выставить счёт за март.", "ru"),
        ("Мой сайт взломали.", "ru"),
        ("Vorrei la fattura di marzo.", "it"),
        ("Il nostro sito non funziona.", "it"),
        ("请把发票寄给我", "zh"),
        ("我的网站打不开", "zh"),
    ],
)
def test_words_of_an_account_are_known_with_accents_and_endings(text: str, language: str) -> None:
    assert isinstance(of(text), Decline), language


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": f"<{ID}@provider.example>"},
        {"References": f"<x@example.net> <{ID}@provider.example>"},
        {"Subject": "Re: Ticket 104-273"},
    ],
    ids=str,
)
def test_what_replies_to_us_is_about_an_account(headers: dict[str, str]) -> None:
    said = headers | ({"Subject": "Re: 000-013"} if "Subject" in headers else {})
    assert of("It works.", **said) == Decline(MailReason.REPLY, "ada@example.net")


@pytest.mark.parametrize(
    "headers",
    [
        {"In_Reply_To": f"<{ID}@example.net>"},
        {"In_Reply_To": "<no-id@provider.example>"},
        {"Subject": "Re: 000-014"},
        {"Subject": "From 2026-01-02 on"},
    ],
    ids=str,
)
def test_what_replies_to_others_is_not(headers: dict[str, str]) -> None:
    assert isinstance(of("Do you rent racks?", **headers), Enquiry)


@pytest.mark.parametrize("number", ["DEMO-1", "CN-1001", "T-7-3fa1", "SN-ab12"])
def test_what_looks_like_a_contract_number_is_one_whether_it_is_there_or_not(number: str) -> None:
    assert of(f"It is about {number}, thanks") == Decline(MailReason.CONTRACT, "ada@example.net")


@pytest.mark.parametrize("word", ["UTF-8", "ISO-8859-1", "CVE-2026-1234", "E-Mail", "T-shirt 3"])
def test_names_of_standards_are_no_contract_numbers(word: str) -> None:
    assert isinstance(of(f"Do you know {word} there?"), Enquiry)


def test_a_mail_that_says_nothing_may_be_about_anything() -> None:
    assert of("  \n..", Subject="--") == Decline(MailReason.WORDLESS, "ada@example.net")


def test_who_is_answered_is_who_the_envelope_came_from() -> None:
    declined = of(MATTERS["en"], Return_Path="<bob@example.org>", From="ada@example.net")
    assert declined == Decline(MailReason.ACCOUNT, "bob@example.org")
    assert of(Return_Path="<bob@example.org>") == Enquiry("ada@example.net")


def test_nobody_who_could_be_answered_is_malformed() -> None:
    with pytest.raises(Malformed, match="From"):
        of(From="undisclosed", Return_Path="")


def test_a_report_on_our_mail_is_a_bounce_also_from_nobody() -> None:
    found = becomes(report(f"<{ID}@provider.example>"))
    assert isinstance(found, Bounce)
    assert (found.notification, found.status) == (UUID(ID), "5.1.1")
    assert "Final-Recipient: rfc822; nobody@example.net" in found.text


@pytest.mark.parametrize(
    "kind",
    [
        b"text/rfc822-headers",
        b"message/rfc822-headers",
        b"message/rfc822",
        b"message/global-headers",
        b"message/global",
    ],
)
def test_what_a_report_returns_may_be_headers_or_a_mail(kind: bytes) -> None:
    returned = report(f"<{ID}@provider.example>").replace(b"text/rfc822-headers", kind)
    found = becomes(returned)
    assert isinstance(found, Bounce)
    assert found.notification == UUID(ID)


@pytest.mark.parametrize("kind", ["delivery-status", "global-delivery-status"])
def test_a_report_may_name_addresses_beyond_ascii(kind: str) -> None:
    said = report(f"<{ID}@provider.example>", to="MARK").replace(b"rfc822; MARK", b"utf-8; MARK")
    said = said.replace(b"report-type=delivery-status", f"report-type={kind}".encode())
    said = said.replace(b"message/delivery-status", b"message/global-delivery-status")
    found = becomes(said.replace(b"MARK", "zoë@exämple.net".encode()))
    assert isinstance(found, Bounce)
    assert (found.notification, found.status) == (UUID(ID), "5.1.1")
    assert "Reporting-MTA: dns; mx.example.net" in found.text
    assert "Final-Recipient: utf-8; zoë@exämple.net" in found.text


@pytest.mark.parametrize("action", ["delayed", "delivered", "relayed", "expanded", ""])
def test_a_report_of_no_failure_is_dropped(action: str) -> None:
    found = becomes(report(f"<{ID}@provider.example>", action=action))
    assert found == Drop(DropReason.REPORT)


def test_a_report_on_others_mail_is_dropped() -> None:
    assert becomes(report(f"<{ID}@elsewhere.example>")) == Drop(DropReason.REPORT)
    disposition = report(f"<{ID}@provider.example>").replace(b"=delivery-status", b"=disposition")
    assert becomes(disposition) == Drop(DropReason.REPORT)


def test_without_an_address_of_our_own_nothing_is_ours() -> None:
    mail = raw(letter(QUESTIONS["en"], In_Reply_To=f"<{ID}@provider.example>", X_Loop="x"))
    assert isinstance(sort(read_letter(mail, FILES), Ours()), Enquiry)
