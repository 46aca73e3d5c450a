"""Every event type that was ever shipped, by the name and version under which it is stored."""

from typing import Final, get_args

from domain.access import AccessEvent
from domain.contract.events import ContractEvent
from domain.dispute.events import DisputeEvent
from domain.identity_change.events import IdentityChangeEvent
from domain.ledger import LedgerEvent
from domain.mail.events import MailEvent
from domain.notification.events import NotificationEvent
from domain.recovery.events import RecoveryEvent
from domain.staff.events import StaffEvent
from domain.stream import StreamKind
from domain.ticket.events import TicketEvent

BY_KIND: Final[dict[StreamKind, tuple[type, ...]]] = {
    StreamKind.TICKET: get_args(TicketEvent),
    StreamKind.CONTRACT: get_args(ContractEvent),
    StreamKind.STAFF: get_args(StaffEvent),
    StreamKind.IDENTITY_CHANGE: get_args(IdentityChangeEvent),
    StreamKind.RECOVERY: get_args(RecoveryEvent),
    StreamKind.DISPUTE: get_args(DisputeEvent),
    StreamKind.ACCESS: get_args(AccessEvent),
    StreamKind.NOTIFICATION: get_args(NotificationEvent),
    StreamKind.MAIL: get_args(MailEvent),
    StreamKind.LEDGER: get_args(LedgerEvent),
}

EVENT_TYPES: Final[dict[str, type]] = {
    cls.__name__: cls for classes in BY_KIND.values() for cls in classes
}
"""Stored type name -> class. The name is frozen with the class name; a fixture test keeps it."""


def type_version(cls: type) -> int:
    """Return the version of the form in which `cls` is written today: 1 unless it says more."""
    return int(getattr(cls, "TYPE_VERSION", 1))
