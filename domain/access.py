"""Who read what: facts about reads of identity data and evidence, in streams of their own.

An access stream is one reader's (its id is the reader's); its envelopes have no contract, the
number stands in `data`, so that reading leaves no trace in what was read.
"""

from dataclasses import dataclass, field
from typing import Final, assert_never
from uuid import UUID

from domain.command import Command
from domain.decider import Decider
from domain.grown import Grown
from domain.log import Guard
from domain.stream import StreamKind


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """The reader opened the identity data of this contract."""

    contract: str


@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """The reader opened the evidence of a case, as far as this version of its stream.

    `case` is the id of an identity change, a recovery or a dispute; `contract` None: under none.
    """

    case: UUID
    version: int
    contract: str | None


AccessEvent = IdentityRead | EvidenceRead


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteIdentityRead(Command):
    """Note that the asker opens the identity data of this contract."""

    contract: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvidenceRead(Command):
    """Note that the asker opens the evidence of a case, as far as this version of its stream."""

    case: UUID
    version: int
    contract: str | None = None


AccessCommand = NoteIdentityRead | NoteEvidenceRead


@dataclass(frozen=True, slots=True)
class AccessState:
    """How many reads were noted, and which evidence was opened up to which version.

    Every read counts, also of the same contract again.
    """

    reads: int = 0
    evidence: Grown[tuple[UUID, int], None] = field(default_factory=Grown)

    def opened(self, case: UUID) -> int:
        """Return the version up to which the reader opened a case's evidence, 0: never."""
        return max((version for known, version in self.evidence if known == case), default=0)


def evolve(state: AccessState, event: AccessEvent) -> AccessState:
    """Return the state after `event`."""
    match event:
        case IdentityRead():
            return AccessState(state.reads + 1, state.evidence)
        case EvidenceRead(case=case, version=version):
            return AccessState(state.reads + 1, state.evidence.plus((case, version), None))
        case _:
            assert_never(event)


def decide(state: AccessState, command: AccessCommand) -> tuple[AccessEvent, ...]:  # noqa: ARG001 - never refused
    """Return the fact: a read is never refused here, it is only noted."""
    match command:
        case NoteIdentityRead():
            return (IdentityRead(command.contract),)
        case NoteEvidenceRead():
            return (EvidenceRead(command.case, command.version, command.contract),)
        case _:
            assert_never(command)


def contract_of(state: AccessState) -> None:
    """Return None: reading leaves no trace in what was read."""


def guards(state: AccessState, command: AccessCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: a read depends on no other stream."""
    return ()


ACCESS: Final[Decider[AccessState, AccessCommand, AccessEvent]] = Decider(
    StreamKind.ACCESS, AccessState(), evolve, decide, contract_of, guards
)
"""How access streams turn commands into events."""
