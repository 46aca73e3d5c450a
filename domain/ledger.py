"""The ledger's own stream: which lives it had, and erasures of data that is under no contract."""

from dataclasses import dataclass, replace
from typing import Final, assert_never

from domain.command import Command
from domain.decider import Decider
from domain.erasure import (
    NO_ERASURES,
    REVIEW,
    CompleteErasure,
    EraseSubject,
    Erasures,
    Kept,
    KeysDestroyed,
    SubjectErased,
    complete,
    erase,
)
from domain.errors import Refused
from domain.log import Guard
from domain.stream import StreamKind
from domain.values import Purpose


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


LedgerEvent = LedgerContinued | SubjectErased | KeysDestroyed


@dataclass(frozen=True, slots=True, kw_only=True)
class ContinueLedger(Command):
    """Begin the next epoch after a loss; the fields are the event's."""

    lost_epoch: int
    lost_position: int
    lost_hash: str
    survived_position: int
    survived_hash: str


LedgerCommand = ContinueLedger | EraseSubject | CompleteErasure


@dataclass(frozen=True, slots=True)
class LedgerState:
    """The last epoch that was ended by a loss, 0 when none was; erasures under no contract."""

    lost_epoch: int = 0
    erasures: Erasures = NO_ERASURES


def evolve(state: LedgerState, event: LedgerEvent) -> LedgerState:
    """Return the state after `event`; takes every event that was ever recorded."""
    match event:
        case LedgerContinued():
            return replace(state, lost_epoch=event.lost_epoch)
        case SubjectErased():
            return replace(state, erasures=state.erasures.plus(event))
        case KeysDestroyed():
            return replace(state, erasures=state.erasures.without(event))
        case _:
            assert_never(event)


def decide(state: LedgerState, command: LedgerCommand) -> tuple[LedgerEvent, ...]:
    """Return what happens when `command` is asked of the ledger; raises Refused, NotFound."""
    match command:
        case ContinueLedger():
            return _continue(state, command)
        case EraseSubject():
            return erase(state.erasures, command, None, lambda purpose: _keeps(command, purpose))
        case CompleteErasure():
            return complete(state.erasures, command)
        case _:
            assert_never(command)


def _keeps(command: EraseSubject, purpose: Purpose) -> Kept | None:
    """Say why data under no contract stays: it is staff's, or an address among everybody's."""
    if purpose is Purpose.ADDRESS:
        return Kept(purpose, "addresses-of-all", command.at + REVIEW)
    if purpose is Purpose.IDENTITY and command.employed:
        return Kept(purpose, "on-the-staff", command.at + REVIEW)
    return None


def _continue(state: LedgerState, command: ContinueLedger) -> tuple[LedgerContinued, ...]:
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


def guards(state: LedgerState, command: LedgerCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: it depends on no other stream."""
    return ()


LEDGER: Final[Decider[LedgerState, LedgerCommand, LedgerEvent]] = Decider(
    StreamKind.LEDGER, LedgerState(), evolve, decide, contract_of, guards
)
"""How the ledger's own stream turns commands into events."""
