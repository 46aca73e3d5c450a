"""Bodies of the staff operations."""

from datetime import datetime
from uuid import UUID

from pydantic import Field

from api.schemas.common import Answer, Body, Language, Line, Time, Written
from api.schemas.contracts import Login
from domain.values import Role


class JoinStaff(Body):
    """Somebody, or a service, who may act from now on."""

    name: Line
    login: Login
    roles: tuple[Role, ...] = Field(min_length=1, max_length=7)
    languages: tuple[Language, ...] = Field((), max_length=20)


class ChangeRole(Body):
    """One role to grant or to revoke."""

    role: Role


class StateLanguages(Body):
    """All languages they answer in from now on."""

    languages: tuple[Language, ...] = Field(max_length=20)


class StateAbsence(Body):
    """Until when they are away, if known."""

    until: Time | None = None


class IssueApiKey(Body):
    """Until when the key works; null: until revoked."""

    expires_at: Time | None = None


class Nothing(Body):
    """No fields: the path says everything."""


class KeyIssued(Written):
    """The key, shown this once; null when an earlier answer is repeated."""

    key: UUID
    secret: str | None


class StaffView(Answer):
    """A staff member or a service."""

    id: UUID
    name: str | None
    roles: list[Role]
    languages: list[str]
    absent: bool
    left: bool
    joined_at: datetime


class StaffList(Answer):
    """A page of staff members."""

    items: list[StaffView]
    next: str | None
