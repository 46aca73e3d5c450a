"""What can be asked of a recovery; `standing` is the contract as the plan read it."""

from dataclasses import dataclass
from uuid import UUID

from domain.command import Command
from domain.contract.state import UNREAD, ContractState
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity.proof import Capacity
from domain.recovery.events import Act, Dropping
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportRecovery(Command):
    """Write down that credentials were stolen."""

    contract: str
    ticket: UUID
    reporter: UUID
    capacity: Capacity
    words: Sealed
    name: Sealed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSuspension(Command):
    """Suspend everybody's access."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRestoration(Command):
    """Give access back to `person` alone; `name` and `login` if they were never named."""

    person: UUID
    name: Sealed | None = None
    login: Sealed | None = None
    standing: ContractState = UNREAD


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfirmProvisioning(Command):
    """Say that provisioning has done what it was told."""

    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class DropRecovery(Command):
    """Recover nothing."""

    dropping: Dropping
    explanation: Sealed


RecoveryCommand = (
    ReportRecovery
    | IssuePhotoCode
    | RecordIdentityCheck
    | OrderSuspension
    | OrderRestoration
    | ConfirmProvisioning
    | DropRecovery
)
