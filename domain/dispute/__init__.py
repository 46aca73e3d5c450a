"""A dispute about who holds a contract: claims, checks, refusals by rule, the determination."""

from typing import Final

from domain.decider import Decider
from domain.dispute.commands import DisputeCommand
from domain.dispute.decide import contract_of, decide, guards
from domain.dispute.events import DisputeEvent
from domain.dispute.state import DisputeState, evolve
from domain.stream import StreamKind

DISPUTE: Final[Decider[DisputeState, DisputeCommand, DisputeEvent]] = Decider(
    StreamKind.DISPUTE, DisputeState(), evolve, decide, contract_of, guards
)
"""How disputes turn commands into events."""
