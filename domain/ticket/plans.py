"""The plan of a command to a ticket, with what has to be so in other streams."""

from uuid import UUID

from domain.errors import Refused
from domain.handling import Plan, Reading, Step
from domain.staff import STAFF
from domain.staff.state import StaffState, acts_as
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import (
    AddressTicket,
    AssignTicket,
    HandOverTicket,
    LinkTicket,
    OpenTicket,
    TicketCommand,
)
from domain.values import Role


def ask(ticket: UUID, command: TicketCommand) -> Plan:
    """Return the plan of asking `command` of one ticket.

    Whoever gets a ticket or is named for it is an agent or a supervisor; a linked ticket exists.
    `domain.ticket.replies` has the plan for messages.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        await _named_elsewhere(reading, ticket, command)
        return (Step(TICKET, Stream(StreamKind.TICKET, ticket), command),)

    return plan


async def _named_elsewhere(reading: Reading, ticket: UUID, command: TicketCommand) -> None:
    match command:
        case OpenTicket(specialist=agent) | AddressTicket(specialist=agent):
            if agent is not None:
                await _takes_tickets(reading, agent)
        case AssignTicket(agent=agent) | HandOverTicket(receiver=agent):
            await _takes_tickets(reading, agent)
        case LinkTicket(other=other):
            await _can_be_linked(reading, ticket, other)
        case _:
            pass


async def _takes_tickets(reading: Reading, agent: UUID) -> None:
    state: StaffState = (await reading.state(STAFF, Stream(StreamKind.STAFF, agent))).state
    if not acts_as(state, Role.AGENT) and not acts_as(state, Role.SUPERVISOR):
        raise Refused("agent-unknown", "no agent or supervisor on the staff has this id")


async def _can_be_linked(reading: Reading, ticket: UUID, other: UUID) -> None:
    if other == ticket:
        raise Refused("link-to-itself", "a ticket relates to others, not to itself")
    if not (await reading.state(TICKET, Stream(StreamKind.TICKET, other))).state.opened:
        raise Refused("ticket-unknown", "there is no ticket with the id to link to")
