"""Which events are told to the customer, as far as an event says so by itself."""

from typing import Final

from domain.contract.events import PersonNamed, PreferencesStated, RightsGranted, RightsRevoked
from domain.contract.ownership.events import (
    AccessRestored,
    AccessSuspended,
    AuthorityEnded,
    AuthorityGiven,
    FreezePlaced,
    HolderWarned,
    IdentityChanged,
)
from domain.contract.ownership.vocabulary import AuthorityEnding
from domain.dispute.events import (
    ClaimRefused,
    ClaimUpheld,
    DisputeClosed,
    HolderTold,
    ServiceResumed,
    ServiceSuspensionConfirmed,
)
from domain.identity_change.events import (
    ChangeNoticeGiven,
    ContestDismissed,
    IdentityChangeApplied,
    IdentityChangeContested,
    IdentityChangeRefused,
    IdentityChangeWithdrawn,
    Means,
)
from domain.log import Recorded
from domain.mail.events import MailDeclined
from domain.notification.events import NotificationKind
from domain.ticket.events import (
    Audience,
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    Side,
    StatusChanged,
    TicketAcknowledged,
    TicketOpened,
)
from domain.values import ActorKind, OriginKind

_ATTENTION: Final = (
    PersonNamed,
    RightsGranted,
    RightsRevoked,
    AccessSuspended,
    AccessRestored,
    IdentityChanged,
    AuthorityGiven,
    HolderWarned,
    IdentityChangeContested,
    ContestDismissed,
    IdentityChangeRefused,
    IdentityChangeWithdrawn,
    IdentityChangeApplied,
    ServiceSuspensionConfirmed,
    ServiceResumed,
    ClaimRefused,
    ClaimUpheld,
    DisputeClosed,
)
"""What concerns identity, access or a dispute; some only if they were told of it before."""


def kind_of(recorded: Recorded) -> NotificationKind | None:  # noqa: PLR0911 - one case an event
    """Return what kind of telling an event leads to, None for none.

    Imported events are nobody's news, and what was told is not told of.
    """
    if recorded.origin.kind is OriginKind.IMPORTED:
        return None
    match recorded.event:
        case TicketOpened():
            by_staff = recorded.actor.kind is ActorKind.STAFF
            return NotificationKind.OPENED if by_staff else None
        case TicketAcknowledged():
            return NotificationKind.ACKNOWLEDGEMENT
        case StatusChanged():
            return NotificationKind.STATUS
        case MessagePosted(side=side, audience=audience):
            told = side is Side.STAFF and audience is Audience.PUBLIC
            return NotificationKind.MESSAGE if told else None
        case MessageCorrected() | MessageRetracted():  # whether the message was public is looked up
            return NotificationKind.MESSAGE
        case MailDeclined():
            return NotificationKind.GUIDANCE
        case event if needs_attention(event):
            return NotificationKind.ATTENTION
        case _:
            return None


def needs_attention(event: object) -> bool:
    """Say whether an event concerns identity, access or a dispute in a way that holders are told.

    What may rest on an order, which may be confidential, is not told.
    """
    match event:
        case ChangeNoticeGiven(means=means) | HolderTold(means=means):
            return means is Means.PORTAL
        case AuthorityEnded(ending=ending):
            return ending is not AuthorityEnding.ORDER
        case FreezePlaced(order=order):
            return order is None
        case PreferencesStated(mail=mail):
            return mail is not None
        case _:
            return isinstance(event, _ATTENTION)
