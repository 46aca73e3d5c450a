"""Questions and answers of the queue, the live queue and single events."""

from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, AsOfPaged, Code, Language, Number
from api.schemas.tickets import TicketView
from domain.ticket.events import Status


class AskQueue(AsOfPaged):
    """Which tickets; without `status` those that are neither resolved nor closed."""

    status: tuple[Status, ...] = Field((), max_length=8)
    language: Language | None = None
    specialist: UUID | None = None
    tag: Code | None = None
    contract: Number | None = None
    holder: UUID | None = None


class QueuePage(Answer):
    """Tickets in the order of work: promises overdue or due soon, then priority and age."""

    items: list[TicketView]
    next: str | None
    as_of_position: int


class EventView(Answer):
    """One event: its envelope as it was hashed, and the hash."""

    id: UUID
    position: int
    leaf_hash: str
    envelope: dict[str, object]
