"""A contract's life: registration, holder of record, persons and their rights."""

from typing import Final

from domain.contract.commands import ContractCommand
from domain.contract.decide import contract_of, decide, guards
from domain.contract.events import ContractEvent
from domain.contract.state import ContractState, evolve
from domain.decider import Decider
from domain.stream import StreamKind

CONTRACT: Final[Decider[ContractState, ContractCommand, ContractEvent]] = Decider(
    StreamKind.CONTRACT, ContractState(), evolve, decide, contract_of, guards
)
"""How contracts turn commands into events."""
