"""A change of identity data: asked for, checked, approved by a second specialist, contestable."""

from typing import Final

from domain.decider import Decider
from domain.identity_change.commands import IdentityChangeCommand
from domain.identity_change.decide import contract_of, decide, guards
from domain.identity_change.events import IdentityChangeEvent
from domain.identity_change.state import IdentityChangeState, evolve
from domain.stream import StreamKind

IDENTITY_CHANGE: Final[Decider[IdentityChangeState, IdentityChangeCommand, IdentityChangeEvent]] = (
    Decider(StreamKind.IDENTITY_CHANGE, IdentityChangeState(), evolve, decide, contract_of, guards)
)
"""How changes of identity data turn commands into events."""
