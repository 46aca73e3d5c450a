"""A ticket's life: its events, commands, state and rules."""

from typing import Final

from domain.decider import Decider
from domain.stream import StreamKind
from domain.ticket.commands import TicketCommand
from domain.ticket.decide import contract_of, decide, guards
from domain.ticket.events import TicketEvent
from domain.ticket.state import TicketState, evolve

TICKET: Final[Decider[TicketState, TicketCommand, TicketEvent]] = Decider(
    StreamKind.TICKET, TicketState(), evolve, decide, contract_of, guards
)
"""How tickets turn commands into events."""
