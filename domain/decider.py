"""The decider: how one kind of stream turns commands into events and events into state."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from domain.log import Guard
from domain.stream import StreamKind

S = TypeVar("S")
C = TypeVar("C")
E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Decider(Generic[S, C, E]):
    """Two pure functions and the state before the first event.

    `contract_of(state)` names the contract under which an event counts, asked after the event was
    evolved into the state. `guards(state, command)` names what must still hold elsewhere when the
    decision is recorded.
    """

    kind: StreamKind
    initial: S
    evolve: Callable[[S, E], S]
    decide: Callable[[S, C], tuple[E, ...]]
    contract_of: Callable[[S], str | None]
    guards: Callable[[S, C], tuple[Guard, ...]]
