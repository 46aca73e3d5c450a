"""The plans of a change of identity data: what each step needs to know of other streams."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.access import ACCESS, AccessState
from domain.contract import CONTRACT
from domain.contract.ownership.commands import ApplyIdentity, GiveAuthority, OwnershipCommand
from domain.contract.state import ContractState
from domain.errors import Refused
from domain.handling import Plan, Reading, Step
from domain.identity.commands import RecordIdentityCheck
from domain.identity.draw import draw
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.approving import eligible, withheld_by
from domain.identity_change.commands import (
    ApplyIdentityChange,
    ApproveIdentityChange,
    Candidate,
    DrawApprover,
    IdentityChangeCommand,
    RecordChangeNotice,
    RequestIdentityChange,
)
from domain.identity_change.state import Asked, IdentityChangeState
from domain.staff import STAFF
from domain.staff.state import StaffState, acts_as, away
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket
from domain.ticket.state import TicketState


@dataclass(frozen=True, slots=True)
class Case:
    """A change of identity data and the contract under which it is asked for."""

    change: UUID
    contract: Stream

    @property
    def stream(self) -> Stream:
        """Return the change's stream."""
        return Stream(StreamKind.IDENTITY_CHANGE, self.change)


def request(case: Case, command: RequestIdentityChange) -> Plan:
    """Return the plan of asking for a change, by a ticket under the same contract."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        ticket = await _ticket(reading, command.ticket)
        if standing.number != command.contract or ticket.contract != command.contract:
            raise Refused(
                "ticket-of-contract", "identity data changes by a ticket under that contract"
            )
        return (_step(case, replace(command, standing=standing)),)

    return plan


def record_check(case: Case, command: RecordIdentityCheck) -> Plan:
    """Return the plan of recording a check, whose copies are attachments of the ticket."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        asked = (await _change(reading, case)).asked
        if asked is not None:
            ticket = await _ticket(reading, asked.ticket)
            if any(copy not in ticket.attachments for copy in command.check.copies):
                raise Refused("attachment-unknown", "add the copy to the ticket first")
        return (_step(case, replace(command, standing=standing)),)

    return plan


def draw_approver(case: Case, command: DrawApprover) -> Plan:
    """Return the plan of drawing who decides: somebody who still has the role and is not away."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        state = await _change(reading, case)
        asked = replace(command, standing=standing)
        good = {one.staff: one for one in eligible(state, asked)}
        while good:
            drawn = good[draw(good, command.randomness)]
            if await _decides(reading, drawn, command.at):
                break
            del good[drawn.staff]
        return (_step(case, replace(asked, candidates=tuple(good.values()))),)

    return plan


def approve(case: Case, command: ApproveIdentityChange, notice: OpenTicket) -> Plan:
    """Return the plan of approving: together with the ticket `notice` that tells the holder.

    Its id is `command.ticket`. It is not opened while the holder may not be told.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        state = await _change(reading, case)
        reader = Stream(StreamKind.ACCESS, command.by.id)
        read: AccessState = (await reading.state(ACCESS, reader)).state
        member = Stream(StreamKind.STAFF, command.by.id)
        staff: StaffState = (await reading.state(STAFF, member)).state
        if state.drawn is not None and not acts_as(staff, state.drawn[1]):
            raise Refused(
                "approver-not-drawn", "the role in which they were drawn is theirs no more"
            )
        opened = read.opened(case.change)
        step = _step(case, replace(command, standing=standing, opened=opened))
        if _secret(state.asked, standing, command.at):
            return (step,)
        return (step, Step(TICKET, Stream(StreamKind.TICKET, command.ticket), notice))

    return plan


def tell(case: Case, command: RecordChangeNotice) -> Plan:
    """Return the plan of recording one more notice."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        return (_step(case, replace(command, standing=standing)),)

    return plan


def apply(case: Case, command: ApplyIdentityChange) -> Plan:
    """Return the plan of making it the identity of record: recorded in both streams as one."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        standing = await _contract(reading, case)
        asked = (await _change(reading, case)).asked
        step = _step(case, replace(command, standing=standing))
        if asked is None:
            return (step,)
        return (step, Step(CONTRACT, case.contract, _mark(case, asked, standing, command)))

    return plan


def simple(case: Case, command: IdentityChangeCommand) -> Plan:
    """Return the plan of what depends on nothing else."""

    async def plan(_: Reading) -> tuple[Step, ...]:
        return (_step(case, command),)

    return plan


def _mark(
    case: Case, asked: Asked, standing: ContractState, command: ApplyIdentityChange
) -> OwnershipCommand:
    """Return what the contract's stream is told."""
    if asked.mandate is not None:
        return GiveAuthority(
            by=command.by, at=command.at, mandate=asked.mandate, change=case.change
        )
    stays = not asked.holders
    return ApplyIdentity(
        by=command.by,
        at=command.at,
        change=case.change,
        kind=asked.kind,
        version=asked.version + 1,
        holders=standing.ownership.holders if stays else asked.holders,
        together=standing.ownership.together if stays else asked.together,
        contacts=asked.contacts,
    )


def _secret(asked: Asked | None, standing: ContractState, at: datetime) -> bool:
    return asked is not None and withheld_by(asked, standing.ownership, at) is not None


def _step(case: Case, command: IdentityChangeCommand) -> Step:
    return Step(IDENTITY_CHANGE, case.stream, command)


async def _contract(reading: Reading, case: Case) -> ContractState:
    state: ContractState = (await reading.state(CONTRACT, case.contract)).state
    return state


async def _change(reading: Reading, case: Case) -> IdentityChangeState:
    state: IdentityChangeState = (await reading.state(IDENTITY_CHANGE, case.stream)).state
    return state


async def _ticket(reading: Reading, ticket: UUID) -> TicketState:
    state: TicketState = (await reading.state(TICKET, Stream(StreamKind.TICKET, ticket))).state
    return state


async def _decides(reading: Reading, one: Candidate, at: datetime) -> bool:
    member = Stream(StreamKind.STAFF, one.staff)
    state: StaffState = (await reading.state(STAFF, member)).state
    return acts_as(state, one.role) and not away(state, at)
