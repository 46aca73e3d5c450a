"""Signals in where people connected from: networks and addresses are compared, never told."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from domain.identity_change.events import IdentityChangeRequested
from domain.log import Recorded
from domain.signals.bursts import Counted, bursts
from domain.signals.signal import Named, Signal, SignalKind, Thresholds, named, signal

ASSERTED: Final = "asserted"
"""The label of an address that only a service says."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A customer's event and where it came from; staff and the portal's own servers are left out.

    `address` and `network` (/24, /64) are keyed digests, `stream` is the ticket's or the case's,
    `label` the name of a known network such as an office or an agency.
    """

    event: Named
    contract: str
    stream: UUID
    address: bytes
    network: bytes
    label: str | None = None
    asserted: bool = False

    @property
    def labels(self) -> tuple[str, ...]:
        """Return what there is to say of the address without telling it."""
        return (*filter(None, (self.label,)), *((ASSERTED,) if self.asserted else ()))


def unseen_networks(
    history: Iterable[Recorded], connections: Sequence[Connection], thresholds: Thresholds
) -> Iterator[Signal]:
    """Yield a signal for each identity change asked for from networks that are new here.

    It was asked for from where its ticket was written until then. What staff wrote down came from
    no network of the customer's: nothing is said. `connections` are the contract's, in order.
    """
    first: dict[bytes, int] = {}
    for place, connection in enumerate(connections):
        first.setdefault(connection.network, place)
    for one in history:
        if not isinstance(one.event, IdentityChangeRequested):
            continue
        asked = named(one)
        new = [
            connections[place]
            for place in first.values()
            if connections[place].stream == one.event.ticket
            and connections[place].event.position < asked.position
            and stable(connections[:place], thresholds.network_visits)
        ]
        if new:
            yield signal(
                SignalKind.UNSEEN_NETWORK,
                (*(found.event for found in new), asked),
                since=asked.at,
                counted=len(new),
                labels=(label for found in new for label in found.labels),
            )


def stable(connections: Iterable[Connection], visits: int) -> bool:
    """Say whether a holder comes back to the same networks: then a new one means something.

    A visit is a ticket's day from a network. There are enough of them, and, the first left out, at
    least half come from a network that was there before.
    """
    seen: set[tuple[UUID, date, bytes]] = set()
    networks: set[bytes] = set()
    again = 0
    for one in connections:
        visit = (one.stream, one.event.at.date(), one.network)
        if visit in seen:
            continue
        seen.add(visit)
        again += one.network in networks
        networks.add(one.network)
    return len(seen) >= visits and 2 * again >= len(seen) - 1


def shared_addresses(
    contract: str, connections: Iterable[Connection], thresholds: Thresholds
) -> Iterator[Signal]:
    """Yield a signal for each address from which this contract and many others were used.

    `connections` are those from this contract's addresses, under whichever contract. Named is each
    contract's first one in the run.
    """
    by_address: dict[bytes, list[Counted]] = {}
    labels: dict[Named, tuple[str, ...]] = {}
    for one in connections:
        by_address.setdefault(one.address, []).append(Counted(one.contract, one.event))
        labels[one.event] = one.labels
    least, within = thresholds.address_contracts, thresholds.address_within
    for events in by_address.values():
        for burst in bursts(events, least, within):
            first: dict[object, Named] = {}
            for counted in burst.events:
                first.setdefault(counted.of, counted.event)
            if contract in first:
                yield _shared(first.values(), burst.since, labels, least, within)


def _shared(
    events: Iterable[Named],
    since: datetime,
    labels: dict[Named, tuple[str, ...]],
    least: int,
    within: timedelta,
) -> Signal:
    named_ = [*events]
    return signal(
        SignalKind.SHARED_ADDRESS,
        named_,
        since=since,
        counted=len(named_),
        labels=(label for one in named_ for label in labels[one]),
        least=least,
        within=within,
    )
