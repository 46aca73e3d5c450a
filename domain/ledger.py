"""The ledger's own stream: which lives it had."""

from dataclasses import dataclass
from typing import Final

from domain.command import Command
from domain.decider import Decider
from domain.errors import Refused
from domain.log import Guard
from domain.stream import StreamKind


@dataclass(frozen=True, slots=True)
class LedgerContinued:
    """The store had lost acknowledged events; a new epoch goes on from what survived.

    `lost_*` is the last head known outside the store, `survived_*` the last event still there;
    hashes are hex leaf hashes.
    """

    lost_epoch: int
    lost_position: int
    lost_hash: str
    survived_position: int
    survived_hash: str


LedgerEvent = LedgerContinued


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueLedger(Command):
    """Begin the next epoch after a loss; the fields are the event's."""

    lost_epoch: int
    lost_position: int
    lost_hash: str
    survived_position: int
    survived_hash: str


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The last epoch that was ended by a loss; 0 when none was."""

    lost_epoch: int = 0


def evolve(state: LedgerState, event: LedgerEvent) -> LedgerState:  # noqa: ARG001 - the last one counts
    """Return the state after `event`."""
    return LedgerState(event.lost_epoch)


def decide(state: LedgerState, command: ContinueLedger) -> tuple[LedgerEvent, ...]:
    """Return the fact; refused when nothing was lost or the epoch was ended before."""
    if command.lost_epoch <= state.lost_epoch:
        raise Refused("epoch-ended-before", f"epoch {command.lost_epoch} was continued already")
    same = command.lost_position == command.survived_position
    if command.survived_position > command.lost_position or (
        same and command.survived_hash == command.lost_hash
    ):
        raise Refused("nothing-lost", "the store holds every event it had acknowledged")
    return (
        LedgerContinued(
            command.lost_epoch,
            command.lost_position,
            command.lost_hash,
            command.survived_position,
            command.survived_hash,
        ),
    )


def contract_of(state: LedgerState) -> None:
    """Return None: the ledger's life is no contract's history."""


def guards(state: LedgerState, command: ContinueLedger) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: it depends on no other stream."""
    return ()


LEDGER: Final[Decider[LedgerState, ContinueLedger, LedgerEvent]] = Decider(
    StreamKind.LEDGER, LedgerState(), evolve, decide, contract_of, guards
)
"""How the ledger's own stream turns commands into events."""
