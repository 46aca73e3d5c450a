"""Signals in a contract's own history: claims that were refused, claimants, access given anew."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final
from uuid import UUID

from domain.contract.events import PersonNamed, RightsRevoked
from domain.contract.ownership.events import AccessRestored
from domain.dispute.events import ClaimReceived, ClaimRefused
from domain.identity_change.events import IdentityChangeRequested
from domain.log import Recorded
from domain.signals.bursts import Counted, bursts
from domain.signals.signal import Named, Signal, SignalKind, Thresholds, named, signal
from domain.ticket.events import TagAdded, TagRemoved, WorkRecorded

ACCOUNT: Final = "account"
"""The tag of tickets about accounts: work recorded there counts as work on credentials."""


def of_cases(history: Sequence[Recorded], thresholds: Thresholds) -> Iterator[Signal]:
    """Yield the signals in what is recorded under a contract and in its disputes, in order."""
    yield from repeated_refusals(history, thresholds)
    yield from many_claimants(history, thresholds)
    yield from reset_before_change(history, thresholds)


def repeated_refusals(history: Iterable[Recorded], thresholds: Thresholds) -> Iterator[Signal]:
    """Yield a signal where claims were refused again and again; a claim counts once."""
    refused = [
        Counted(one.event.claim, named(one))
        for one in history
        if isinstance(one.event, ClaimRefused)
    ]
    least, within = thresholds.refused_claims, thresholds.refused_within
    yield from _bursting(SignalKind.REPEATED_REFUSALS, refused, least, within)


def many_claimants(history: Iterable[Recorded], thresholds: Thresholds) -> Iterator[Signal]:
    """Yield a signal where several claimants came at once."""
    claims = [
        Counted(one.event.claimant, named(one))
        for one in history
        if isinstance(one.event, ClaimReceived)
    ]
    least, within = thresholds.claimants, thresholds.claimants_within
    yield from _bursting(SignalKind.MANY_CLAIMANTS, claims, least, within)


def _bursting(
    kind: SignalKind, counted: list[Counted], least: int, within: timedelta
) -> Iterator[Signal]:
    for burst in bursts(counted, least, within):
        yield signal(
            kind,
            (one.event for one in burst.events),
            since=burst.since,
            counted=burst.different,
            least=least,
            within=within,
        )


def reset_before_change(history: Iterable[Recorded], thresholds: Thresholds) -> Iterator[Signal]:
    """Yield a signal for each identity change asked for soon after access was given or taken."""
    resets, within = _Resets(), thresholds.reset_within
    for one in history:
        if not isinstance(one.event, IdentityChangeRequested):
            resets.take(one)
            continue
        asked = named(one)
        recent = [reset for reset in resets.known() if asked.at - within <= reset.at]
        if recent:
            yield signal(
                SignalKind.RESET_BEFORE_CHANGE,
                (*recent, asked),
                since=asked.at,
                counted=len(recent),
                within=within,
            )


@dataclass(slots=True)
class _Resets:
    """What changed who can sign in: the first person with a login is no change."""

    events: list[Named] = field(default_factory=list)
    work: dict[UUID, list[Named]] = field(default_factory=dict)
    about_accounts: set[UUID] = field(default_factory=set)
    signing_in: bool = False

    def take(self, recorded: Recorded) -> None:
        """Take one event in."""
        match recorded.event:
            case PersonNamed(login=login) if login is not None:
                if self.signing_in:
                    self.events.append(named(recorded))
                self.signing_in = True
            case RightsRevoked():
                self.events.append(named(recorded))
            case AccessRestored(person=person) if person is not None:
                self.events.append(named(recorded))
            case WorkRecorded():
                self.work.setdefault(recorded.stream.id, []).append(named(recorded))
            case TagAdded(tag=tag) if tag == ACCOUNT:
                self.about_accounts.add(recorded.stream.id)
            case TagRemoved(tag=tag) if tag == ACCOUNT:
                self.about_accounts.discard(recorded.stream.id)
            case _:
                pass

    def known(self) -> Iterator[Named]:
        """Yield what is known of by now."""
        yield from self.events
        for ticket in self.about_accounts:
            yield from self.work.get(ticket, ())
