"""After the approval: objections, refusal, the new version, and copies that are erased."""

from datetime import timedelta

from domain.contract.ownership.vocabulary import ChangeKind, OrderEffect
from domain.errors import Refused
from domain.identity_change import consent
from domain.identity_change.approving import withheld_by
from domain.identity_change.commands import (
    ApplyIdentityChange,
    ContestIdentityChange,
    DismissContest,
    EraseCopies,
    RefuseIdentityChange,
)
from domain.identity_change.events import (
    ContestDismissed,
    CopiesErased,
    IdentityChangeApplied,
    IdentityChangeContested,
    IdentityChangeEvent,
    IdentityChangeRefused,
)
from domain.identity_change.state import OPEN, Asked, IdentityChangeState, Phase
from domain.limits import CONTESTS_PER_CHANGE, COPIES_PER_ERASURE
from domain.values import Assurance


def contest(
    state: IdentityChangeState, command: ContestIdentityChange
) -> tuple[IdentityChangeEvent, ...]:
    """Record an objection: until it is decided nothing changes."""
    if command.contest in state.contested:
        raise Refused("contest-exists", "an objection with this id was recorded before")
    if len(state.contested) >= CONTESTS_PER_CHANGE:
        raise Refused("too-many", f"a change is contested at most {CONTESTS_PER_CHANGE} times")
    return (
        IdentityChangeContested(
            command.contest, command.contester, command.capacity, command.ticket, command.words
        ),
    )


def dismiss(state: IdentityChangeState, command: DismissContest) -> tuple[IdentityChangeEvent, ...]:
    """Record that an objection does not hold; nobody decides so about their own work."""
    if command.contest not in state.contests:
        raise Refused("contest-unknown", "no such objection is open")
    if command.by.assurance is not Assurance.INTERACTIVE:
        raise Refused("interactive-required", "sign in to decide: an API key decides nothing")
    if command.by.id in {state.approver, *state.involved}:
        raise Refused("contest-by-another", "somebody without a part in the change decides this")
    return (ContestDismissed(command.contest, command.by.id, command.explanation),)


def refuse(command: RefuseIdentityChange) -> tuple[IdentityChangeEvent, ...]:
    """Record that it does not happen, and why."""
    until = command.at + timedelta(seconds=command.copies_seconds)
    return (
        IdentityChangeRefused(
            command.refusal, command.by.id, command.copies_seconds, until, command.explanation
        ),
    )


def apply(
    state: IdentityChangeState, asked: Asked, command: ApplyIdentityChange
) -> tuple[IdentityChangeEvent, ...]:
    """Record that it is the identity of record now."""
    if state.phase is not Phase.WAITING or state.contestable_until is None:
        raise Refused("change-not-approved", "a second specialist approves it first")
    if state.contests:
        raise Refused("change-contested", "somebody objects: decide about that first")
    ownership = command.standing.ownership
    if not state.told and withheld_by(asked, ownership, command.at) is None:
        raise Refused("notice-missing", "nothing is confidential any more: tell the holder first")
    if command.at < state.contestable_until:
        raise Refused("still-contestable", f"it can be contested until {state.contestable_until}")
    if not all(ownership.in_force(one, *OrderEffect) for one in asked.orders):
        raise Refused("order-not-in-force", "an order that it rests on is not in force any more")
    consent.stands(state, asked, ownership, command.at)
    until = command.at + timedelta(seconds=command.copies_seconds)
    version = asked.version + (asked.kind is not ChangeKind.AUTHORITY)
    return (IdentityChangeApplied(version, command.copies_seconds, until),)


def erase(state: IdentityChangeState, command: EraseCopies) -> tuple[IdentityChangeEvent, ...]:
    """Note that copies are gone; only after the decision, for the approver has to see them."""
    if state.phase in OPEN:
        raise Refused("change-undecided", "copies are kept until the change is decided")
    if len(command.copies) > COPIES_PER_ERASURE:
        raise Refused("too-many", f"note at most {COPIES_PER_ERASURE} copies at a time")
    copies = tuple(dict.fromkeys(one for one in command.copies if one not in state.erased))
    if not set(copies) <= state.evidence.copies:
        raise Refused("copy-unknown", "no check of this change names such a copy")
    return (CopiesErased(copies),) if copies else ()
