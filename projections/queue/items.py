"""What a page of the queue shows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from domain.ticket.events import Channel, Priority, Status
from projections.opening import Text
from projections.queue.next import Next, Standing, what_next


@dataclass(frozen=True, slots=True)
class Filters:
    """Which tickets; without `status` those that are open: neither resolved nor closed."""

    status: tuple[Status, ...] = ()
    language: str | None = None
    specialist: UUID | None = None
    tag: str | None = None
    contract: str | None = None
    holder: UUID | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """A ticket as it stood at the page's moment; `position` is its last event's until then."""

    ticket: UUID
    position: int
    version: int
    number: str
    reference: str | None
    contract: str | None
    requester: UUID
    channel: Channel | None
    language: str
    status: Status
    priority: Priority
    specialist: UUID | None
    holder: UUID | None
    tags: tuple[str, ...]
    subject: Text | None
    imported: bool
    opened_at: datetime
    updated_at: datetime
    status_since: datetime
    acknowledged_at: datetime | None
    customer_waiting_since: datetime | None
    reaction_due: datetime | None
    update_due: datetime | None
    reply_due: datetime | None
    next: Next


@dataclass(frozen=True, slots=True)
class Page:
    """Tickets in the queue's order; `next` is the cursor of the rest, None at the end."""

    items: tuple[Item, ...]
    next: str | None
    as_of_position: int
    at: datetime


def item_of(row: Mapping[str, Any], subjects: Mapping[UUID, Text], at: datetime) -> Item:
    """Return a row of the query as an item, judged at the moment `at`."""
    status = Status(row["status"])
    times = {name: row[name] and row[name].astimezone(UTC) for name in _TIMES}
    standing = Standing(
        status=status,
        status_since=times["status_since"],
        held=row["holder"] is not None,
        acknowledged=row["acknowledged_at"] is not None,
        customer_waiting_since=times["customer_waiting_since"],
        reaction_due=times["reaction_due"],
        update_due=times["update_due"],
        reply_due=times["reply_due"],
    )
    same = {name: row[name] for name in _SAME}
    return Item(
        **same,
        **times,
        position=row["from_position"],
        channel=Channel(row["channel"]) if row["channel"] else None,
        status=status,
        priority=Priority(row["priority"]),
        tags=tuple(row["tags"]),
        subject=subjects.get(row["subject_event"]),
        next=what_next(standing, at),
    )


_SAME = (
    "ticket",
    "version",
    "number",
    "reference",
    "contract",
    "requester",
    "language",
    "specialist",
    "holder",
    "imported",
)
_TIMES = (
    "opened_at",
    "updated_at",
    "status_since",
    "acknowledged_at",
    "customer_waiting_since",
    "reaction_due",
    "update_due",
    "reply_due",
)
