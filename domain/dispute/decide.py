"""The dispute's decider: which rules answer which command."""

from typing import assert_never

from domain.contract.ownership.decide import by_staff
from domain.dispute import blocking, claims, determining
from domain.dispute.commands import (
    AttachDispute,
    CloseDispute,
    ConfirmDeparture,
    ConfirmDetermination,
    ConfirmServiceSuspension,
    DisputeCommand,
    IssueClaimCode,
    MakeDetermination,
    OpenDispute,
    OrderFreeze,
    ProposeDeparture,
    ProposeServiceSuspension,
    ReceiveClaim,
    RecordClaimCheck,
    RefuseClaim,
    ResumeService,
    TellHolder,
    UpholdClaim,
)
from domain.dispute.events import DisputeAttached, DisputeClosed, DisputeEvent, DisputeOpened
from domain.dispute.state import DisputeState
from domain.dispute.vocabulary import Closing
from domain.errors import NotFound, Refused
from domain.limits import check_texts
from domain.log import Guard
from domain.values import Role

ATTACHING = frozenset({Role.DISPUTE_HANDLER, Role.SUPERVISOR, Role.COMPLIANCE})
"""The roles that say which contract a dispute is about."""

WITHOUT_DETERMINATION = frozenset({Closing.WITHDRAWN, Closing.NO_CASE})
"""The ends of a dispute for which nobody has to know who holds the contract."""


def decide(state: DisputeState, command: DisputeCommand) -> tuple[DisputeEvent, ...]:  # noqa: C901, PLR0911, PLR0912 - one case a command
    """Return what happens when `command` is asked of a dispute in `state`.

    Raises NotFound before it was opened, Refused by a rule, Malformed by a text's size.
    """
    check_texts(command)
    by_staff(command.by)
    match command:
        case OpenDispute():
            return _open(state, command)
        case _ if state.ticket is None:
            raise NotFound("there is no such dispute")
        case TellHolder():
            return claims.tell(state, command)
        case _ if state.closed:
            raise Refused("dispute-closed", "this dispute is over: open another one")
        case AttachDispute():
            return _attach(state, command)
        case ReceiveClaim():
            return claims.receive(state, state.ticket, command)
        case IssueClaimCode():
            return claims.issue(state, command)
        case RecordClaimCheck():
            return claims.check(state, command)
        case RefuseClaim():
            return claims.refuse(state, command)
        case UpholdClaim():
            return claims.uphold(state, command)
        case OrderFreeze():
            return blocking.freeze(state, command)
        case ProposeServiceSuspension():
            return blocking.propose(state, command)
        case ConfirmServiceSuspension():
            return blocking.confirm(state, command)
        case ResumeService():
            return blocking.resume(state, command)
        case MakeDetermination():
            return determining.determine(state, command)
        case ConfirmDetermination():
            return determining.confirm(state, command)
        case ProposeDeparture():
            return determining.propose_departure(state, command)
        case ConfirmDeparture():
            return determining.confirm_departure(state, command)
        case CloseDispute():
            return _close(state, command)
        case _:
            assert_never(command)


def contract_of(state: DisputeState) -> str | None:
    """Return the contract that it is about, None until that is known."""
    return state.contract


def guards(state: DisputeState, command: DisputeCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: the plans read what it depends on, so it is guarded."""
    return ()


def _open(state: DisputeState, command: OpenDispute) -> tuple[DisputeEvent, ...]:
    if state.ticket is not None:
        raise Refused("dispute-exists", "a dispute with this id was opened before")
    return (
        DisputeOpened(
            command.number,
            command.kind,
            command.contract,
            command.ticket,
            command.language,
            command.words,
        ),
    )


def _attach(state: DisputeState, command: AttachDispute) -> tuple[DisputeEvent, ...]:
    if state.contract is not None:
        raise Refused("dispute-attached", "which contract it is about is said once")
    if command.by.role not in ATTACHING:
        raise Refused("dispute-by-handlers", "dispute handlers say which contract it is about")
    return (DisputeAttached(command.contract),)


def _close(state: DisputeState, command: CloseDispute) -> tuple[DisputeEvent, ...]:
    if len(state.decided) < len(state.claims):
        raise Refused("claim-undecided", "refuse or uphold every claim first")
    if state.suspension is not None and state.suspension.confirmed:
        raise Refused("service-suspended", "let the service go on before the dispute is over")
    if command.closing not in WITHOUT_DETERMINATION and not determining.settled(state):
        raise Refused("determination-missing", "a person confirms first who holds the contract")
    return (DisputeClosed(command.closing, command.by.id, command.explanation),)
