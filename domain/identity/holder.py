"""Who holds a contract of record, as a pure function of its history.

The rule: whoever's identity document was given when the contract was registered, until a verified
change. Claims, payments and logins decide nothing. Two people may depart from it, saying why, until
the next verified change.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.contract.events import ContractRegistered
from domain.contract.ownership.events import (
    DoubtSettled,
    HolderDoubted,
    IdentityChanged,
    JointHoldersNamed,
)
from domain.dispute.events import DepartureConfirmed, DepartureProposed
from domain.dispute.vocabulary import Outcome
from domain.identity.answer import HeldOfRecord, Unclear, Undetermined
from domain.log import Recorded

__all__ = ["HeldOfRecord", "Unclear", "Undetermined", "holder_of_record"]


@dataclass(frozen=True, slots=True)
class _Known:
    registered: UUID | None = None
    held: HeldOfRecord | None = None
    doubts: tuple[tuple[HolderDoubted, UUID], ...] = ()
    proposed: tuple[tuple[DepartureProposed, UUID], ...] = ()
    departed: "_Departed | None" = None


@dataclass(frozen=True, slots=True)
class _Departed:
    asked: DepartureProposed
    since: datetime
    rests_on: tuple[UUID, UUID]


def holder_of_record(history: Iterable[Recorded], as_of: int) -> HeldOfRecord | Undetermined:
    """Return who holds the contract, as the ledger knew at position `as_of`, and why.

    `history` is the events under one contract in order of position; sealed fields may be closed.
    """
    known = _Known()
    for recorded in history:
        if recorded.position <= as_of:
            known = _after(known, recorded)
    if known.registered is None:
        return Undetermined(Unclear.NOT_REGISTERED, (), ())
    if known.departed is not None:
        return _departed(known, known.departed, known.registered)
    if known.held is None:
        return Undetermined(Unclear.NO_IDENTITY, (), (known.registered,))
    if known.doubts:
        rests_on = (*known.held.rests_on, *(event for _, event in known.doubts))
        first = known.doubts[0][0]
        return Undetermined(
            Unclear(first.kind.value), known.held.holders, rests_on, known.held.version
        )
    return known.held


def _after(known: _Known, recorded: Recorded) -> _Known:  # noqa: PLR0911 - one case an event
    event = recorded.event
    match event:
        case ContractRegistered():
            held = None
            if event.document is not None:
                held = HeldOfRecord((event.holder,), None, 1, recorded.recorded_at, (recorded.id,))
            return replace(known, registered=recorded.id, held=held)
        case JointHoldersNamed() if known.held is not None:
            joint = (*known.held.holders, *(one.id for one in event.holders))
            rests_on = (*known.held.rests_on, recorded.id)
            held = replace(known.held, holders=joint, together=event.together, rests_on=rests_on)
            return replace(known, held=held)
        case IdentityChanged():
            return _changed(known, event, recorded)
        case HolderDoubted():
            return replace(known, doubts=(*known.doubts, (event, recorded.id)))
        case DoubtSettled(doubt=settled):
            return _without(known, lambda one: one.doubt != settled)
        case DepartureProposed():
            return replace(known, proposed=(*known.proposed, (event, recorded.id)))
        case DepartureConfirmed(departure=departure):
            return _confirmed(known, departure, recorded)
        case _:
            return known


def _changed(known: _Known, event: IdentityChanged, recorded: Recorded) -> _Known:
    """Return what a new version leaves: the same holders rest on all their versions."""
    before, holders = known.held, tuple(one.id for one in event.holders)
    same = before is not None and set(before.holders) == set(holders)
    since = before.since if before is not None and same else recorded.recorded_at
    earlier = before.rests_on if before is not None and same else ()
    held = HeldOfRecord(holders, event.together, event.version, since, (*earlier, recorded.id))
    known = replace(known, departed=None)
    return replace(_without(known, lambda one: one.holder in holders), held=held)


def _without(known: _Known, stays: Callable[[HolderDoubted], bool]) -> _Known:
    return replace(known, doubts=tuple(pair for pair in known.doubts if stays(pair[0])))


def _confirmed(known: _Known, departure: UUID, recorded: Recorded) -> _Known:
    """Return what a second person's word makes of a departure that was asked for."""
    for asked, event in known.proposed:
        if asked.departure == departure:
            departed = _Departed(asked, recorded.recorded_at, (event, recorded.id))
            return replace(known, departed=departed)
    return known


def _departed(known: _Known, departed: _Departed, registered: UUID) -> HeldOfRecord | Undetermined:
    asked, held = departed.asked, known.held
    rests_on = (*(held.rests_on if held is not None else (registered,)), *departed.rests_on)
    version = held.version if held is not None else 0
    if asked.outcome is Outcome.UNDETERMINED:
        status_quo = held.holders if held is not None else ()
        return Undetermined(Unclear.DEPARTED, status_quo, rests_on, version, asked.departure)
    return HeldOfRecord(
        asked.holders, asked.together, version, departed.since, rests_on, asked.departure
    )
