"""What can be answered when it is asked who holds a contract of record."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.contract.ownership.vocabulary import Doubt, Together


class Unclear(StrEnum):
    """Why it is undetermined who holds a contract."""

    NOT_REGISTERED = "not_registered"
    NO_IDENTITY = "no_identity"
    DECEASED = Doubt.DECEASED
    DISSOLVED = Doubt.DISSOLVED
    CONFLICTING_EXTRACTS = Doubt.CONFLICTING_EXTRACTS
    NO_PROVEN_AUTHORITY = Doubt.NO_PROVEN_AUTHORITY
    DEPARTED = "departed"


@dataclass(frozen=True, slots=True)
class HeldOfRecord:
    """Who holds it, since when, by which version of the identity; `rests_on` are event ids.

    `departure` is the one by which two people departed from the rule, until the next version.
    """

    holders: tuple[UUID, ...]
    together: Together | None
    version: int
    since: datetime
    rests_on: tuple[UUID, ...]
    departure: UUID | None = None


@dataclass(frozen=True, slots=True)
class Undetermined:
    """Nobody can say who holds it; `status_quo` goes on until agreement or order.

    `version` is the identity's, 0: none.
    """

    reason: Unclear
    status_quo: tuple[UUID, ...]
    rests_on: tuple[UUID, ...]
    version: int = 0
    departure: UUID | None = None
