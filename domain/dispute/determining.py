"""Who holds the contract: computed from its history, confirmed by one, departed from by two."""

from typing import assert_never

from domain.contract.ownership.decide import several_say_how
from domain.contract.ownership.state import Ownership
from domain.dispute.commands import (
    ConfirmDeparture,
    ConfirmDetermination,
    MakeDetermination,
    ProposeDeparture,
)
from domain.dispute.events import (
    DepartureConfirmed,
    DepartureProposed,
    DeterminationConfirmed,
    DeterminationMade,
    DisputeEvent,
)
from domain.dispute.people import handler, second_person
from domain.dispute.state import Determination, DisputeState
from domain.dispute.vocabulary import Outcome
from domain.errors import Refused
from domain.identity.answer import HeldOfRecord, Unclear, Undetermined
from domain.limits import JOINT_HOLDERS


def determine(state: DisputeState, command: MakeDetermination) -> tuple[DisputeEvent, ...]:
    """Record what the contract's history says, if it says so still."""
    if state.contract is None:
        raise Refused("dispute-unattached", "say first which contract it is about")
    if command.determination in state.determinations:
        raise Refused("determination-exists", "a determination with this id was made before")
    made = _made(command)
    _follows(state, made)
    _current(
        Determination(
            made.determination,
            made.outcome,
            made.holders,
            made.reason,
            made.version,
            made.departure,
        ),
        command.standing.ownership,
    )
    return (made,)


def confirm(state: DisputeState, command: ConfirmDetermination) -> tuple[DisputeEvent, ...]:
    """Record that a person agrees; it ends nothing by itself."""
    known = _last(state, command)
    handler(command.by)
    if known.confirmed:
        raise Refused("determination-confirmed", "a person confirmed it before")
    if state.departure is not None and state.departure.confirmed:
        raise Refused("departure-confirmed", "two people departed from it: determine it anew")
    _current(known, command.standing.ownership)
    return (DeterminationConfirmed(command.determination, command.by.id),)


def propose_departure(state: DisputeState, command: ProposeDeparture) -> tuple[DisputeEvent, ...]:
    """Ask that somebody else agree to depart from the rule."""
    known = _last(state, command)
    handler(command.by)
    _no_checker(state, command)
    if command.departure in state.departures:
        raise Refused("departure-exists", "a departure with this id was asked for before")
    if state.departure is not None and state.departure.confirmed:
        raise Refused("departure-confirmed", "two people departed from it: determine it anew")
    _current(known, command.standing.ownership)
    _departs(state, known, command)
    return (
        DepartureProposed(
            command.determination,
            command.departure,
            command.by.id,
            command.outcome,
            command.holders,
            command.together,
            command.reason,
        ),
    )


def confirm_departure(state: DisputeState, command: ConfirmDeparture) -> tuple[DisputeEvent, ...]:
    """Depart from a determination, as the second person."""
    known, asked = state.determination, state.departure
    if known is None or asked is None or asked.id != command.departure:
        raise Refused("departure-unknown", "no such departure was asked for, or it is out of date")
    if asked.confirmed:
        raise Refused("departure-confirmed", "two people departed from it: determine it anew")
    handler(command.by)
    second_person(command.by, asked.proposer)
    _no_checker(state, command)
    _current(known, command.standing.ownership)
    return (DepartureConfirmed(command.departure, command.by.id),)


def settled(state: DisputeState) -> bool:
    """Say whether a person agreed with the last determination, or two departed from it."""
    agreed = state.determination is not None and state.determination.confirmed
    return agreed or (state.departure is not None and state.departure.confirmed)


def _made(command: MakeDetermination) -> DeterminationMade:
    answer = command.answer
    match answer:
        case HeldOfRecord():
            outcome, holders, reason = Outcome.HOLDER, answer.holders, None
        case Undetermined():
            outcome, holders, reason = Outcome.UNDETERMINED, answer.status_quo, answer.reason
        case _:
            assert_never(answer)
    return DeterminationMade(
        command.determination,
        command.as_of,
        outcome,
        holders,
        reason,
        answer.version,
        answer.departure,
        answer.rests_on,
    )


def _follows(state: DisputeState, made: DeterminationMade) -> None:
    """Refuse what does not know of the last departure here; another dispute's may be later."""
    last = state.departed
    if last is None or last.version != made.version or last.id == made.departure:
        return
    if made.departure is None or made.departure in state.departures:
        raise Refused("determination-outdated", "two people departed since: determine it anew")


def _current(known: Determination, ownership: Ownership) -> None:
    """Refuse what the contract's marks do not say any more: another version, a doubt more or less.

    A departure is no mark of the contract: it stands until the next version.
    """
    same = known.version == ownership.version
    if known.departure is None:
        same = same and set(known.holders) == {one.id for one in ownership.holders}
        same = same and known.reason == _unclear(ownership)
    if not same:
        raise Refused("determination-outdated", "the contract's history went on: determine it anew")


def _unclear(ownership: Ownership) -> Unclear | None:
    if not ownership.version:
        return Unclear.NO_IDENTITY
    return Unclear(ownership.doubts[0].kind.value) if ownership.doubts else None


def _last(state: DisputeState, command: ConfirmDetermination | ProposeDeparture) -> Determination:
    known = state.determination
    if known is None or known.id != command.determination:
        raise Refused("determination-unknown", "only the last determination is confirmed or left")
    return known


def _no_checker(state: DisputeState, command: ProposeDeparture | ConfirmDeparture) -> None:
    if any(one.checker == command.by.id for one in state.looked):
        raise Refused("departure-by-checker", "whoever checked a claim departs from nothing")


def _departs(state: DisputeState, known: Determination, command: ProposeDeparture) -> None:
    """Refuse what says the same as the determination, or names whom nobody knows."""
    named = set(command.holders)
    if len(named) < len(command.holders):
        raise Refused("holder-named-twice", "each of several holders is named once")
    if len(named) > JOINT_HOLDERS:
        raise Refused("too-many", f"a contract has at most {JOINT_HOLDERS} holders")
    several_say_how(len(named), command.together)
    if bool(named) != (command.outcome is Outcome.HOLDER):
        raise Refused("departure-names-holders", "name who holds it, or nobody if undetermined")
    if (command.outcome, named) == (known.outcome, set(known.holders)):
        raise Refused("departure-differs", "this is what was determined: confirm that")
    if known.outcome is command.outcome is Outcome.UNDETERMINED:
        raise Refused("departure-differs", "this is what was determined: confirm that")
    present = {one.id for one in command.standing.ownership.holders}
    if not named <= state.claimants | present:
        raise Refused("holder-unknown", "a holder is one of record, or claims it in this dispute")
