"""Streams of notifications, and how persons say that they want to be told."""

from typing import Any

import pytest
from unit.cast import AGENT, BY_PASSPORT, CONTACT, CUSTOMER, LATER, ask, identity, said, uid
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.commands import (
    NamePerson,
    RegisterContract,
    RevokeRights,
    StatePreferences,
)
from domain.contract.documents import Category
from domain.contract.events import PreferencesStated, Right
from domain.errors import Malformed, NotAllowed, NotFound
from domain.limits import BOUNCES_PER_NOTIFICATION
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordBounced, RecordFailed, RecordSent
from domain.notification.events import (
    MailForm,
    Medium,
    NotificationBounced,
    NotificationFailed,
    NotificationFailure,
    NotificationKind,
    NotificationSent,
    Recipient,
)

TO = (Recipient(identity("ann@example.net")),)
COMMON: dict[str, Any] = {
    "contract": "C-1",
    "ticket": uid(500),
    "person": CUSTOMER.id,
    "kind": NotificationKind.STATUS,
    "medium": Medium.MAIL,
}
SENT = ask(RecordSent, **COMMON, language="en", to=TO)
FAILED = ask(RecordFailed, **COMMON, failure=NotificationFailure.REFUSED, code=550, to=TO)
BOUNCED = ask(RecordBounced, medium=Medium.MAIL, status="5.1.1", report=said("no such user"))


def test_what_was_sent_counts_under_the_contract_of_what_it_tells_of() -> None:
    event = NotificationSent(**COMMON, language="en", to=TO)
    state = given(NOTIFICATION).when(SENT).then(event)
    assert (NOTIFICATION.contract_of(state), state.sent) == ("C-1", True)
    assert given(NOTIFICATION).guards(SENT) == ()


def test_what_was_recorded_is_not_recorded_again() -> None:
    given(NOTIFICATION).after(SENT).when(SENT).then_nothing()
    given(NOTIFICATION).after(FAILED).when(FAILED).then_nothing()


def test_who_was_put_off_is_told_in_another_turn() -> None:
    later = {"turn": 1, "to": TO}
    sent = ask(RecordSent, **COMMON, language="en", **later)
    failed = ask(RecordFailed, **COMMON, failure=NotificationFailure.GAVE_UP, **later)
    assert given(NOTIFICATION).after(SENT).when(sent).types == ["NotificationSent"]
    assert given(NOTIFICATION).after(SENT, FAILED).when(failed).types == ["NotificationFailed"]


def test_some_addresses_can_be_refused_while_others_take_it() -> None:
    failed = NotificationFailed(**COMMON, failure=NotificationFailure.REFUSED, code=550, to=TO)
    state = given(NOTIFICATION).after(SENT).when(FAILED).then(failed)
    assert state.sent
    assert state.failed


def test_a_bounce_follows_what_was_sent() -> None:
    bounced = NotificationBounced(Medium.MAIL, "5.1.1", said("no such user"))
    state = given(NOTIFICATION).after(SENT).when(BOUNCED).then(bounced)
    assert state.bounces == 1
    assert NOTIFICATION.contract_of(state) == "C-1"


@pytest.mark.parametrize("before", [given(NOTIFICATION), given(NOTIFICATION).after(FAILED)])
def test_nothing_bounces_that_was_not_sent(before: Given) -> None:
    before.when(BOUNCED).then_raises(NotFound)


@pytest.mark.parametrize("status", ["5", "5.1", "550", "3.1.1", "5.1.1\n", "5.1.1000"])
def test_a_bounce_has_a_status_code(status: str) -> None:
    command = ask(RecordBounced, medium=Medium.MAIL, status=status)
    given(NOTIFICATION).after(SENT).when(command).then_raises(Malformed)


def test_bounces_are_bounded() -> None:
    bounces = [BOUNCED] * BOUNCES_PER_NOTIFICATION
    given(NOTIFICATION).after(SENT, *bounces).when(BOUNCED).then_refused("too-many")


def registered() -> Given:
    """A contract with its holder (CUSTOMER) and one person who may read."""
    told = {"number": "C-1", "category": Category.INDIVIDUAL, "holder": CUSTOMER.id}
    more = {"language": "en", "document": BY_PASSPORT, "contacts": (CONTACT,)}
    named = {"person": uid(41), "name": identity("Ben"), "login": None, "rights": (Right.READ,)}
    return given(CONTRACT).after(ask(RegisterContract, **told, **more), ask(NamePerson, **named))


def stating(**fields: Any) -> StatePreferences:
    usual = {"person": uid(41), "language": "pt", "mail": said("ben@example.net")}
    command = ask(StatePreferences, **{**usual, **fields})
    assert isinstance(command, StatePreferences)
    return command


def test_a_person_says_how_they_want_to_be_told() -> None:
    unwanted = (NotificationKind.MESSAGE, NotificationKind.ACKNOWLEDGEMENT)
    in_order = (NotificationKind.ACKNOWLEDGEMENT, NotificationKind.MESSAGE)
    mail = said("ben@example.net")
    stated = PreferencesStated(uid(41), "pt", mail, MailForm.PLAIN, in_order)
    registered().when(stating(form=MailForm.PLAIN, unwanted=unwanted)).then(stated)


def test_a_holder_has_preferences_too() -> None:
    assert registered().when(stating(person=CUSTOMER.id, by=CUSTOMER)).types


def test_preferences_are_the_persons_own() -> None:
    registered().when(stating(by=CUSTOMER)).then_raises(NotAllowed)
    assert registered().when(stating(by=AGENT)).types


@pytest.mark.parametrize("person", [uid(42), uid(41)], ids=["never named", "revoked"])
def test_only_who_has_a_right_states_preferences(person: Any) -> None:
    revoked = registered().after(ask(RevokeRights, person=uid(41), at=LATER))
    revoked.when(stating(person=person)).then_refused("person-unknown")


@pytest.mark.parametrize(
    "kind", [NotificationKind.ATTENTION, NotificationKind.OPENED, NotificationKind.GUIDANCE]
)
def test_what_protects_an_account_is_always_told(kind: NotificationKind) -> None:
    registered().when(stating(unwanted=(kind,))).then_refused("always-told")
