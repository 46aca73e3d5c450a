"""The plans of erasures: in which stream each is recorded, and what it is decided on."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.contract import CONTRACT
from domain.contract.holds import keeps
from domain.contract.state import ContractState
from domain.decider import Decider
from domain.erasure import CompleteErasure, EraseSubject, Limitation, refusal
from domain.handling import Plan, Reading, Step
from domain.ledger import LEDGER
from domain.staff import STAFF
from domain.staff.state import StaffState
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import EraseMessage
from domain.ticket.state import TicketState
from domain.values import Purpose

DECIDERS: Final[dict[StreamKind, Decider[Any, Any, Any]]] = {
    decider.kind: decider for decider in (TICKET, CONTRACT, LEDGER)
}
"""Of the streams in which erasures are recorded."""

EndedAt = Callable[[Stream], Awaitable[datetime | None]]
"""Tells when a contract ended, None while it lives."""


StreamOf = Callable[[str], Awaitable[Stream | None]]
"""Tells the stream of the contract with a number."""


@dataclass(frozen=True, slots=True)
class Under:
    """The contract under which an event was recorded (None: none), and what it seals of whom."""

    contract: Stream | None
    seals: tuple[tuple[UUID, Purpose], ...]
    limitation: tuple[Limitation, ...]
    ended_at: EndedAt
    stream_of: StreamOf


def erase_subject(stream: Stream, command: EraseSubject, ended_at: EndedAt) -> Plan:
    """Return the plan of erasing a person's data under the contract whose stream it is.

    Data under no contract is erased in the ledger's own stream.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        if stream.kind is StreamKind.LEDGER:
            person = Stream(StreamKind.STAFF, command.subject)
            staff: StaffState = (await reading.state(STAFF, person)).state
            return (Step(LEDGER, stream, replace(command, employed=staff.active)),)
        await reading.state(CONTRACT, stream)  # before its end is asked for: neither is missed
        return (Step(CONTRACT, stream, replace(command, ended_at=await ended_at(stream))),)

    return plan


def erase_message(ticket: Stream, command: EraseMessage, under: Under) -> Plan:
    """Return the plan of erasing what one event of a ticket says.

    It has to stay for the contract under which it was recorded, and for the one to which the
    ticket was moved since.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        state: TicketState = (await reading.state(TICKET, ticket)).state
        now = None if state.contract is None else await under.stream_of(state.contract)
        for contract in dict.fromkeys(one for one in (under.contract, now) if one is not None):
            await _may_go(reading, command, under, contract)
        return (Step(TICKET, ticket, command),)

    return plan


async def _may_go(reading: Reading, command: EraseMessage, under: Under, contract: Stream) -> None:
    state: ContractState = (await reading.state(CONTRACT, contract)).state
    ended_at = await under.ended_at(contract)
    kept = [
        keeps(state, subject, purpose, command.at, under.limitation, ended_at)
        for subject, purpose in under.seals
        if purpose in command.purposes
    ]
    if why := tuple(dict.fromkeys(one for one in kept if one)):
        raise refusal(why)


def complete(stream: Stream, command: CompleteErasure) -> Plan:
    """Return the plan of noting that an erasure recorded in a stream is carried out."""

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return (Step(DECIDERS[stream.kind], stream, command),)

    return plan
