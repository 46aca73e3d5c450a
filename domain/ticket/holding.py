"""Who has a ticket. There are no tiers: any agent may take any ticket, some only with a reason."""

from domain.errors import Refused
from domain.ticket.commands import (
    AddressTicket,
    AssignTicket,
    ClaimTicket,
    HandOverTicket,
    ReleaseTicket,
)
from domain.ticket.events import (
    Side,
    TicketAddressed,
    TicketAssigned,
    TicketClaimed,
    TicketEvent,
    TicketHandedOver,
    TicketReleased,
)
from domain.ticket.rules import (
    holder_or_supervisor,
    not_closed,
    reason_to_take,
    side_of,
    staff_only,
)
from domain.ticket.state import TicketState


def claim(state: TicketState, command: ClaimTicket) -> tuple[TicketEvent, ...]:
    """Let an agent take the ticket."""
    staff_only(command.by)
    not_closed(state)
    if state.holder == command.by.id:
        return ()
    reason_to_take(state, command.by.id, command.reason)
    return (TicketClaimed(command.by.id, command.reason),)


def assign(state: TicketState, command: AssignTicket) -> tuple[TicketEvent, ...]:
    """Give the ticket to an agent."""
    staff_only(command.by)
    not_closed(state)
    if state.holder == command.agent:
        return ()
    reason_to_take(state, command.agent, command.reason)
    return (TicketAssigned(command.agent, command.reason),)


def address(state: TicketState, command: AddressTicket) -> tuple[TicketEvent, ...]:
    """Ask for a named specialist, or no longer for one."""
    not_closed(state)
    if state.specialist == command.specialist:
        return ()
    # Otherwise a ticket could be readdressed first and taken without a reason then.
    others = state.specialist not in (None, command.by.id) and side_of(command.by) is Side.STAFF
    if others and command.reason is None:
        raise Refused(
            "addressed-needs-reason", "the ticket is addressed to somebody else: say why it moves"
        )
    return (TicketAddressed(command.specialist, command.reason),)


def hand_over(state: TicketState, command: HandOverTicket) -> tuple[TicketEvent, ...]:
    """Pass the ticket on to another agent."""
    staff_only(command.by)
    not_closed(state)
    if state.holder is None:
        raise Refused("not-held", "nobody holds the ticket: assign it")
    holder_or_supervisor(state, command.by)
    if state.holder == command.receiver:
        return ()
    return (TicketHandedOver(state.holder, command.receiver, command.reason),)


def release(state: TicketState, command: ReleaseTicket) -> tuple[TicketEvent, ...]:
    """Let the ticket go, so that anybody may take it."""
    staff_only(command.by)
    not_closed(state)
    if state.holder is None:
        return ()
    holder_or_supervisor(state, command.by)
    return (TicketReleased(state.holder, command.reason),)
