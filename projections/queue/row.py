"""A ticket's row in the queue, and how each event changes it.

The row holds what the queue shows, orders and filters by; times are text of the ledger's one
form, codes are text of `domain.values.CODE`.
"""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from domain.errors import Integrity
from domain.stream import StreamKind
from projections.facts import Fact


class Row(msgspec.Struct, gc=False):
    """The columns of views.queue that are written, in their order."""

    ticket: str
    from_position: int
    occurred_from: str
    version: int
    number: str
    reference: str | None
    contract: str | None
    requester: str
    channel: str | None
    language: str
    status: str
    priority: str
    specialist: str | None
    holder: str | None
    tags: tuple[str, ...]
    subject_event: str | None
    imported: bool
    opened_at: str
    updated_at: str
    status_since: str
    acknowledged_at: str | None
    customer_waiting_since: str | None
    reaction_due: str | None
    update_due: str | None
    reply_due: str | None


def opened(fact: Fact) -> Row:
    """Return the row of a ticket that begins with this event."""
    data, when = fact.data, fact.when
    if fact.type != "TicketOpened":
        raise Integrity(f"position {fact.position}: {fact.type} on a ticket that was never opened")
    imported = fact.origin.kind == "imported"
    return Row(
        ticket=fact.stream.id,
        from_position=fact.position,
        occurred_from=when,
        version=fact.stream.version,
        number=data["number"],
        reference=data["reference"],
        contract=data["contract"],
        requester=data["requester"],
        channel=data["channel"],
        language=data["language"],
        status="new",
        priority=data["priority"],
        specialist=data["specialist"],
        holder=None,
        tags=(),
        subject_event=fact.id if fact.seals("subject") else None,
        imported=imported,
        opened_at=when,
        updated_at=when,
        status_since=when,
        acknowledged_at=None,
        customer_waiting_since=None if imported else when,
        reaction_due=None,
        update_due=None,
        reply_due=None,
    )


def change(row: Row, fact: Fact) -> None:
    """Change the row in place to what it is after this event; an unknown event is Integrity."""
    effect = _EFFECTS.get(fact.type)
    if effect is None:
        raise Integrity(f"position {fact.position}: the queue knows no ticket event {fact.type}")
    row.from_position = fact.position
    row.version = fact.stream.version
    row.updated_at = fact.when
    row.occurred_from = max(row.occurred_from, row.updated_at)
    effect(row, fact.data)


def concerns(fact: Fact) -> bool:
    """Say whether the event belongs to a ticket."""
    return fact.stream.kind == StreamKind.TICKET


Data = dict[str, Any]


def _nothing(_row: Row, _: Data) -> None:
    """The row says nothing about this."""


def _opened_twice(row: Row, _: Data) -> None:
    raise Integrity(f"position {row.from_position}: the ticket was opened already")


def _acknowledged(row: Row, _: Data) -> None:
    row.acknowledged_at = row.updated_at
    row.reply_due = None


def _promised(row: Row, data: Data) -> None:
    setattr(row, f"{data['promise']}_due", data["due"])


def _settled(row: Row, data: Data) -> None:
    setattr(row, f"{data['promise']}_due", None)


def _message(row: Row, data: Data) -> None:
    if data["audience"] == "public":
        _spoke(row, customer=data["side"] == "customer")


def _spoke(row: Row, *, customer: bool) -> None:
    if not customer:
        row.customer_waiting_since = row.reply_due = None
    elif row.customer_waiting_since is None:
        row.customer_waiting_since = row.updated_at


def _status(row: Row, data: Data) -> None:
    row.status = data["status"]
    row.status_since = row.updated_at
    replied = data["cause"] == "customer_reply"
    if data["cause"] != "import":
        _spoke(row, customer=replied)
    if row.status == "reopened":
        row.acknowledged_at = None
        row.reply_due = row.updated_at if replied else None


def _held(row: Row, data: Data) -> None:
    row.holder = data["agent"]


def _handed_over(row: Row, data: Data) -> None:
    row.holder = data["receiver"]


def _released(row: Row, _: Data) -> None:
    row.holder = None


def _imported_assignment(row: Row, data: Data) -> None:
    row.holder = data["assignee"]


def _addressed(row: Row, data: Data) -> None:
    row.specialist = data["specialist"]


def _prioritised(row: Row, data: Data) -> None:
    row.priority = data["priority"]


def _tagged(row: Row, data: Data) -> None:
    row.tags = tuple(sorted({*row.tags, data["tag"]}))


def _untagged(row: Row, data: Data) -> None:
    row.tags = tuple(tag for tag in row.tags if tag != data["tag"])


def _moved_in(row: Row, data: Data) -> None:
    row.contract = data["contract"]


_EFFECTS: Final[dict[str, Callable[[Row, Data], None]]] = {
    "TicketOpened": _opened_twice,
    "TicketAcknowledged": _acknowledged,
    "PromiseMade": _promised,
    "PromiseKept": _settled,
    "PromiseMissed": _settled,
    "MessagePosted": _message,
    "MessageCorrected": _nothing,
    "MessageRetracted": _nothing,
    "AttachmentAdded": _nothing,
    "StatusChanged": _status,
    "TicketClaimed": _held,
    "TicketAssigned": _held,
    "TicketAddressed": _addressed,
    "TicketHandedOver": _handed_over,
    "TicketReleased": _released,
    "PriorityChanged": _prioritised,
    "TagAdded": _tagged,
    "TagRemoved": _untagged,
    "TicketLinked": _nothing,
    "TicketMovedOut": _nothing,
    "TicketMovedIn": _moved_in,
    "WorkRecorded": _nothing,
    "ImportedAssignmentRecorded": _imported_assignment,
    "ImportedUpdateRecorded": _nothing,
}
"""Every ticket event, so that a new one stops the follower instead of being left out."""
