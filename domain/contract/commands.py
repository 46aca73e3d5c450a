"""What can be asked of a contract."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.command import Command
from domain.contract.documents import Category, Contact, Document
from domain.contract.events import Authority, Ending, Right
from domain.contract.ownership.commands import OwnershipCommand
from domain.contract.ownership.vocabulary import Holder, Together
from domain.erasure import CompleteErasure, EraseSubject
from domain.notification.events import MailForm, NotificationKind
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContract(Command):
    """Register a contract with the identity document that the holder gave.

    `joint` hold it too; `used_by` is the organisation that uses what a person registers.
    """

    number: str
    category: Category
    holder: UUID
    language: str
    document: Document | None
    contacts: tuple[Contact, ...]
    joint: tuple[Holder, ...] = ()
    together: Together | None = None
    used_by: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamePerson(Command):
    """Give a person rights under the contract."""

    person: UUID
    name: Sealed
    login: Sealed | None
    rights: tuple[Right, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRights(Command):
    """Set what a named person may do."""

    person: UUID
    rights: tuple[Right, ...]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRights(Command):
    """Take all rights from a named person."""

    person: UUID
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseContract(Command):
    """End the contract."""

    ending: Ending
    reason: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportContract(Command):
    """Take over a contract of which only the number is known: category unknown, no identity."""

    number: str
    holder: UUID
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceLegalHold(Command):
    """Keep everything under the contract from being erased, until two people release it."""

    hold: UUID
    authority: Authority
    reference: Sealed
    review_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestHoldRelease(Command):
    """Ask that somebody else confirm the release of a hold."""

    hold: UUID
    reason: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmHoldRelease(Command):
    """Release a hold, as the second person."""

    hold: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class StatePreferences(Command):
    """Say how a person wants to be told of their tickets."""

    person: UUID
    language: str | None = None
    mail: Sealed | None = None
    form: MailForm = MailForm.HTML
    unwanted: tuple[NotificationKind, ...] = ()


ContractCommand = (
    RegisterContract
    | NamePerson
    | GrantRights
    | RevokeRights
    | CloseContract
    | ImportContract
    | OwnershipCommand
    | PlaceLegalHold
    | RequestHoldRelease
    | ConfirmHoldRelease
    | StatePreferences
    | EraseSubject
    | CompleteErasure
)
