"""A staff member's life: who "agent 17" was, and what they were allowed to do when."""

from typing import Final

from domain.decider import Decider
from domain.staff.commands import StaffCommand
from domain.staff.decide import contract_of, decide, guards
from domain.staff.events import StaffEvent
from domain.staff.state import StaffState, evolve
from domain.stream import StreamKind

STAFF: Final[Decider[StaffState, StaffCommand, StaffEvent]] = Decider(
    StreamKind.STAFF, StaffState(), evolve, decide, contract_of, guards
)
"""How staff turn commands into events."""
