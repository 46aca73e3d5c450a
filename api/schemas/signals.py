"""Answers of the operations on signals."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.common import ID_EXAMPLE, TIME_EXAMPLE, Answer, Number, Paged
from domain.signals.signal import SignalKind


class NamedEvent(Answer):
    """An event that a signal rests on."""

    id: UUID = Field(examples=[ID_EXAMPLE])
    position: int
    type: str = Field(examples=["ClaimRefused"])
    at: datetime = Field(examples=[TIME_EXAMPLE])


class SignalView(Answer):
    """Something for a person to look at; `since` all that it takes was there. It proves nothing."""

    kind: SignalKind
    since: datetime
    counted: int
    says: str = Field(examples=["2 claims were refused, at least 2 of them within 90 days."])
    labels: list[str] = Field(examples=[[]])
    events: list[NamedEvent]


class ContractSignals(Answer):
    """The signals about a contract as of a position, the oldest first."""

    number: str = Field(examples=["C-1001"])
    as_of_position: int
    signals: list[SignalView]


class StaffSignals(Answer):
    """The signals about a member of the staff as of a position, the oldest first."""

    staff: UUID
    as_of_position: int
    signals: list[SignalView]


class Raising(Paged):
    """Which of the signals there are."""

    kind: SignalKind | None = None
    contract: Number | None = None


class RaisedSignal(SignalView):
    """A signal, about contracts or about a member of the staff, who opened them.

    `raised_at_position` is where the event was recorded that raised it.
    """

    contracts: list[str] = Field(examples=[["C-1001"]])
    staff: UUID | None
    raised_at_position: int


class RaisedSignals(Answer):
    """A page of signals; every event up to position `upto` was looked at."""

    items: list[RaisedSignal]
    next: str | None
    upto: int
