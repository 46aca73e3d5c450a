"""What is asked of every case in which identity is checked."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.command import Command
from domain.contract.state import UNREAD, ContractState
from domain.identity.proof import Check
from domain.values import Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePhotoCode(Command):
    """Give out a code for a photo."""

    code: UUID
    expires_at: datetime
    shown: Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordIdentityCheck(Command):
    """Record one check; `standing` is the contract as the plan read it."""

    check: Check
    found: Sealed | None = None
    standing: ContractState = UNREAD
