"""Where a dispute stands: what the rules need, without personal data."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import NamedTuple, assert_never
from uuid import UUID

from domain.dispute.events import (
    ClaimChecked,
    ClaimCodeIssued,
    ClaimReceived,
    ClaimRefused,
    ClaimUpheld,
    DepartureConfirmed,
    DepartureProposed,
    DeterminationConfirmed,
    DeterminationMade,
    DisputeAttached,
    DisputeClosed,
    DisputeEvent,
    DisputeOpened,
    FreezeOrdered,
    HolderTellingWithheld,
    HolderTold,
    ServiceResumed,
    ServiceSuspensionConfirmed,
    ServiceSuspensionProposed,
)
from domain.dispute.vocabulary import Outcome, Wish
from domain.grown import Grown
from domain.identity.answer import Unclear
from domain.identity.checking import Code, Evidence
from domain.identity.proof import Check


class Claim(NamedTuple):
    """Who claims what, by which ticket, on which order."""

    claimant: UUID
    wish: Wish
    ticket: UUID
    order: UUID | None


class Looked(NamedTuple):
    """A check of a claim, and who made it."""

    claim: UUID
    checker: UUID
    check: Check


class Given(NamedTuple):
    """A code that was given out for a claim."""

    claim: UUID
    expires_at: datetime


class Suspension(NamedTuple):
    """The last suspension of the service that was asked for and is not over."""

    id: UUID
    proposer: UUID
    confirmed: bool = False


class Determination(NamedTuple):
    """The last determination."""

    id: UUID
    outcome: Outcome
    holders: tuple[UUID, ...]
    reason: Unclear | None
    version: int
    departure: UUID | None
    confirmed: bool = False


class Departure(NamedTuple):
    """The last departure that was asked for from the last determination."""

    id: UUID
    proposer: UUID
    confirmed: bool = False


class Departed(NamedTuple):
    """A departure that two people agreed on, and from which identity version."""

    id: UUID
    version: int


@dataclass(frozen=True, slots=True)
class DisputeState:
    """A dispute after some of its events; before the first one `ticket` is None.

    `decided` holds whether a claim was upheld; `freezes` who decided on each. `departed` is the
    last departure that two people agreed on.
    """

    ticket: UUID | None = None
    contract: str | None = None
    claims: Grown[UUID, Claim] = field(default_factory=Grown)
    decided: Grown[UUID, bool] = field(default_factory=Grown)
    checks: Grown[UUID, Looked] = field(default_factory=Grown)
    codes: Grown[UUID, Given] = field(default_factory=Grown)
    freezes: Grown[UUID, UUID] = field(default_factory=Grown)
    suspension: Suspension | None = None
    determinations: Grown[UUID, None] = field(default_factory=Grown)
    determination: Determination | None = None
    departures: Grown[UUID, None] = field(default_factory=Grown)
    departure: Departure | None = None
    departed: Departed | None = None
    closed: bool = False

    @property
    def looked(self) -> tuple[Looked, ...]:
        """Return every check, in order."""
        return tuple(one for key in self.checks if (one := self.checks.get(key)))

    @property
    def claimants(self) -> frozenset[UUID]:
        """Return everybody who claims something."""
        return frozenset(one.claimant for key in self.claims if (one := self.claims.get(key)))

    def evidence(self, claim: UUID) -> Evidence:
        """Return what was checked of one claim; a code is used up by any check that names it."""
        used = {one.check.code for one in self.looked}
        own = [one for one in self.looked if one.claim == claim]
        codes = (
            Code(key, one.expires_at, key in used)
            for key in self.codes
            if (one := self.codes.get(key)) and one.claim == claim
        )
        return Evidence(
            tuple(one.check for one in own), frozenset(one.checker for one in own), tuple(codes)
        )


def evolve(state: DisputeState, event: DisputeEvent) -> DisputeState:  # noqa: C901, PLR0911, PLR0912 - one case an event
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case DisputeOpened(ticket=ticket, contract=contract):
            return replace(state, ticket=ticket, contract=contract)
        case DisputeAttached(contract=contract):
            return replace(state, contract=contract)
        case ClaimReceived(claim=claim):
            known = Claim(event.claimant, event.wish, event.ticket, event.order)
            return replace(state, claims=state.claims.plus(claim, known))
        case ClaimCodeIssued(code=code, claim=claim):
            return replace(state, codes=state.codes.plus(code, Given(claim, event.expires_at)))
        case ClaimChecked(claim=claim, checker=checker, check=check):
            looked = Looked(claim, checker, check)
            return replace(state, checks=state.checks.plus(check.check, looked))
        case ClaimRefused(claim=claim):
            return replace(state, decided=state.decided.plus(claim, False))  # noqa: FBT003 - a map's value
        case ClaimUpheld(claim=claim):
            return replace(state, decided=state.decided.plus(claim, True))  # noqa: FBT003 - a map's value
        case HolderTold() | HolderTellingWithheld():
            return state
        case FreezeOrdered(freeze=freeze, orderer=orderer):
            return replace(state, freezes=state.freezes.plus(freeze, orderer))
        case ServiceSuspensionProposed(suspension=suspension, proposer=proposer):
            return replace(state, suspension=Suspension(suspension, proposer))
        case ServiceSuspensionConfirmed():
            confirmed = state.suspension and state.suspension._replace(confirmed=True)
            return replace(state, suspension=confirmed)
        case ServiceResumed():
            return replace(state, suspension=None)
        case DeterminationMade():
            return _determined(state, event)
        case DeterminationConfirmed():
            agreed = state.determination and state.determination._replace(confirmed=True)
            return replace(state, determination=agreed)
        case DepartureProposed(departure=departure, proposer=proposer):
            asked = Departure(departure, proposer)
            departures = state.departures.plus(departure, None)
            return replace(state, departure=asked, departures=departures)
        case DepartureConfirmed():
            return _departed(state)
        case DisputeClosed():
            return replace(state, closed=True)
        case _:
            assert_never(event)


def _determined(state: DisputeState, event: DeterminationMade) -> DisputeState:
    """Return what a determination leaves: nothing of a departure from the one before."""
    made = Determination(
        event.determination,
        event.outcome,
        event.holders,
        event.reason,
        event.version,
        event.departure,
    )
    return replace(
        state,
        determinations=state.determinations.plus(event.determination, None),
        determination=made,
        departure=None,
    )


def _departed(state: DisputeState) -> DisputeState:
    asked, known = state.departure, state.determination
    if asked is None or known is None:
        return state
    departed = Departed(asked.id, known.version)
    return replace(state, departure=asked._replace(confirmed=True), departed=departed)
