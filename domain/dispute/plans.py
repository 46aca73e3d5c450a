"""The plans of a dispute: what each step needs to know of other streams, and marks there."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from uuid import UUID

from domain.contract import CONTRACT
from domain.contract.commands import PlaceLegalHold
from domain.contract.ownership.commands import LiftFreeze, PlaceFreeze, RenewFreeze
from domain.contract.state import UNREAD, ContractState
from domain.dispute import DISPUTE
from domain.dispute.commands import (
    AttachDispute,
    CloseDispute,
    ConfirmDeparture,
    ConfirmDetermination,
    DisputeCommand,
    MakeDetermination,
    OpenDispute,
    OrderFreeze,
    ProposeDeparture,
    ReceiveClaim,
    RecordClaimCheck,
    TellHolder,
    UpholdClaim,
)
from domain.dispute.state import DisputeState
from domain.dispute.telling import tellable
from domain.errors import NotFound, Refused
from domain.handling import Plan, Reading, Step
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket
from domain.ticket.state import TicketState

MEASURED = (
    ReceiveClaim
    | RecordClaimCheck
    | UpholdClaim
    | TellHolder
    | MakeDetermination
    | ConfirmDetermination
    | ProposeDeparture
    | ConfirmDeparture
)
"""The commands that are measured by the contract as it stands."""


@dataclass(frozen=True, slots=True)
class Case:
    """A dispute, and the contract that it is about, None while nobody has said which."""

    dispute: UUID
    contract: Stream | None = None

    @property
    def stream(self) -> Stream:
        """Return the dispute's stream."""
        return Stream(StreamKind.DISPUTE, self.dispute)


def open_dispute(case: Case, command: OpenDispute) -> Plan:
    """Return the plan of opening a dispute: by any ticket, under that ticket's contract or none."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        ticket = await _ticket(reading, command.ticket)
        if not ticket.opened:
            raise Refused("ticket-unknown", "there is no such ticket")
        if command.contract not in (None, ticket.contract):
            raise Refused("dispute-of-ticket", "it is opened under the ticket's contract, or none")
        return (_step(case, command),)

    return plan


def attach(case: Case, command: AttachDispute) -> Plan:
    """Return the plan of saying which contract it is about."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        number = None
        if case.contract is not None:
            number = (await _read(reading, case.contract)).number
        if number != command.contract:
            raise Refused("contract-unknown", "no contract has this number")
        return (_step(case, command),)

    return plan


def ask(case: Case, command: DisputeCommand) -> Plan:
    """Return the plan of what marks nothing elsewhere; attachments are those of the ticket."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        state = await _dispute(reading, case)
        await _papers_there(reading, state, command)
        if not isinstance(command, MEASURED):
            return (_step(case, command),)
        return (_step(case, replace(command, standing=await _standing(reading, case, state))),)

    return plan


def tell(case: Case, command: TellHolder, notice: OpenTicket | None = None) -> Plan:
    """Return the plan of telling the holder, by the ticket `notice` if it is in the portal.

    Its id is `command.ticket`. It is not opened while the holder may be told nothing.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        state = await _dispute(reading, case)
        standing = await _standing(reading, case, state)
        step = _step(case, replace(command, standing=standing))
        silent = not tellable(state, standing.ownership, command.at)
        if notice is None or command.ticket is None or silent:
            return (step,)
        if notice.contract != state.contract:
            raise Refused("ticket-of-contract", "the holder is told by a ticket of the contract")
        return (step, Step(TICKET, Stream(StreamKind.TICKET, command.ticket), notice))

    return plan


def freeze(case: Case, command: PlaceFreeze) -> Plan:
    """Return the plan of placing a freeze: recorded in the dispute and the contract as one."""

    def build(state: DisputeState, contract: Stream) -> tuple[Step, ...]:  # noqa: ARG001 - the form
        order = OrderFreeze(
            by=command.by, at=command.at, freeze=command.freeze, ground=command.ground
        )
        mark = replace(command, dispute=case.dispute)
        return (_step(case, order), Step(CONTRACT, contract, mark))

    return _on_contract(case, build)


