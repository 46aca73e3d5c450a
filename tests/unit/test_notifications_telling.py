"""Which events are told to customers, as far as an event says so by itself."""

from typing import Any

import pytest
from support.envelopes import example
from unit.cast import AGENT, CUSTOMER, NOW, OTHER_LOG, opened, recorded, said, uid

from consumers.notifications.telling import kind_of
from domain.catalogue import BY_KIND, EVENT_TYPES
from domain.contract.ownership.events import AuthorityEnded, FreezePlaced
from domain.contract.ownership.vocabulary import AuthorityEnding, FreezeGround
from domain.dispute.events import HolderTold
from domain.identity.proof import Capacity
from domain.identity_change.events import ChangeNoticeGiven, Means
from domain.notification.events import NotificationKind
from domain.stream import StreamKind
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
from domain.values import Actor, Origin, OriginKind

NEVER = {
    "DisputeOpened",
    "ClaimReceived",
    "OrderRecorded",
    "OrderStandingChanged",
    "HolderDoubted",
    "HolderTellingWithheld",
    "ChangeNoticeWithheld",
    "IdentityChangeRequested",
    "IdentityChangeApproved",
    "LegalHoldPlaced",
    "LegalHoldReleased",
    "RecoveryReported",
    "WorkRecorded",
    "TagAdded",
    "AttachmentAdded",
    "SubjectErased",
}
"""What would tell too early, or of what may be confidential, or is nobody's news."""


def kind(event: object, actor: Actor = AGENT) -> NotificationKind | None:
    return kind_of(recorded(event, 1, actor=actor))


def message(side: Side, audience: Audience) -> MessagePosted:
    return MessagePosted(uid(1), side, audience, said(), "en", ())


def test_a_ticket_that_staff_opened_is_told_and_ones_own_is_not() -> None:
    assert kind(opened()) is NotificationKind.OPENED
    assert kind(opened(), CUSTOMER) is None


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (TicketAcknowledged(60, None), NotificationKind.ACKNOWLEDGEMENT),
        (
            StatusChanged(Status.RESOLVED, Status.NEW, Cause.STAFF, said(), None),
            NotificationKind.STATUS,
        ),
        (
            StatusChanged(Status.REOPENED, Status.RESOLVED, Cause.CUSTOMER_REPLY, None, None),
            NotificationKind.STATUS,
        ),
        (message(Side.STAFF, Audience.PUBLIC), NotificationKind.MESSAGE),
        (message(Side.STAFF, Audience.INTERNAL), None),
        (message(Side.CUSTOMER, Audience.PUBLIC), None),
        (MessageCorrected(uid(1), said(), said()), NotificationKind.MESSAGE),
        (MessageRetracted(uid(1), said()), NotificationKind.MESSAGE),
        (FreezePlaced(uid(1), uid(2), FreezeGround.HOLDER_ASKS, None, NOW, said()), "attention"),
        (FreezePlaced(uid(1), uid(2), FreezeGround.ORDER, uid(3), NOW, said()), None),
        (HolderTold(1, Means.PORTAL, 1, (), uid(1)), "attention"),
        (HolderTold(1, Means.PHONE, 1, (), None), None),
        (ChangeNoticeGiven(Means.PORTAL, 1, (), uid(1), NOW), "attention"),
        (ChangeNoticeGiven(Means.MAIL, 1, (0,), None, NOW), None),
        (
            AuthorityEnded(uid(1), uid(2), Capacity.ATTORNEY, AuthorityEnding.REVOKED, None),
            "attention",
        ),
        (AuthorityEnded(uid(1), uid(2), Capacity.ATTORNEY, AuthorityEnding.ORDER, None), None),
    ],
)
def test_an_event_is_told_or_not(event: object, expected: str | None) -> None:
    assert kind(event) == expected


@pytest.mark.parametrize("cls", EVENT_TYPES.values(), ids=EVENT_TYPES)
def test_what_another_system_logged_notifies_nobody(cls: Any) -> None:
    origin = Origin(OriginKind.IMPORTED, "csv", 1)
    for actor in (OTHER_LOG, AGENT):
        assert kind_of(recorded(example(cls), 1, origin=origin, actor=actor)) is None


@pytest.mark.parametrize("cls", BY_KIND[StreamKind.NOTIFICATION])
def test_what_was_told_is_not_told_of(cls: Any) -> None:
    assert kind(example(cls)) is None


@pytest.mark.parametrize("name", sorted(NEVER))
def test_what_may_be_confidential_is_not_told(name: str) -> None:
    assert name in EVENT_TYPES
    assert kind(example(EVENT_TYPES[name])) is None
    assert kind(example(EVENT_TYPES[name], full=False)) is None


def test_no_event_about_an_account_is_told_otherwise_than_as_attention() -> None:
    account = (StreamKind.CONTRACT, StreamKind.IDENTITY_CHANGE, StreamKind.RECOVERY)
    for stream in (*account, StreamKind.DISPUTE):
        kinds = {kind(example(cls)) for cls in BY_KIND[stream]}
        assert kinds <= {None, NotificationKind.ATTENTION}
