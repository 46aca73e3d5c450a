"""The second specialist: drawn by the system, signed in, who looked; and the notices after."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from domain.contract.ownership.state import Ownership
from domain.contract.state import ContractState
from domain.errors import Refused
from domain.identity.draw import draw
from domain.identity_change import consent
from domain.identity_change.commands import (
    ApproveIdentityChange,
    Candidate,
    DrawApprover,
    ExcuseApprover,
    RecordChangeNotice,
)
from domain.identity_change.events import (
    ApproverDrawn,
    ApproverExcused,
    ChangeNoticeGiven,
    ChangeNoticeWithheld,
    Excuse,
    IdentityChangeApproved,
    IdentityChangeEvent,
    Means,
)
from domain.identity_change.state import Asked, IdentityChangeState, Phase
from domain.limits import CANDIDATES_PER_DRAW
from domain.values import Assurance, Role

SPECIALISTS: Final = frozenset({Role.AGENT, Role.SUPERVISOR, Role.DISPUTE_HANDLER})
"""The roles in which changes of identity data are approved."""


def draw_approver(
    state: IdentityChangeState, asked: Asked, command: DrawApprover
) -> tuple[IdentityChangeEvent, ...]:
    """Draw who decides among those who may."""
    if state.phase is not Phase.CHECKING or state.drawn is not None:
        raise Refused("approver-drawn", "who decides was drawn before: they decide or are excused")
    consent.stands(state, asked, command.standing.ownership, command.at)
    good = {one.staff: one for one in eligible(state, command)}
    if not good:
        raise Refused("approver-missing", "nobody else has had the role for long enough")
    if len(good) > CANDIDATES_PER_DRAW:
        raise Refused("too-many", f"an approver is drawn among at most {CANDIDATES_PER_DRAW}")
    drawn = good[draw(good, command.randomness)]
    return (
        ApproverDrawn(
            drawn.staff,
            drawn.role,
            drawn.since,
            command.role_age_seconds,
            tuple(sorted(good)),
            command.randomness,
        ),
    )


def eligible(state: IdentityChangeState, command: DrawApprover) -> tuple[Candidate, ...]:
    """Return who may be drawn: long enough in a fitting role, and without a part in it."""
    barred = _barred(state, command.standing) | state.excused
    return tuple(
        one
        for one in command.candidates
        if one.role in SPECIALISTS
        and one.staff not in barred
        and _old_enough(one.since, command.role_age_seconds, command.at)
    )


def excuse(state: IdentityChangeState, command: ExcuseApprover) -> tuple[IdentityChangeEvent, ...]:
    """Let somebody else be drawn: at the own word, or at a supervisor's."""
    if state.drawn is None or state.phase is not Phase.CHECKING:
        raise Refused("approver-not-drawn", "nobody was drawn who could be excused")
    drawn, _ = state.drawn
    own = command.by.id == drawn
    if not own and (command.by.role is not Role.SUPERVISOR or command.excuse is Excuse.CONFLICT):
        raise Refused(
            "approver-excused-by",
            "a conflict is one's own to say; that somebody is away or late, a supervisor's",
        )
    return (ApproverExcused(drawn, command.excuse, command.reason),)


def approve(
    state: IdentityChangeState, asked: Asked, command: ApproveIdentityChange
) -> tuple[IdentityChangeEvent, ...]:
    """Record that a second specialist agrees, and that the holder is told."""
    if state.phase is not Phase.CHECKING:
        raise Refused("change-approved", "the change was approved before")
    role = _approver_of(state, command)
    consent.stands(state, asked, command.standing.ownership, command.at)
    until = command.at + timedelta(seconds=command.waiting_seconds)
    approved = IdentityChangeApproved(
        command.by.id,
        role,
        command.role_since,
        command.role_age_seconds,
        command.opened,
        command.waiting_seconds,
        until,
    )
    secret = withheld_by(asked, command.standing.ownership, command.at)
    if secret is not None:
        return (approved, ChangeNoticeWithheld(secret))
    reachable = asked.reachable.version
    return (approved, ChangeNoticeGiven(Means.PORTAL, reachable, (), command.ticket, until))


def withheld_by(asked: Asked, ownership: Ownership, at: datetime) -> UUID | None:
    """Return the order because of which the holder may not be told now."""
    return next((one for one in asked.orders if ownership.confidential(one, at)), None)


def tell(
    state: IdentityChangeState, asked: Asked, command: RecordChangeNotice
) -> tuple[IdentityChangeEvent, ...]:
    """Record that the holder was told once more; the first time gives the time to contest it."""
    if state.contestable_until is None:
        raise Refused("change-not-approved", "the holder is told once the change was approved")
    if withheld_by(asked, command.standing.ownership, command.at) is not None:
        raise Refused("order-confidential", "it rests on an order of which nobody may be told yet")
    places = range(asked.reachable.given)
    if any(place not in places for place in command.contacts):
        raise Refused("contact-predates", "notices go to contacts that were there before it")
    until = state.contestable_until
    if not state.told:
        until = max(until, command.at + timedelta(seconds=state.waiting_seconds))
    return (
        ChangeNoticeGiven(
            command.means,
            asked.reachable.version,
            tuple(sorted(set(command.contacts))),
            command.ticket,
            until,
        ),
    )


def _approver_of(state: IdentityChangeState, command: ApproveIdentityChange) -> Role:
    """Return the role in which the asker decides; refuse everybody who must not."""
    asker = command.by
    if state.drawn is None or state.drawn[0] != asker.id:
        raise Refused("approver-not-drawn", "only whoever the system drew decides")
    if asker.assurance is not Assurance.INTERACTIVE:
        raise Refused("interactive-required", "sign in to decide: an API key decides nothing")
    if asker.id in _barred(state, command.standing):
        raise Refused("approver-involved", "whoever asked, checked or gains does not decide")
    if not _old_enough(command.role_since, command.role_age_seconds, command.at):
        raise Refused("role-too-young", "the role that decides was given too short a time ago")
    if command.opened < state.evidence_at:
        raise Refused("evidence-unopened", "open the evidence up to the last check first")
    return state.drawn[1]


def _barred(state: IdentityChangeState, standing: ContractState) -> frozenset[UUID]:
    named = {person for person, _ in standing.persons}
    holding = {one.id for one in standing.ownership.holders}
    acting = {one.person for one in standing.ownership.acting}
    return state.involved | named | holding | acting


def _old_enough(since: datetime, seconds: int, at: datetime) -> bool:
    return since + timedelta(seconds=seconds) <= at
