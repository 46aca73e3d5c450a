"""Who read what: facts about reads of identity data and evidence, in streams of their own.

An access stream is one reader's (its id is the reader's); its envelopes have no contract, the
number stands in `data`, so that reading leaves no trace in what was read.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, assert_never
from uuid import UUID

from domain.command import Command
from domain.decider import Decider
from domain.errors import Malformed, Refused
from domain.grown import Grown
from domain.limits import check_texts
from domain.log import Guard
from domain.stream import StreamKind
from domain.values import Sealed

DIGEST: Final = re.compile(r"[0-9a-f]{64}")
"""A SHA-256 digest as it stands in events."""


class ReadingBasis(StrEnum):
    """Why somebody may search for a person, or hand out what is recorded."""

    COURT_ORDER = "court_order"
    AUTHORITY_REQUEST = "authority_request"
    DATA_SUBJECT_REQUEST = "data_subject_request"
    LEGAL_CLAIM = "legal_claim"
    LEGAL_OBLIGATION = "legal_obligation"
    CONTRACT = "contract"
    CONSENT = "consent"
    OTHER = "other"


class Exportable(StrEnum):
    """What can be exported."""

    TICKET = "ticket"
    CONTRACT = "contract"
    DISPUTE = "dispute"


@dataclass(frozen=True, slots=True)
class IdentityRead:
    """The reader opened the identity data of this contract."""

    contract: str


@dataclass(frozen=True, slots=True)
class EvidenceRead:
    """The reader opened the evidence of a case, as far as this version of its stream.

    `case` is the id of an identity change, a recovery or a dispute, or of a ticket whose bag, made
    by another, was fetched; `contract` None: under none.
    """

    case: UUID
    version: int
    contract: str | None


@dataclass(frozen=True, slots=True)
class PersonSearched:
    """The reader searched for a person; `asked` is by what, `words` more of the basis."""

    basis: ReadingBasis
    asked: Sealed
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class Exported:
    """The reader made an export of `what`, by id and contract, as of `position`.

    `digest` is the SHA-256 of the bundle as said in docs/format.md; `words` is more of the basis.
    """

    what: Exportable
    id: UUID
    contract: str | None
    position: int
    digest: str
    basis: ReadingBasis
    recipient: Sealed
    words: Sealed | None


AccessEvent = IdentityRead | EvidenceRead | PersonSearched | Exported


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NotePersonSearch(Command):
    """Note that the asker searches for a person, before the answer is given."""

    basis: ReadingBasis
    asked: Sealed
    words: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteExport(Command):
    """Note that the asker makes an export, before it is handed out."""

    what: Exportable
    id: UUID
    position: int
    digest: str
    basis: ReadingBasis
    recipient: Sealed
    contract: str | None = None
    words: Sealed | None = None


AccessCommand = NoteIdentityRead | NoteEvidenceRead | NotePersonSearch | NoteExport


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
        case IdentityRead() | PersonSearched() | Exported():
            return AccessState(state.reads + 1, state.evidence)
        case EvidenceRead(case=case, version=version):
            return AccessState(state.reads + 1, state.evidence.plus((case, version), None))
        case _:
            assert_never(event)


def decide(state: AccessState, command: AccessCommand) -> tuple[AccessEvent, ...]:  # noqa: ARG001 - the decider's form
    """Return the fact: a read is never refused here, a search or an export without basis is.

    Raises Malformed by a text's size, or for what is no digest or position.
    """
    check_texts(command)
    match command:
        case NoteIdentityRead():
            return (IdentityRead(command.contract),)
        case NoteEvidenceRead():
            return (EvidenceRead(command.case, command.version, command.contract),)
        case NotePersonSearch():
            _founded(command.basis, command.words)
            return (PersonSearched(command.basis, command.asked, command.words),)
        case NoteExport():
            return (_exported(command),)
        case _:
            assert_never(command)


def _exported(command: NoteExport) -> Exported:
    _founded(command.basis, command.words)
    if not DIGEST.fullmatch(command.digest):
        raise Malformed("is no SHA-256 digest in lower-case hex", "digest")
    if command.position < 1:
        raise Malformed("is no position: they begin with 1", "position")
    return Exported(
        command.what,
        command.id,
        command.contract,
        command.position,
        command.digest,
        command.basis,
        command.recipient,
        command.words,
    )


def _founded(basis: ReadingBasis, words: Sealed | None) -> None:
    if basis is ReadingBasis.OTHER and words is None:
        raise Refused("basis-required", "say in words on what basis")


def contract_of(state: AccessState) -> None:
    """Return None: reading leaves no trace in what was read."""


def guards(state: AccessState, command: AccessCommand) -> tuple[Guard, ...]:  # noqa: ARG001 - the decider's form
    """Return nothing: a read depends on no other stream."""
    return ()


ACCESS: Final[Decider[AccessState, AccessCommand, AccessEvent]] = Decider(
    StreamKind.ACCESS, AccessState(), evolve, decide, contract_of, guards
)
"""How access streams turn commands into events."""
