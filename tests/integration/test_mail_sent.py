"""What customers get by mail, whom it reaches, and what is recorded, through a real server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import ceil

import pytest
from support.mailing import AGENT, Office, named, posted, said, sending

from consumers.notifications.outbox import SQL
from domain.contract.events import RightsRevoked
from domain.contract.ownership.events import AccessSuspended
from domain.mail.events import MailDeclined, MailReason
from domain.notification.events import (
    NotificationFailed,
    NotificationFailure,
    NotificationKind,
    NotificationSent,
)
from domain.stream import Stream, StreamKind
from domain.ticket.events import (
    Audience,
    Cause,
    MessageCorrected,
    MessageRetracted,
    PromiseKind,
    PromiseMade,
    Status,
    StatusChanged,
    TicketAcknowledged,
)
from domain.values import Origin, OriginKind
from infra.ids import new_id
from infra.postgres import Cluster


@pytest.fixture(scope="module", name="post")
def _post(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    with sending(cluster, tmp_path_factory.mktemp("mail")) as opened:
        yield opened


def test_a_ticket_tells_of_itself_in_one_thread_and_nothing_internal(post: Office) -> None:
    contract = post.contract()
    ticket, opening = post.ticket(contract)
    due = datetime(2026, 7, 1, 12, 5, tzinfo=UTC)
    acknowledged = post.record(
        (ticket, contract.number, [TicketAcknowledged(7200, None)]),
    )
    words = said("We changed the cable.", contract.holder)
    moved = StatusChanged(Status.IN_PROGRESS, Status.NEW, Cause.STAFF, words, None)
    promise = PromiseMade(PromiseKind.UPDATE, due)
    status = post.record((ticket, contract.number, [moved, promise]))
    note, internal = posted(post, contract, ticket, "She is rude.", Audience.INTERNAL)
    reason = said("typing", contract.holder)
    amended = post.record(
        (ticket, contract.number, [MessageCorrected(internal.message, reason, reason)])
    )
    answer, _ = posted(post, contract, ticket, "It works again.")
    post.tell()

    ids = [acknowledged.event_ids[0], status.event_ids[0], answer.event_ids[0]]
    mails = [one for one in post.catcher.mails if contract.mail in one.to]
    assert [one.event for one in mails] == ids
    one, two, three = mails
    assert "within 2 hours" in one.text
    assert "We changed the cable." in two.text
    assert "1 July 2026, 14:05 (CEST)" in two.text
    assert "It works again." in three.text
    assert {one.mail["Subject"] for one in mails} == {"[104-273] No network"}
    names = [one.mail["Message-ID"] for one in mails]
    assert one.mail["References"] is None
    assert two.mail["References"] == names[0]
    assert three.mail["References"] == f"{names[0]} {names[1]}"
    assert three.mail["In-Reply-To"] == names[1]
    assert one.sender == "bounces@provider.example"
    silent = (opening.event_ids[0], note.event_ids[0], amended.event_ids[0], status.event_ids[1])
    assert [post.became(event) for event in silent] == [[], [], [], []]
    (sent,) = post.became(ids[1])
    assert isinstance(sent, NotificationSent)
    assert (sent.kind, sent.language, sent.ticket) == (NotificationKind.STATUS, "en", ticket.id)
    assert (sent.person, len(sent.to)) == (contract.holder, 1)


def test_what_was_told_once_is_not_told_again(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract)
    accepted, _ = posted(post, contract, ticket, "Once.")
    post.tell()
    put = "INSERT INTO consumers.mail_outbox (event, position, lane) VALUES (%s, 1, %s)"
    post.execute(put, accepted.event_ids[0], ticket.id)
    post.tell()
    assert len(post.catcher.told(accepted.event_ids[0])) == 1
    assert len(post.became(accepted.event_ids[0])) == 1


def test_what_another_system_logged_is_told_to_nobody(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract, by=AGENT)
    origin = Origin(OriginKind.IMPORTED, "csv", 1)
    accepted = post.record((ticket, contract.number, [TicketAcknowledged(60, None)]), origin=origin)
    post.tell()
    assert post.catcher.told(accepted.event_ids[0]) == []


def test_only_the_last_text_of_a_message_is_told_and_none_that_was_taken_back(
    post: Office,
) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract)
    wrong, message = posted(post, contract, ticket, "It costs 10.")
    gone, taken = posted(post, contract, ticket, "Never mind.")
    text, reason = said("It costs 20.", contract.holder), said("mistyped", contract.holder)
    corrected = post.record(
        (ticket, contract.number, [MessageCorrected(message.message, text, reason)])
    )
    retracted = post.record((ticket, contract.number, [MessageRetracted(taken.message, reason)]))
    post.tell()
    assert post.catcher.told(wrong.event_ids[0]) == post.catcher.told(gone.event_ids[0]) == []
    (mail,) = post.catcher.told(corrected.event_ids[0])
    assert "It costs 20." in mail.text
    assert "mistyped" not in mail.text
    assert len(post.catcher.told(retracted.event_ids[0])) == 1


def test_a_person_is_told_as_they_prefer(post: Office) -> None:
    contract = post.contract()
    own = f"ben.{contract.number.lower()}@example.net"
    unwanted = (NotificationKind.ACKNOWLEDGEMENT,)
    person = named(post, contract, own, unwanted=unwanted)
    ticket, _ = post.ticket(contract, requester=person)
    acknowledged = post.record((ticket, contract.number, [TicketAcknowledged(60, None)]))
    accepted, _ = posted(post, contract, ticket, "Olá.")
    post.tell()
    assert post.catcher.told(acknowledged.event_ids[0]) == []
    (mail,) = post.catcher.told(accepted.event_ids[0])
    assert mail.to == (own,)
    assert mail.mail["Content-Language"] == "pt"
    assert mail.mail.get_body(("html",)) is None


@pytest.mark.parametrize("how", ["revoked", "suspended"])
def test_who_has_no_right_any_more_gets_nothing_at_their_own_address(
    post: Office, how: str
) -> None:
    contract = post.contract()
    person = named(post, contract, "gone@example.net")
    ticket, _ = post.ticket(contract, requester=person)
    ended = RightsRevoked(person, None) if how == "revoked" else AccessSuspended(new_id())
    post.record((contract.stream, contract.number, [ended]))
    accepted, _ = posted(post, contract, ticket, "It works.")
    post.tell()
    (mail,) = post.catcher.told(accepted.event_ids[0])
    assert mail.to == (contract.mail,)
    (sent,) = post.became(accepted.event_ids[0])
    assert isinstance(sent, NotificationSent)
    assert sent.person is None


@pytest.mark.parametrize(
    ("contact", "failure"),
    [
        ("ann@example.net", None),
        ("+31 6 1234", NotificationFailure.INVALID_ADDRESS),
        ("a@example.net, b@example.net", NotificationFailure.INVALID_ADDRESS),
        ("a@example.net\r\nBcc: b@example.net", NotificationFailure.INVALID_ADDRESS),
        ("no-reply@provider.example", NotificationFailure.OWN_ADDRESS),
        ("Support@Ours.example.net", NotificationFailure.OWN_ADDRESS),
        (None, NotificationFailure.NO_ADDRESS),
    ],
)
def test_an_enquiry_is_answered_at_the_contact_that_was_given(
    post: Office, contact: str | None, failure: NotificationFailure | None
) -> None:
    ticket, _ = post.ticket(None, contact=contact, language="zh-CN")
    accepted, _ = posted(post, None, ticket, "Hello.")
    post.tell()
    (event,) = post.became(accepted.event_ids[0])
    if failure is None:
        (mail,) = post.catcher.told(accepted.event_ids[0])
        assert (mail.to, mail.mail["Content-Language"]) == ((contact,), "zh")
        assert isinstance(event, NotificationSent)
        assert event.contract is None
    else:
        assert post.catcher.told(accepted.event_ids[0]) == []
        assert isinstance(event, NotificationFailed)
        assert event.failure is failure


def test_a_sender_of_mail_about_an_account_is_told_how_to_open_a_ticket(post: Office) -> None:
    who = new_id()
    declined = MailDeclined(
        new_id(),
        MailReason.ACCOUNT,
        "de",
        9,
        *(said(one, who) for one in ("eve@example.net", "<abc@example.net>", "From: eve", "00")),
    )
    accepted = post.record((Stream(StreamKind.MAIL, new_id()), None, [declined]))
    post.tell()
    (mail,) = post.catcher.told(accepted.event_ids[0])
    assert mail.to == ("eve@example.net",)
    assert mail.mail["Subject"] == "Wie Sie ein Ticket eröffnen"
    assert mail.mail["In-Reply-To"] == "<abc@example.net>"
    assert mail.mail["Auto-Submitted"] == "auto-replied"


def test_a_loop_ends(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract)
    accepted = [posted(post, contract, ticket, f"Mail {n}.")[0] for n in range(6)]
    post.tell()
    became = [post.became(one.event_ids[0])[0] for one in accepted]
    assert [type(one) for one in became[:4]] == [NotificationSent] * 4
    for one in became[4:]:
        assert isinstance(one, NotificationFailed)
        assert one.failure is NotificationFailure.TOO_MANY


def test_what_came_in_the_hour_before_counts_as_far_as_it_is_not_an_hour_ago(post: Office) -> None:
    statement = SQL["counted"]
    post.execute(
        "INSERT INTO consumers.mail_counts VALUES ('a', date_trunc('hour', now()), 3),"
        " ('a', date_trunc('hour', now()) - interval '1 hour', 100),"
        " ('a', date_trunc('hour', now()) - interval '2 hours', 100)"
    )
    ((counted, share),) = post.rows(
        f"SELECT ({statement}), 1 - extract(epoch FROM now() - date_trunc('hour', now())) / 3600",
        [b"a"],
    )
    assert counted == ceil(3 + 100 * share)


def test_what_waits_names_nobody(post: Office) -> None:
    contract = post.contract()
    ticket, _ = post.ticket(contract)
    posted(post, contract, ticket, "Secret words.")
    post.tell()
    for table in ("mail_outbox", "mail_threads", "mail_counts"):
        text = str(post.rows(f"SELECT * FROM consumers.{table}"))
        assert "example.net" not in text
        assert "Secret" not in text
