"""What a dispute may stop: changes of ownership by a freeze; the service by two people alone."""

from domain.contract.ownership.vocabulary import FreezeGround
from domain.dispute.commands import (
    ConfirmServiceSuspension,
    OrderFreeze,
    ProposeServiceSuspension,
    ResumeService,
)
from domain.dispute.events import (
    DisputeEvent,
    FreezeOrdered,
    ServiceResumed,
    ServiceSuspensionConfirmed,
    ServiceSuspensionProposed,
)
from domain.dispute.people import second_person
from domain.dispute.state import DisputeState, Suspension
from domain.errors import Refused


def freeze(state: DisputeState, command: OrderFreeze) -> tuple[DisputeEvent, ...]:
    """Decide on a freeze: its ground is never that one person claims something."""
    if state.contract is None:
        raise Refused("dispute-unattached", "say first which contract it is about")
    if command.ground is FreezeGround.SEVERAL_CLAIMANTS and len(state.claimants) <= 1:
        raise Refused("freeze-grounded", "a claim alone freezes nothing: several people claim it")
    if command.freeze in state.freezes:
        raise Refused("freeze-exists", "a freeze with this id was placed before")
    return (FreezeOrdered(command.freeze, command.by.id, command.ground),)


def propose(state: DisputeState, command: ProposeServiceSuspension) -> tuple[DisputeEvent, ...]:
    """Ask that somebody else suspend the service."""
    if state.contract is None:
        raise Refused("dispute-unattached", "say first which contract it is about")
    if state.suspension is not None and state.suspension.confirmed:
        raise Refused("service-suspended", "the service is suspended already")
    return (ServiceSuspensionProposed(command.suspension, command.by.id, command.reason),)


def confirm(state: DisputeState, command: ConfirmServiceSuspension) -> tuple[DisputeEvent, ...]:
    """Suspend the service, as the second person."""
    known = _suspension(state, command)
    if known.confirmed:
        raise Refused("service-suspended", "the service is suspended already")
    second_person(command.by, known.proposer)
    return (ServiceSuspensionConfirmed(command.suspension, command.by.id),)


def resume(state: DisputeState, command: ResumeService) -> tuple[DisputeEvent, ...]:
    """Let the service go on; it takes one person, and also drops what was only asked for."""
    _suspension(state, command)
    return (ServiceResumed(command.suspension, command.reason),)


def _suspension(
    state: DisputeState, command: ConfirmServiceSuspension | ResumeService
) -> Suspension:
    known = state.suspension
    if known is None or known.id != command.suspension:
        raise Refused("suspension-unknown", "no such suspension was asked for, or it is over")
    return known
