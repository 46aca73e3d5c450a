"""Bodies of changes of identity data."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Body, Line, Short, Written
from api.schemas.contracts import Contact, Holder
from api.schemas.ownership import CaseEvent, Mandate
from domain.contract.ownership.vocabulary import ChangeKind, Together
from domain.identity.proof import Capacity
from domain.identity_change.events import Excuse, Means, Refusal
from domain.identity_change.state import Phase


class RequestIdentityChange(Body):
    """What was asked for by a ticket under the contract.

    `holders` and `contacts` empty: they stay. `applicant` null: somebody new.
    """

    ticket: UUID
    kind: ChangeKind
    capacity: Capacity
    applicant: UUID | None = None
    holders: tuple[Holder, ...] = Field((), max_length=10)
    together: Together | None = None
    contacts: tuple[Contact, ...] = Field((), max_length=20)
    mandate: Mandate | None = None
    orders: tuple[UUID, ...] = Field((), max_length=20)
    dispute: UUID | None = None
    name: Line | None = None
    words: Short | None = None


class ExcuseApprover(Body):
    """Why who was drawn does not decide."""

    excuse: Excuse
    reason: Short | None = None


class RecordChangeNotice(Body):
    """How the holder was told; `contacts` are places, from 0, among those that predate it."""

    means: Means
    contacts: tuple[int, ...] = Field((), max_length=20)
    ticket: UUID | None = None


class ContestIdentityChange(Body):
    """Why somebody objects, and as what they speak."""

    capacity: Capacity
    words: Short
    contester: UUID | None = Field(None, description="Who objects; default: the caller.")
    ticket: UUID | None = None


class DismissContest(Body):
    """Why an objection does not hold."""

    explanation: Short


class RefuseIdentityChange(Body):
    """Why it does not happen."""

    refusal: Refusal
    explanation: Short


class WithdrawIdentityChange(Body):
    """Why nobody asks for it any more."""

    reason: Short | None = None


class ApproverWritten(Written):
    """Who was drawn."""

    approver: UUID


class ContestWritten(Written):
    """The objection's id."""

    contest: UUID


class KnownUnder(Answer):
    """The same document number under another contract: a hint, which proves nothing."""

    contract: str
    subject: UUID
    same_as: UUID


class IdentityChangeItem(Answer):
    """Where a change stands."""

    id: UUID
    contract: str
    kind: ChangeKind
    phase: Phase
    requested_at: datetime
    version: int


class IdentityChangeList(Answer):
    """Changes of identity data in the order in which they were asked for."""

    items: list[IdentityChangeItem]
    next: str | None


class IdentityChangeView(IdentityChangeItem):
    """A change with its evidence; this read was recorded."""

    events: list[CaseEvent]
    known_under: list[KnownUnder]
