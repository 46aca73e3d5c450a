"""Where a change of identity data stands: what the rules need, without personal data."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import assert_never
from uuid import UUID

from domain.contract.ownership.state import NO_CONTACTS, Contacts
from domain.contract.ownership.vocabulary import ChangeKind, HeldBy, Together, held_by
from domain.identity.checking import NO_EVIDENCE, Evidence
from domain.identity.proof import Mandate
from domain.identity_change.events import (
    ApproverDrawn,
    ApproverExcused,
    ChangeNoticeGiven,
    ChangeNoticeWithheld,
    ContestDismissed,
    CopiesErased,
    IdentityChangeApplied,
    IdentityChangeApproved,
    IdentityChangeContested,
    IdentityChangeEvent,
    IdentityChangeRefused,
    IdentityChangeRequested,
    IdentityChangeWithdrawn,
    IdentityChecked,
    PhotoCodeIssued,
)
from domain.values import Role


class Phase(StrEnum):
    """How far a change got: checks, waiting to be contested, or over."""

    CHECKING = "checking"
    WAITING = "waiting"
    APPLIED = "applied"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Phase.CHECKING, Phase.WAITING})
"""The phases in which it may still happen."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked for, by whom; `holders` empty: they stay, `contacts` 0: they stay."""

    ticket: UUID
    kind: ChangeKind
    version: int
    asker: UUID
    applicant: UUID
    holders: tuple[HeldBy, ...]
    together: Together | None
    contacts: int
    mandate: Mandate | None
    orders: tuple[UUID, ...]
    reachable: Contacts


@dataclass(frozen=True, slots=True)
class IdentityChangeState:
    """A change after some of its events; before the first one `asked` is None.

    `version` counts its events; `evidence_at` is that of the last check. `contests` are open.
    """

    contract: str | None = None
    asked: Asked | None = None
    version: int = 0
    phase: Phase = Phase.CHECKING
    evidence: Evidence = NO_EVIDENCE
    evidence_at: int = 0
    issuers: frozenset[UUID] = frozenset()
    drawn: tuple[UUID, Role] | None = None
    excused: frozenset[UUID] = frozenset()
    approver: UUID | None = None
    waiting_seconds: int = 0
    contestable_until: datetime | None = None
    told: bool = False
    withheld: UUID | None = None
    contests: frozenset[UUID] = frozenset()
    contested: frozenset[UUID] = frozenset()
    erased: frozenset[UUID] = frozenset()

    @property
    def involved(self) -> frozenset[UUID]:
        """Return who asked, checked or gains: none of them approves."""
        asked = self.asked
        if asked is None:
            return frozenset()
        gaining = {asked.asker, asked.applicant, *(one.id for one in asked.holders)}
        if asked.mandate is not None:
            gaining.add(asked.mandate.person)
        return self.evidence.checkers | self.issuers | gaining


def evolve(state: IdentityChangeState, event: IdentityChangeEvent) -> IdentityChangeState:
    """Return the state after `event`; takes every event that was ever recorded."""
    return _after(replace(state, version=state.version + 1), event)


def _after(state: IdentityChangeState, event: IdentityChangeEvent) -> IdentityChangeState:  # noqa: C901, PLR0911, PLR0912 - one case an event
    match event:
        case IdentityChangeRequested():
            return replace(state, contract=event.contract, asked=_asked(event))
        case PhotoCodeIssued():
            evidence = state.evidence.with_code(event.code, event.expires_at)
            return replace(state, evidence=evidence, issuers=state.issuers | {event.issuer})
        case IdentityChecked():
            evidence = state.evidence.with_check(event.check, event.checker)
            return replace(state, evidence=evidence, evidence_at=state.version)
        case ApproverDrawn():
            return replace(state, drawn=(event.approver, event.role))
        case ApproverExcused(approver=approver):
            return replace(state, drawn=None, excused=state.excused | {approver})
        case IdentityChangeApproved():
            return replace(
                state,
                phase=Phase.WAITING,
                approver=event.approver,
                waiting_seconds=event.waiting_seconds,
                contestable_until=event.contestable_until,
            )
        case ChangeNoticeGiven():
            return replace(state, told=True, contestable_until=event.contestable_until)
        case ChangeNoticeWithheld(order=order):
            return replace(state, withheld=order)
        case IdentityChangeContested(contest=contest):
            return replace(
                state,
                contests=state.contests | {contest},
                contested=state.contested | {contest},
            )
        case ContestDismissed(contest=contest):
            return replace(state, contests=state.contests - {contest})
        case IdentityChangeRefused():
            return replace(state, phase=Phase.REFUSED)
        case IdentityChangeWithdrawn():
            return replace(state, phase=Phase.WITHDRAWN)
        case IdentityChangeApplied():
            return replace(state, phase=Phase.APPLIED)
        case CopiesErased(copies=copies):
            return replace(state, erased=state.erased | set(copies))
        case _:
            assert_never(event)


def _asked(event: IdentityChangeRequested) -> Asked:
    return Asked(
        event.ticket,
        event.kind,
        event.version,
        event.asker,
        event.applicant,
        tuple(held_by(one.id, one.category, one.document) for one in event.holders),
        event.together,
        len(event.contacts),
        event.mandate,
        event.orders,
        Contacts(event.contacts_version, event.contacts_given)
        if event.contacts_given
        else NO_CONTACTS,
    )
