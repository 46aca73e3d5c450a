"""Who of the staff was involved, and which tickets there were: how often, first and last."""

from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from domain.log import Recorded
from domain.stream import StreamKind
from domain.ticket.events import TicketOpened
from domain.values import ActorKind
from projections.case_file.entries import Listed, Mark


@dataclass(slots=True)
class Member:
    """Somebody of the staff, a service, the system, or a name in another system's log.

    `kinds` counts what they did by event type.
    """

    id: UUID
    kind: str
    first: Mark
    last: Mark
    roles: set[str] = field(default_factory=set)
    events: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    tickets: int = 0


@dataclass(slots=True)
class Ticket:
    """A ticket; `under` is how many of its events count under the contract."""

    id: UUID
    first: Mark
    last: Mark
    number: str | None = None
    reference: str | None = None
    events: int = 0
    under: int = 0


@dataclass(slots=True)
class Involved:
    """Gathers members of the staff and tickets."""

    _staff: dict[UUID, Member] = field(default_factory=dict)
    _tickets: dict[UUID, Ticket] = field(default_factory=dict)
    _seen: set[tuple[UUID, UUID]] = field(default_factory=set)

    def add(self, recorded: Recorded, mark: Mark, number: str | None) -> None:
        """Take in an event."""
        if recorded.stream.kind is StreamKind.TICKET:
            self._ticket(recorded, mark, number)
        if recorded.actor.kind is not ActorKind.CUSTOMER:
            self._member(recorded, mark)

    def _member(self, recorded: Recorded, mark: Mark) -> None:
        actor, stream = recorded.actor, recorded.stream
        member = self._staff.get(actor.id)
        if member is None:
            member = self._staff[actor.id] = Member(actor.id, actor.kind, mark, mark)
        member.last = mark
        member.events += 1
        member.kinds[mark.type] += 1
        if actor.role is not None:
            member.roles.add(actor.role)
        if stream.kind is StreamKind.TICKET and (actor.id, stream.id) not in self._seen:
            self._seen.add((actor.id, stream.id))
            member.tickets += 1

    def _ticket(self, recorded: Recorded, mark: Mark, number: str | None) -> None:
        ticket = self._tickets.get(recorded.stream.id)
        if ticket is None:
            ticket = self._tickets[recorded.stream.id] = Ticket(recorded.stream.id, mark, mark)
        ticket.last = mark
        ticket.events += 1
        ticket.under += recorded.contract is not None and recorded.contract[0] == number
        if isinstance(recorded.event, TicketOpened):
            ticket.number, ticket.reference = recorded.event.number, recorded.event.reference

    def staff(self) -> Listed[Member]:
        """Return who was involved, in the order in which they first were."""
        return Listed.of(list(self._staff.values()))

    def tickets(self) -> Listed[Ticket]:
        """Return the tickets, in the order in which they came."""
        return Listed.of(list(self._tickets.values()))
