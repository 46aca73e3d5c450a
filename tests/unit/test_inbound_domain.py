"""Streams of mail, and what mail adds to a ticket."""

from unit.cast import NOW, PORTAL, ask, opening, said, uid
from unit.spec import given

from domain.mail import MAIL
from domain.mail.commands import DeclineMail, TakeBounce
from domain.mail.events import BounceReceived, MailDeclined, MailReason
from domain.ticket import TICKET
from domain.ticket.commands import KeepMail
from domain.ticket.events import Channel, MailReceived

SAID = {
    "reason": MailReason.ACCOUNT,
    "language": "de",
    "size": 900,
    "sender": said("ada@example.net"),
    "message_id": None,
    "headers": said("From: ada@example.net"),
    "digest": said("5a" * 32),
}
DECLINE = ask(DeclineMail, PORTAL, mail=uid(70), **SAID)
BOUNCE = ask(TakeBounce, PORTAL, notification=uid(71))
KEEP = ask(KeepMail, PORTAL, size=900, digest=SAID["digest"], headers=SAID["headers"])
MAILED = opening(by=PORTAL, contract=None, channel=Channel.MAIL)


def test_a_declined_mail_says_who_is_to_be_told_and_why() -> None:
    state = given(MAIL).when(DECLINE).then(MailDeclined(mail=uid(70), **SAID))
    assert (state.mail, state.reason, MAIL.contract_of(state)) == (uid(70), "account", None)


def test_a_sender_is_told_once() -> None:
    other = ask(DeclineMail, PORTAL, mail=uid(72), **SAID)
    assert given(MAIL).after(DECLINE).when(other).then().mail == uid(70)
    given(MAIL).after(DECLINE).when(DECLINE).then_nothing()


def test_a_report_is_noted_once() -> None:
    state = given(MAIL).when(BOUNCE).then(BounceReceived(uid(71)))
    assert state.notification == uid(71)
    given(MAIL).after(BOUNCE).when(BOUNCE).then_nothing()
    assert given(MAIL).guards(BOUNCE) == ()


def test_a_ticket_keeps_the_mail_that_opened_it_once() -> None:
    kept = MailReceived(900, SAID["digest"], SAID["headers"])
    assert given(TICKET).after(MAILED).when(KEEP).then(kept).mailed
    given(TICKET).after(MAILED, KEEP).when(KEEP).then_nothing()


def test_mail_opens_no_ticket_under_a_contract() -> None:
    claimed = opening(by=PORTAL, channel=Channel.MAIL, at=NOW)
    given(TICKET).when(claimed).then_refused("channel-opens-enquiries-only")
