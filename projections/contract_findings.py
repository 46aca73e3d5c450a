"""Everything under one contract, as answered: what was met, when, and what was searched."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.log import Recorded
from domain.values import ActorKind
from infra.envelope import Envelope
from projections.telling import Json, happened_at


class Finding(StrEnum):
    """What the chain says about engineers; "ours" are this ledger's staff.

    NO_STAFF_ACTED     none of ours acted at all, and no other system's log says that its people did
    NO_WORK_RECORDED   ours acted, none recorded work, and no other system's log says that its did
    IMPORTED_WORK_ONLY none of ours recorded work; another system's log says that its people acted
    WORK_RECORDED      ours recorded work on the customer's systems
    """

    NO_STAFF_ACTED = "no_staff_acted"
    NO_WORK_RECORDED = "no_work_recorded"
    IMPORTED_WORK_ONLY = "imported_work_only"
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


@dataclass(slots=True)
class ImportedWork:
    """What another system's log says that its people did on tickets after they were opened.

    They are names in that log, never this ledger's staff; events without a name count as one of
    them. Whether they touched the customer's systems that log does not say.
    """

    events: int = 0
    actors: set[UUID] = field(default_factory=set)
    tickets: set[UUID] = field(default_factory=set)
    kinds: Counter[str] = field(default_factory=Counter)
    sources: Counter[str] = field(default_factory=Counter)

    def add(self, recorded: Recorded, kind: str) -> None:
        """Count one event, of type `kind`."""
        self.events += 1
        self.actors.add(recorded.actor.id)
        self.tickets.add(recorded.stream.id)
        self.kinds[kind] += 1
        self.sources[recorded.origin.source or "unknown"] += 1


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
    """Whether anybody of ours is recorded to have worked on the customer's systems.

    `worked` and `work` speak of this ledger's staff alone, `imported` of other systems' people.
    """

    worked: bool
    finding: Finding
    work: tuple[Work, ...]
    imported: ImportedWork
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
