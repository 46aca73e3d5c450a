"""The signal in what a member of the staff opened: contracts on which nobody had asked anything."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from domain.signals.bursts import Counted, bursts
from domain.signals.signal import Named, Signal, SignalKind, Thresholds, signal
from domain.values import Role


@dataclass(frozen=True, slots=True)
class Opening:
    """A contract was registered, or its identity data or evidence read or exported.

    `role` is the one in which that was done; `nearest` is how far off in time the nearest event of
    a ticket or case under the contract is, before or after; None: there is none.
    """

    event: Named
    contract: str
    role: Role | None
    nearest: timedelta | None


def opened_without_ticket(openings: Iterable[Opening], thresholds: Thresholds) -> Iterator[Signal]:
    """Yield a signal where somebody opened several contracts without a ticket or case near."""
    least, within = thresholds.opened_contracts, thresholds.opened_within
    alone = [one for one in openings if one.nearest is None or one.nearest > within]
    roles = {one.event: one.role for one in alone}
    for burst in bursts([Counted(one.contract, one.event) for one in alone], least, within):
        yield signal(
            SignalKind.OPENED_WITHOUT_TICKET,
            (one.event for one in burst.events),
            since=burst.since,
            counted=burst.different,
            labels=(roles[one.event] for one in burst.events),
            least=least,
            within=within,
        )
