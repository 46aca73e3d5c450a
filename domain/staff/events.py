"""Facts about a staff member or a service. Class names and field names are a storage format."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.values import Role, Sealed


@dataclass(frozen=True, slots=True)
class StaffJoined:
    """Somebody, or a service, may act; `login` is issuer and subject of their token."""

    name: Sealed
    login: Sealed
    roles: tuple[Role, ...]
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RoleGranted:
    """They may act in one more role."""

    role: Role


@dataclass(frozen=True, slots=True)
class RoleRevoked:
    """They may no longer act in the role."""

    role: Role


@dataclass(frozen=True, slots=True)
class LanguagesStated:
    """The languages (BCP 47) they answer in from now on."""

    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class StaffAbsent:
    """They are away, until `until` if known."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class StaffReturned:
    """They are back."""


@dataclass(frozen=True, slots=True)
class StaffLeft:
    """They left for good: no role and no key of theirs works any more."""


@dataclass(frozen=True, slots=True)
class ApiKeyIssued:
    """A key was made; `digest` is the hex HMAC-SHA256 of its secret, which was shown once."""

    key: UUID
    digest: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class ApiKeyRevoked:
    """A key works no more."""

    key: UUID


StaffEvent = (
    StaffJoined
    | RoleGranted
    | RoleRevoked
    | LanguagesStated
    | StaffAbsent
    | StaffReturned
    | StaffLeft
    | ApiKeyIssued
    | ApiKeyRevoked
)
