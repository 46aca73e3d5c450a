"""A ticket's row in the queue, and how each event changes it.

The row holds what the queue shows, orders and filters by, as the text that COPY takes: a row is
written for every event, so nothing is turned into another form and back. Ids, codes and times
need no escaping.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

import msgspec

from domain.errors import Integrity
from domain.stream import StreamKind
from projections.facts import Fact

NULL: Final = r"\N"


class Row(msgspec.Struct, gc=False):
    """The columns of views.queue that are written, in their order; NULL stands for nothing."""

    ticket: str
    from_position: str
    occurred_from: str
    version: str
    number: str
    reference: str
    contract: str
    requester: str
    channel: str
    language: str
    status: str
    priority: str
    specialist: str
    holder: str
    tags: str
    subject_event: str
    imported: str
    opened_at: str
    updated_at: str
    status_since: str
    acknowledged_at: str
    customer_waiting_since: str
    reaction_due: str
    update_due: str
    reply_due: str


def array_text(words: Iterable[str]) -> str:
    """Return the text of an array of codes; quoted, because `null` is a code."""
    return "{%s}" % ",".join(f'"{word}"' for word in sorted(words))  # noqa: UP031 - braces


def array_words(text: str) -> set[str]:
    """Return the words of an array's text."""
    return {word.strip('"') for word in text[1:-1].split(",") if word}


def opened(fact: Fact) -> Row:
    """Return the row of a ticket that begins with this event."""
    data, when = fact.data, fact.when
    if fact.type != "TicketOpened":
        raise Integrity(f"position {fact.position}: {fact.type} on a ticket that was never opened")
    imported = fact.origin.kind == "imported"
    return Row(
        ticket=fact.stream.id,
        from_position=str(fact.position),
        occurred_from=when,
        version=str(fact.stream.version),
        number=data["number"],
        reference=data["reference"] or NULL,
        contract=data["contract"] or NULL,
        requester=data["requester"],
        channel=data["channel"] or NULL,
        language=data["language"],
        status="new",
        priority=data["priority"],
        specialist=data["specialist"] or NULL,
        holder=NULL,
        tags="{}",
        subject_event=fact.id if fact.seals("subject") else NULL,
        imported="t" if imported else "f",
        opened_at=when,
        updated_at=when,
        status_since=when,
        acknowledged_at=NULL,
        customer_waiting_since=NULL if imported else when,
        reaction_due=NULL,
        update_due=NULL,
        reply_due=NULL,
    )


def change(row: Row, fact: Fact) -> None:
    """Change the row in place to what it is after this event; an unknown event is Integrity."""
    effect = _EFFECTS.get(fact.type)
    if effect is None:
        raise Integrity(f"position {fact.position}: the queue knows no ticket event {fact.type}")
    row.from_position = str(fact.position)
    row.version = str(fact.stream.version)
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
    row.reply_due = NULL


def _promised(row: Row, data: Data) -> None:
    setattr(row, f"{data['promise']}_due", data["due"])


def _settled(row: Row, data: Data) -> None:
    setattr(row, f"{data['promise']}_due", NULL)


def _message(row: Row, data: Data) -> None:
    if data["audience"] == "public":
        _spoke(row, customer=data["side"] == "customer")


def _spoke(row: Row, *, customer: bool) -> None:
    if not customer:
        row.customer_waiting_since = row.reply_due = NULL
    elif row.customer_waiting_since == NULL:
        row.customer_waiting_since = row.updated_at


def _status(row: Row, data: Data) -> None:
    row.status = data["status"]
    row.status_since = row.updated_at
    replied = data["cause"] == "customer_reply"
    if data["cause"] != "import":
        _spoke(row, customer=replied)
    if row.status == "reopened":
        row.acknowledged_at = NULL
        row.reply_due = row.updated_at if replied else NULL


def _held(row: Row, data: Data) -> None:
    row.holder = data["agent"]


def _handed_over(row: Row, data: Data) -> None:
    row.holder = data["receiver"]


def _released(row: Row, _: Data) -> None:
    row.holder = NULL


def _addressed(row: Row, data: Data) -> None:
    row.specialist = data["specialist"] or NULL


def _prioritised(row: Row, data: Data) -> None:
    row.priority = data["priority"]


def _tagged(row: Row, data: Data) -> None:
    row.tags = array_text(array_words(row.tags) | {data["tag"]})


def _untagged(row: Row, data: Data) -> None:
    row.tags = array_text(array_words(row.tags) - {data["tag"]})


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
    "ImportedAssignmentRecorded": _nothing,  # a name in another system's log holds nothing here
    "ImportedUpdateRecorded": _nothing,
    "MailReceived": _nothing,
    "MessageErased": _nothing,
    "KeysDestroyed": _nothing,
}
"""Every ticket event, so that a new one stops the follower instead of being left out."""
