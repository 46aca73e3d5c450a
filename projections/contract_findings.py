"""Everything under one contract, as answered: what was met, when, and what was searched."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.values import ActorKind
from infra.envelope import Envelope
from projections.telling import Json, happened_at


class Finding(StrEnum):
    """What the chain says about our engineers."""

    NO_STAFF_ACTED = "no_staff_acted"
    NO_WORK_RECORDED = "no_work_recorded"
    WORK_RECORDED = "work_recorded"


@dataclass(slots=True)
class Seen:
    """When something happened under the contract, as far as is said, and in how many events."""

    first_at: datetime
    last_at: datetime
    first_position: int
    last_position: int
    events: int = 1

    def again(self, parts: Envelope) -> None:
        """Count one more event."""
        at = happened_at(parts)
        self.first_at = min(self.first_at, at)
        self.last_at = max(self.last_at, at)
        self.last_position = parts.position
        self.events += 1


@dataclass(slots=True)
class TicketUnder:
    """A ticket while it was under the contract; `moved_to` where it left for another."""

    ticket: UUID
    seen: Seen
    number: str | None = None
    reference: str | None = None
    status: str = "new"
    moved_to: str | None = None


@dataclass(slots=True)
class AddressSeen:
    """A connection address without its port, and whose events came from it."""

    address: Json
    seen: Seen
    actors: set[tuple[ActorKind, UUID]] = field(default_factory=set)


@dataclass(slots=True)
class StaffSeen:
    """A staff member who acted under the contract: what they did, and on which tickets."""

    staff: UUID
    kind: ActorKind
    seen: Seen
    kinds: Counter[str] = field(default_factory=Counter)
    tickets: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Work:
    """Work recorded as done on the customer's systems, and where to read it."""

    event_id: UUID
    position: int
    ticket: UUID
    staff: UUID
    at: datetime


@dataclass(frozen=True, slots=True)
class Searched:
    """What an answer rests on: the chain from count 1 to `last_count`, proved to have no gap.

    `events` of them had happened by the moment, of these types (`kinds`).
    """

    from_position: int
    to_position: int
    as_of_position: int
    last_count: int
    events: int
    tickets: int
    kinds: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Engineers:
    """Whether anybody of ours is recorded to have worked on the customer's systems."""

    worked: bool
    finding: Finding
    work: tuple[Work, ...]
    searched: Searched


@dataclass(frozen=True, slots=True)
class ContractHistory:
    """The contract as of a moment."""

    number: str
    as_of_position: int
    registered: bool
    tickets: tuple[TicketUnder, ...]
    addresses: tuple[AddressSeen, ...]
    staff: tuple[StaffSeen, ...]
    engineers: Engineers