def renew(case: Case, command: RenewFreeze) -> Plan:
    """Return the plan of letting the dispute's freeze last longer."""

    def build(state: DisputeState, contract: Stream) -> tuple[Step, ...]:
        _own(state, command.freeze)
        return (Step(CONTRACT, contract, command),)

    return _on_contract(case, build)


def lift(case: Case, command: LiftFreeze) -> Plan:
    """Return the plan of ending the dispute's freeze: somebody else than who decided on it."""

    def build(state: DisputeState, contract: Stream) -> tuple[Step, ...]:
        if _own(state, command.freeze) == command.by.id:
            raise Refused("second-person-required", "somebody else ends the freeze that you placed")
        return (Step(CONTRACT, contract, command),)

    return _on_contract(case, build)


def hold(case: Case, command: PlaceLegalHold) -> Plan:
    """Return the plan of a legal hold on the dispute's contract."""

    def build(state: DisputeState, contract: Stream) -> tuple[Step, ...]:  # noqa: ARG001 - the form
        return (Step(CONTRACT, contract, command),)

    return _on_contract(case, build)


def close(case: Case, command: CloseDispute) -> Plan:
    """Return the plan of ending a dispute, which lifts the freeze that it placed."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        state = await _dispute(reading, case)
        standing = await _standing(reading, case, state)
        step = _step(case, command)
        frozen = standing.ownership.freeze
        running = standing.ownership.frozen(command.at)
        if case.contract is None or frozen is None or not running:
            return (step,)
        if frozen.dispute != case.dispute:
            return (step,)
        lifting = LiftFreeze(
            by=command.by, at=command.at, freeze=frozen.id, reason=command.explanation
        )
        return (step, Step(CONTRACT, case.contract, lifting))

    return plan


def _on_contract(case: Case, build: Callable[[DisputeState, Stream], tuple[Step, ...]]) -> Plan:
    """Return the plan of what an open dispute does in the stream of its contract."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        state = await _dispute(reading, case)
        if state.ticket is None:
            raise NotFound("there is no such dispute")
        await _standing(reading, case, state)
        if state.closed:
            raise Refused("dispute-closed", "this dispute is over: open another one")
        if case.contract is None:
            raise Refused("dispute-unattached", "say first which contract it is about")
        return build(state, case.contract)

    return plan


def _own(state: DisputeState, freeze_: UUID) -> UUID:
    """Return who decided on a freeze of this dispute."""
    orderer = state.freezes.get(freeze_)
    if orderer is None:
        raise Refused("freeze-of-dispute", "this dispute placed no such freeze")
    return orderer


def _step(case: Case, command: DisputeCommand) -> Step:
    return Step(DISPUTE, case.stream, command)


async def _dispute(reading: Reading, case: Case) -> DisputeState:
    state: DisputeState = (await reading.state(DISPUTE, case.stream)).state
    return state


async def _standing(reading: Reading, case: Case, state: DisputeState) -> ContractState:
    """Return the contract that the dispute is about; nothing while nobody has said which."""
    if state.contract is None:
        return UNREAD
    standing = UNREAD if case.contract is None else await _read(reading, case.contract)
    if standing.number != state.contract:
        raise Refused("contract-of-dispute", "the dispute is about another contract")
    return standing


async def _papers_there(reading: Reading, state: DisputeState, command: DisputeCommand) -> None:
    match command:
        case ReceiveClaim():
            named = (*command.attachments, *command.recordings)
            ticket = command.ticket or state.ticket
        case RecordClaimCheck():
            named = command.check.copies
            claim = state.claims.get(command.claim)
            ticket = None if claim is None else claim.ticket
        case _:
            return
    if ticket is None or not (named or isinstance(command, ReceiveClaim)):
        return
    there = await _ticket(reading, ticket)
    if not there.opened:
        raise Refused("ticket-unknown", "there is no such ticket")
    if any(one not in there.attachments for one in named):
        raise Refused("attachment-unknown", "add the paper or recording to the ticket first")


async def _read(reading: Reading, contract: Stream) -> ContractState:
    state: ContractState = (await reading.state(CONTRACT, contract)).state
    return state


async def _ticket(reading: Reading, ticket: UUID) -> TicketState:
    state: TicketState = (await reading.state(TICKET, Stream(StreamKind.TICKET, ticket))).state
    return state
