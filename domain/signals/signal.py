"""What a risk signal is: events that belong together, and why somebody should look at them.

A signal says what was recorded, never what it means. It holds no sealed word and no address.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.log import Recorded

_DAY: Final = timedelta(days=1)


class SignalKind(StrEnum):
    """What was noticed."""

    UNSEEN_NETWORK = "unseen_network"
    SHARED_ADDRESS = "shared_address"
    REPEATED_REFUSALS = "repeated_refusals"
    RESET_BEFORE_CHANGE = "reset_before_change"
    MANY_CLAIMANTS = "many_claimants"
    OPENED_WITHOUT_TICKET = "opened_without_ticket"


SAYS: Final = {
    SignalKind.UNSEEN_NETWORK: "An identity change was asked for from where nobody had used the "
    "contract before. Networks: {counted}.",
    SignalKind.SHARED_ADDRESS: "From one address {counted} contracts were used, at least {least} "
    "of them within {within}.",
    SignalKind.REPEATED_REFUSALS: "{counted} claims were refused, at least {least} of them within "
    "{within}.",
    SignalKind.RESET_BEFORE_CHANGE: "In the {within} before an identity change was asked for, who "
    "can sign in was changed. Times: {counted}.",
    SignalKind.MANY_CLAIMANTS: "{counted} claimants came, at least {least} of them within "
    "{within}.",
    SignalKind.OPENED_WITHOUT_TICKET: "A member of the staff opened {counted} contracts without a "
    "ticket or case near in time, at least {least} of them within {within}.",
}
"""What each signal says, in English, with its figures."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """From when on something is a signal; see the settings `LEDGER_SIGNALS_...`."""

    network_visits: int
    address_contracts: int
    address_within: timedelta
    refused_claims: int
    refused_within: timedelta
    reset_within: timedelta
    claimants: int
    claimants_within: timedelta
    opened_contracts: int
    opened_within: timedelta


@dataclass(frozen=True, slots=True)
class Named:
    """An event that a signal rests on, and when it happened."""

    id: UUID
    position: int
    type: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Signal:
    """Something to look at: since when all that it takes was there, and the events, in order.

    `counted` is the figure that `says` gives: contracts, claims, claimants. `labels` are names of
    known networks, `asserted` where only a service says the address, and roles.
    """

    kind: SignalKind
    since: datetime
    counted: int
    says: str
    labels: tuple[str, ...]
    events: tuple[Named, ...]


def signal(
    kind: SignalKind,
    events: Iterable[Named],
    *,
    since: datetime,
    counted: int,
    labels: Iterable[str | None] = (),
    least: int = 1,
    within: timedelta = _DAY,
) -> Signal:
    """Return the signal, its events in order of position, each once."""
    says = SAYS[kind].format(counted=counted, least=least, within=span(within))
    named = tuple(sorted(set(events), key=lambda one: one.position))
    return Signal(kind, since, counted, says, tuple(sorted({*filter(None, labels)})), named)


def span(period: timedelta) -> str:
    """Return a period in words: days where it is whole days, else seconds."""
    days, rest = divmod(period, _DAY)
    if rest or not days:
        return f"{int(period.total_seconds())} seconds"
    return "day" if days == 1 else f"{days} days"


def named(recorded: Recorded) -> Named:
    """Return the event as signals name it."""
    at = recorded.occurred_at or recorded.recorded_at
    return Named(recorded.id, recorded.position, type(recorded.event).__name__, at)
