"""Facts about getting an account back. Class names and field names are a storage format."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.identity.proof import Capacity, Check
from domain.values import Sealed


class Act(StrEnum):
    """What provisioning is told to do."""

    SUSPEND_ACCESS = "suspend_access"
    RESTORE_ACCESS = "restore_access"
    REVOKE_OTHER_ACCESS = "revoke_other_access"


class Dropping(StrEnum):
    """Why a recovery led to nothing."""

    NOT_PROVED = "not_proved"
    MISTAKEN = "mistaken"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class RecoveryReported:
    """Somebody said, by `ticket`, that credentials of the contract were stolen.

    `asker` is the member of the staff who wrote it down.
    """

    contract: str
    ticket: UUID
    asker: UUID
    reporter: UUID
    capacity: Capacity
    name: Sealed | None
    words: Sealed


@dataclass(frozen=True, slots=True)
class RecoveryCodeIssued:
    """A code that a photo has to show was given out; good for one photo, once."""

    code: UUID
    issuer: UUID
    expires_at: datetime
    shown: Sealed


@dataclass(frozen=True, slots=True)
class RecoveryChecked:
    """One thing was checked."""

    checker: UUID
    check: Check
    found: Sealed | None


@dataclass(frozen=True, slots=True)
class ProvisioningOrdered:
    """Provisioning was told to do something; `person` is who gets or keeps access."""

    act: Act
    orderer: UUID
    person: UUID | None


@dataclass(frozen=True, slots=True)
class ProvisioningConfirmed:
    """Provisioning says that it has done it."""

    act: Act


@dataclass(frozen=True, slots=True)
class RecoveryDropped:
    """Nothing is recovered: rights are what they were before."""

    dropping: Dropping
    decider: UUID
    explanation: Sealed


RecoveryEvent = (
    RecoveryReported
    | RecoveryCodeIssued
    | RecoveryChecked
    | ProvisioningOrdered
    | ProvisioningConfirmed
    | RecoveryDropped
)
