"""What can be asked of a change of identity data: by staff and the system, never by customers.

`standing` is the contract as the plan read it; periods are settings, in seconds.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from domain.command import Command
from domain.contract.documents import Contact
from domain.contract.ownership.vocabulary import ChangeKind, Holder, Together
from domain.contract.state import UNREAD, ContractState
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity.proof import Capacity, Mandate
from domain.identity_change.events import Excuse, Means, Refusal
from domain.values import Role, Sealed


class Candidate(NamedTuple):
    """Somebody who may be drawn: in which role, and since when they have had it."""

    staff: UUID
    role: Role
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestIdentityChange(Command):
    """Write down what was asked for by a ticket."""

    contract: str
    ticket: UUID
    kind: ChangeKind
    applicant: UUID
    capacity: Capacity
    holders: tuple[Holder, ...] = ()
    together: Together | None = None
    contacts: tuple[Contact, ...] = ()
    mandate: Mandate | None = None
    orders: tuple[UUID, ...] = ()
    dispute: UUID | None = None
    name: Sealed | None = None
    words: Sealed | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawApprover(Command):
    """Draw who decides; `randomness` is 64 hex digits that nobody chose."""

    candidates: tuple[Candidate, ...]
    randomness: str
    role_age_seconds: int
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ExcuseApprover(Command):
    """Say why who was drawn does not decide."""

    excuse: Excuse
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApproveIdentityChange(Command):
    """Agree, as the second specialist.

    `opened` is the version of the change up to which the asker opened its evidence, `role_since`
    since when they have had the role; `ticket` tells the holder.
    """

    role_since: datetime
    role_age_seconds: int
    waiting_seconds: int
    ticket: UUID
    opened: int = 0
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordChangeNotice(Command):
    """Record that the holder was told once more, or at last."""

    means: Means
    contacts: tuple[int, ...] = ()
    ticket: UUID | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestIdentityChange(Command):
    """Object, as the holder or somebody else."""

    contest: UUID
    contester: UUID
    capacity: Capacity
    words: Sealed
    ticket: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DismissContest(Command):
    """Decide that an objection does not hold."""

    contest: UUID
    explanation: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RefuseIdentityChange(Command):
    """Let it not happen."""

    refusal: Refusal
    explanation: Sealed
    copies_seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WithdrawIdentityChange(Command):
    """Say that nobody asks for it any more."""

    copies_seconds: int
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyIdentityChange(Command):
    """Make it the identity of record, once the time to contest it is over."""

    copies_seconds: int
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseCopies(Command):
    """Note that copies of papers were erased."""

    copies: tuple[UUID, ...]


IdentityChangeCommand = (
    RequestIdentityChange
    | IssuePhotoCode
    | RecordIdentityCheck
    | DrawApprover
    | ExcuseApprover
    | ApproveIdentityChange
    | RecordChangeNotice
    | ContestIdentityChange
    | DismissContest
    | RefuseIdentityChange
    | WithdrawIdentityChange
    | ApplyIdentityChange
    | EraseCopies
)
