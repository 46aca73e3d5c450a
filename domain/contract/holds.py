"""Legal holds and what else keeps data under a contract from being erased."""

from datetime import datetime, timedelta
from uuid import UUID

from domain.contract.commands import ConfirmHoldRelease, PlaceLegalHold, RequestHoldRelease
from domain.contract.events import (
    LegalHoldPlaced,
    LegalHoldReleased,
    LegalHoldReleaseRequested,
)
from domain.contract.state import NOTHING, ContractState, Hold
from domain.erasure import REVIEW, Kept, Limitation, days_of
from domain.errors import Refused
from domain.limits import HOLDS_PER_CONTRACT
from domain.values import Purpose


def place(state: ContractState, command: PlaceLegalHold) -> tuple[LegalHoldPlaced, ...]:
    """Hold everything under the contract until two people release it."""
    if state.hold(command.hold) is not None:
        raise Refused("hold-already-there", "this contract has a legal hold with this id")
    if len(state.holds) >= HOLDS_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {HOLDS_PER_CONTRACT} legal holds")
    if command.review_at <= command.at:
        raise Refused("review-in-future", "the hold would have been due for review already")
    return (LegalHoldPlaced(command.hold, command.authority, command.reference, command.review_at),)


def request_release(
    state: ContractState, command: RequestHoldRelease
) -> tuple[LegalHoldReleaseRequested, ...]:
    """Ask that somebody else confirm a release."""
    hold = _in_force(state, command.hold)
    if hold.release_asked_by == command.by.id:
        return ()
    return (LegalHoldReleaseRequested(command.hold, command.by.id, command.reason),)


def confirm_release(
    state: ContractState, command: ConfirmHoldRelease
) -> tuple[LegalHoldReleased, ...]:
    """Release a hold, as the second person."""
    hold = _in_force(state, command.hold)
    if hold.release_asked_by is None:
        raise Refused("release-not-requested", "somebody has to ask for the release first")
    if hold.release_asked_by == command.by.id:
        raise Refused("second-person-required", "somebody else has to confirm what you asked for")
    return (LegalHoldReleased(command.hold, hold.release_asked_by, command.by.id),)


def keeps(
    state: ContractState,
    subject: UUID,
    purpose: Purpose,
    at: datetime,
    limitation: tuple[Limitation, ...],
    ended_at: datetime | None,
) -> Kept | None:
    """Return why data of this purpose stays at a moment, None when it may go.

    A hold comes first, for it holds everything. `ended_at` is when a closed contract ended.
    """
    if state.holds:
        return Kept(purpose, "legal-hold", max(hold.review_at for hold in state.holds))
    if state.open:
        of_record = subject in state.ownership.ever or state.grant(subject) not in (None, NOTHING)
        live = purpose is Purpose.IDENTITY and of_record
        return Kept(purpose, "contract-live", at + REVIEW) if live else None
    until = (ended_at or at) + timedelta(days=days_of(limitation, purpose))
    return Kept(purpose, "limitation-running", until) if until > at else None


def _in_force(state: ContractState, wanted: UUID) -> Hold:
    hold = state.hold(wanted)
    if hold is None:
        raise Refused("hold-unknown", "no legal hold in force under this contract has this id")
    return hold
