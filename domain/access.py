"""Who read what: facts about reads of identity data, kept in streams of their own.

An access stream is one reader's (its id is the reader's); its envelopes have no contract, the
number stands in `data`, so that reading leaves no trace in what was read.
"""

from dataclasses import dataclass
from typing import Final

from domain.command import Command
from domain.decider import Decider
from domain.log import Guard
from domain.stream import StreamKind


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """The reader opened the identity data of this contract."""

    contract: str


AccessEvent = IdentityRead


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIdentityRead(Command):
    """Note that the asker opens the identity data of this contract."""

    contract: str


@dataclass(frozen=True, slots=True)
class AccessState:
    """How many reads were noted: every one counts, also of the same contract again."""

    reads: int = 0


def evolve(state: AccessState, event: AccessEvent) -> AccessState:  # noqa: ARG001 - one type so far
    """Return the state after `event`."""
    return AccessState(state.reads + 1)


def decide(state: AccessState, command: NoteIdentityRead) -> tuple[AccessEvent, ...]:  # noqa: ARG001 - never refused
    """Return the fact: a read is never refused here, it is only noted."""
    return (IdentityRead(command.contract),)


def contract_of(state: AccessState) -> None:
    """Return None: reading leaves no trace in what was read."""


def guards(state: AccessState, command: NoteIdentityRead) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: a read depends on no other stream."""
    return ()


ACCESS: Final[Decider[AccessState, NoteIdentityRead, AccessEvent]] = Decider(
    StreamKind.ACCESS, AccessState(), evolve, decide, contract_of, guards
)
"""How access streams turn commands into events."""
