"""The plans of a recovery: what it does to the contract is recorded with it as one."""

from dataclasses import replace
from uuid import UUID

from domain.contract import CONTRACT
from domain.contract.ownership.commands import OwnershipCommand, RestoreAccess, SuspendAccess
from domain.contract.state import ContractState
from domain.errors import Refused
from domain.handling import Plan, Reading, Step
from domain.identity.commands import RecordIdentityCheck
from domain.recovery import RECOVERY
from domain.recovery.commands import (
    DropRecovery,
    OrderRestoration,
    OrderSuspension,
    RecoveryCommand,
    ReportRecovery,
)
from domain.recovery.events import Act
from domain.recovery.state import RecoveryState
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.state import TicketState


def ask(recovery: UUID, contract: Stream, command: RecoveryCommand) -> Plan:
    """Return the plan of asking `command` of one recovery of a contract's access.

    It is reported by any ticket: whoever lost their access may only be able to call.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        stream = Stream(StreamKind.RECOVERY, recovery)
        standing: ContractState = (await reading.state(CONTRACT, contract)).state
        state: RecoveryState = (await reading.state(RECOVERY, stream)).state
        await _ticket_there(reading, state, standing, command)
        if isinstance(command, RecordIdentityCheck | OrderRestoration):
            step = Step(RECOVERY, stream, replace(command, standing=standing))
        else:
            step = Step(RECOVERY, stream, command)
        mark = _mark(recovery, state, command)
        return (step,) if mark is None else (step, Step(CONTRACT, contract, mark))

    return plan


def _mark(
    recovery: UUID, state: RecoveryState, command: RecoveryCommand
) -> OwnershipCommand | None:
    """Return what the contract's stream is told with it."""
    by, at = command.by, command.at
    match command:
        case OrderSuspension() if Act.SUSPEND_ACCESS not in state.ordered:
            return SuspendAccess(by=by, at=at, recovery=recovery)
        case OrderRestoration():
            return RestoreAccess(
                by=by,
                at=at,
                recovery=recovery,
                person=command.person,
                name=command.name,
                login=command.login,
            )
        case DropRecovery() if Act.SUSPEND_ACCESS in state.ordered:
            return RestoreAccess(by=by, at=at, recovery=recovery)
        case _:
            return None


async def _ticket_there(
    reading: Reading, state: RecoveryState, standing: ContractState, command: RecoveryCommand
) -> None:
    match command:
        case ReportRecovery(ticket=ticket, contract=number):
            if standing.number != number:
                raise Refused("contract-unknown", "no contract has this number")
            if not (await _ticket(reading, ticket)).opened:
                raise Refused("ticket-unknown", "there is no such ticket")
        case RecordIdentityCheck(check=check) if check.copies and state.ticket is not None:
            known = (await _ticket(reading, state.ticket)).attachments
            if any(copy not in known for copy in check.copies):
                raise Refused("attachment-unknown", "add the copy to the ticket first")
        case _:
            pass


async def _ticket(reading: Reading, ticket: UUID) -> TicketState:
    state: TicketState = (await reading.state(TICKET, Stream(StreamKind.TICKET, ticket))).state
    return state
