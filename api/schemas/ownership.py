"""Bodies about who holds a contract: authority, orders, doubts, warnings, checks."""

from typing import Any
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Body, Line, Short, Time, Written
from domain.contract.ownership.vocabulary import (
    AuthorityEnding,
    Doubt,
    OrderEffect,
    OrderSource,
    OrderStanding,
    Settlement,
    Warned,
)
from domain.identity.proof import Capacity, Finding, Method, Scope, Shown


class Nothing(Body):
    """Nothing more to say."""


class EndAuthority(Body):
    """Whose authority for which holder ended, and why; the holder stays."""

    person: UUID
    holder: UUID
    capacity: Capacity
    ending: AuthorityEnding
    reason: Short | None = None


class RecordOrder(Body):
    """An order of a court or an authority; `copies` are attachments of `ticket`."""

    source: OrderSource
    effect: OrderEffect
    standing: OrderStanding
    issuer: Line
    number: Line
    says: Short
    confidential_until: Time | None = None
    ticket: UUID | None = None
    copies: tuple[UUID, ...] = Field((), max_length=50)


class ChangeOrderStanding(Body):
    """How an order stands now, and until when nobody may be told of it."""

    standing: OrderStanding
    confidential_until: Time | None = None
    reason: Short | None = None


class DoubtHolder(Body):
    """Why it is not determined who holds the contract; `case` is where it came up."""

    holder: UUID
    kind: Doubt
    basis: Short
    case: UUID | None = None


class SettleDoubt(Body):
    """What ended a doubt."""

    settlement: Settlement
    reason: Short
    order: UUID | None = None


class WarnHolder(Body):
    """Of what the holder was warned; `organisation` uses what a person registered."""

    warning: Warned = Warned.EMPLOYEES_NAME
    organisation: Line | None = None
    words: Short | None = None


class Mandate(Body):
    """An authority: `person` (null: somebody new) may act for `holder`.

    `named` is how many persons the paper names who act only together.
    """

    person: UUID | None = None
    holder: UUID
    capacity: Capacity
    scope: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope))
    expires_at: Time | None = None
    named: int = Field(1, ge=1, le=100)


class Check(Body):
    """One look at one thing; without `copies` it was sighted and not copied."""

    person: UUID
    method: Method
    finding: Finding
    code: UUID | None = None
    shows: tuple[Shown, ...] = Field((), max_length=len(Shown))
    copies: tuple[UUID, ...] = Field((), max_length=50)
    mandate: Mandate | None = None
    found: Short | None = None


class OrderWritten(Written):
    """The order's id."""

    order: UUID


class DoubtWritten(Written):
    """The doubt's id."""

    doubt: UUID


class CodeWritten(Written):
    """The id of a code for a photo; the ticket shows the code itself."""

    code: UUID


class CaseEvent(Answer):
    """One event of a case, its texts opened."""

    version: int
    type: str
    what: dict[str, Any]
