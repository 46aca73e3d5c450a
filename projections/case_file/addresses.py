"""Addresses on a time axis: who used which one when, and from which networks they came.

An address identifies a connection, not a person. What a service says of its customer's address is
only asserted; the connection that it asks over is the service's own.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from domain.values import Actor, Behalf
from infra.networks import Labels, network_of, parse_address
from projections.case_file.entries import Json, Listed, Mark


@dataclass(frozen=True, slots=True)
class User:
    """Whose connection it was, as far as it is known; `asserted`: only a service says so."""

    kind: str
    id: UUID | None
    role: str | None
    asserted: bool


@dataclass(frozen=True, slots=True)
class Address:
    """An address without its port; None where it was erased, or could not be determined."""

    address: str | None
    peer: str | None
    source: str | None
    erased: bool


@dataclass(slots=True)
class Span:
    """Uses of an address by somebody: the first, the last, how many events."""

    address: Address
    user: User
    first: Mark
    last: Mark
    events: int = 1

    def again(self, mark: Mark) -> None:
        """Count one more."""
        self.last = mark
        self.events += 1


@dataclass(frozen=True, slots=True)
class Network:
    """A network (/24 or /64) with the uses of its addresses; `label` names a known one.

    `network` None: of addresses that were erased or could not be determined.
    """

    network: str | None
    label: str | None
    events: int
    first: Mark
    last: Mark
    used: Listed[Span]


@dataclass(frozen=True, slots=True)
class Axis:
    """Every run of uses of one address by one user, in the order in which they began."""

    runs: Listed[Span]
    networks: Listed[Network]


@dataclass(slots=True)
class Uses:
    """Gathers who used which address when."""

    labels: Labels = field(default_factory=Labels)
    _runs: list[Span] = field(default_factory=list)
    _now: dict[User, Span] = field(default_factory=dict)
    _spans: dict[tuple[Address, User], Span] = field(default_factory=dict)

    def add(self, mark: Mark, actor: Actor, behalf: Behalf | None, told: Json) -> None:
        """Take in the address of an event, as it was resolved."""
        for address, user in _used(actor, behalf, told):
            run, span = self._now.get(user), self._spans.get((address, user))
            if run is not None and run.address == address:
                run.again(mark)
            else:
                run = self._now[user] = Span(address, user, mark, mark)
                self._runs.append(run)
            if span is not None:
                span.again(mark)
            else:
                self._spans[address, user] = Span(address, user, mark, mark)

    def axis(self) -> Axis:
        """Return what was gathered."""
        networks: dict[tuple[str | None, str | None], list[Span]] = {}
        for span in self._spans.values():
            networks.setdefault(self._place(span.address), []).append(span)
        found = [_network(*place, spans) for place, spans in networks.items()]
        return Axis(Listed.of(self._runs), Listed.of(found))

    def _place(self, address: Address) -> tuple[str | None, str | None]:
        """Return network and label."""
        known = parse_address(address.address) if address.address else None
        if known is None:
            return None, None
        return str(network_of(known)), self.labels.of(known)


def _used(actor: Actor, behalf: Behalf | None, told: Json) -> Iterator[tuple[Address, User]]:
    erased = bool(told.get("erased"))
    connection = Address(told.get("address"), told.get("peer"), told.get("source"), erased)
    yield connection, User(actor.kind, actor.id, actor.role, asserted=False)
    if told.get("asserted") is not None:
        whose = behalf.id if behalf else None
        asserted = Address(told["asserted"], None, None, erased=False)
        yield asserted, User("customer", whose, None, asserted=True)


def _network(name: str | None, label: str | None, spans: Iterable[Span]) -> Network:
    used = list(spans)
    first = min((one.first for one in used), key=lambda mark: mark.position)
    last = max((one.last for one in used), key=lambda mark: mark.position)
    return Network(name, label, sum(one.events for one in used), first, last, Listed.of(used))
