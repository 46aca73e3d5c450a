"""Bodies of erasures and legal holds."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.common import Body, Number, Short, Time, Written
from domain.contract.events import Authority
from domain.erasure import Basis
from domain.values import Purpose


class EraseSubject(Body):
    """Whose data goes; `contract` null: what is held of the person under no contract.

    The purpose `address` means the addresses of everybody under the contract.
    """

    contract: Number | None
    purposes: tuple[Purpose, ...] = Field(min_length=1, max_length=len(Purpose))
    basis: Basis


class EraseMessage(Body):
    """Which event's texts go; by default all but the address that it came from."""

    event: UUID
    basis: Basis
    purposes: tuple[Purpose, ...] | None = Field(None, min_length=1, max_length=len(Purpose))


class PlaceLegalHold(Body):
    """On whose word nothing under the contract may be erased, and when that is looked at again."""

    authority: Authority
    reference: Short = Field(description="Court, case number, what it asks.")
    review_at: Time


class ReleaseLegalHold(Body):
    """Why a legal hold is to end."""

    reason: Short


class ConfirmRelease(Body):
    """Nothing more to say: the version says what is confirmed."""


class KeptView(Body):
    """A purpose that was asked for and stays: why, and when to ask again."""

    purpose: Purpose
    rule: str
    review_at: datetime


class Erased(Written):
    """What is erased from now on, and what stays; `KeysDestroyed` follows within moments.

    Without the last three nothing was left to erase.
    """

    erasure: UUID | None = None
    purposes: list[Purpose] = Field([])
    kept: list[KeptView] = Field([])


class MessageErasedView(Written):
    """What is erased from now on; without the last two it was erased before."""

    erasure: UUID | None = None
    purposes: list[Purpose] = Field([])


class HoldWritten(Written):
    """The legal hold's id."""

    hold: UUID
