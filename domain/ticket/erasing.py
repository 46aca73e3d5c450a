"""Erasing what one event of a ticket says."""

from domain.erasure import CompleteErasure, KeysDestroyed
from domain.errors import Refused
from domain.ticket.commands import EraseMessage
from domain.ticket.events import MessageErased
from domain.ticket.rules import staff_only
from domain.ticket.state import TicketState


def erase_message(state: TicketState, command: EraseMessage) -> tuple[MessageErased, ...]:
    """Erase the fields of one event that are kept for these purposes; once is enough."""
    staff_only(command.by)
    if not command.purposes:
        raise Refused("nothing-sealed", "the event holds nothing for these purposes")
    purposes = tuple(one for one in command.purposes if (command.event, one) not in state.erased)
    if not purposes:
        return ()
    return (MessageErased(command.erasure, command.event, purposes, command.basis),)


def complete_message(state: TicketState, command: CompleteErasure) -> tuple[KeysDestroyed, ...]:
    """Note that an erasure was carried out; nothing when it was noted before."""
    return (KeysDestroyed(command.erasure),) if command.erasure in state.erasing else ()
