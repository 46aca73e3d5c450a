"""What can be asked of a staff member's stream."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.command import Command
from domain.values import Role, Sealed


@dataclass(frozen=True, slots=True, kw_only=True)
class JoinStaff(Command):
    """Let somebody, or a service, act."""

    name: Sealed
    login: Sealed
    roles: tuple[Role, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GrantRole(Command):
    """Let them act in one more role."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeRole(Command):
    """Take a role from them."""

    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class StateLanguages(Command):
    """Say in which languages they answer."""

    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StateAbsence(Command):
    """Say that they are away."""

    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StateReturn(Command):
    """Say that they are back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaveStaff(Command):
    """Say that they left for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueApiKey(Command):
    """Make a key; `digest` is the hex HMAC-SHA256 of its secret."""

    key: UUID
    digest: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RevokeApiKey(Command):
    """Make a key useless."""

    key: UUID


StaffCommand = (
    JoinStaff
    | GrantRole
    | RevokeRole
    | StateLanguages
    | StateAbsence
    | StateReturn
    | LeaveStaff
    | IssueApiKey
    | RevokeApiKey
)
