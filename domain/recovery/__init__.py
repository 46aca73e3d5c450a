"""Getting an account back after credentials were stolen: suspended, proved, restored, confirmed."""

from typing import Final

from domain.decider import Decider
from domain.recovery.commands import RecoveryCommand
from domain.recovery.decide import contract_of, decide, guards
from domain.recovery.events import RecoveryEvent
from domain.recovery.state import RecoveryState, evolve
from domain.stream import StreamKind

RECOVERY: Final[Decider[RecoveryState, RecoveryCommand, RecoveryEvent]] = Decider(
    StreamKind.RECOVERY, RecoveryState(), evolve, decide, contract_of, guards
)
"""How recoveries turn commands into events."""
