"""Values that every stream shares: who, on whose behalf, personal data, closed vocabularies."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""The only form a string in an envelope's `data` may have: ids, numbers, vocabularies."""


class Purpose(StrEnum):
    """Why a piece of personal data is kept; erasure works by contract and purpose."""

    IDENTITY = "identity"
    CORRESPONDENCE = "correspondence"
    CLAIM = "claim"
    CHECK = "check"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Sealed:
    """One piece of personal data of an event: encrypted in the store, committed to in the envelope.

    `text` is None on a value read without being opened, and on one that was erased.
    No rule may depend on `text`: deciders fold events whose sealed fields stay closed. The text
    never shows in a repr, so in no log either.
    """

    text: str | None = field(repr=False)
    subject: UUID
    purpose: Purpose


class Role(StrEnum):
    """What somebody may do; `api/permissions.csv` says what each may."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SUPERVISOR = "supervisor"
    COMPLIANCE = "compliance"
    DISPUTE_HANDLER = "dispute_handler"
    SERVICE = "service"
    OPERATOR = "operator"


STAFF_ROLES: Final = frozenset(Role) - {Role.CUSTOMER}


class ActorKind(StrEnum):
    """What kind of somebody acted; `imported` is a name from another system's log."""

    CUSTOMER = "customer"
    STAFF = "staff"
    SERVICE = "service"
    SYSTEM = "system"
    IMPORTED = "imported"


class Assurance(StrEnum):
    """How the actor proved who they are."""

    INTERACTIVE = "interactive"
    API_KEY = "api_key"
    LOCAL = "local"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acted: an internal id, never a name; `issuer` is a configured name, not an address."""

    kind: ActorKind
    id: UUID
    role: Role | None
    credential: UUID | None = None
    issuer: str = "local"
    assurance: Assurance = Assurance.NONE


@dataclass(frozen=True, slots=True)
class Behalf:
    """For whom the actor acted; `asserted` names what only the actor says (person, address)."""

    id: UUID
    asserted: tuple[str, ...] = ()


class OriginKind(StrEnum):
    """Whether an event happened here or was taken over from another system's log."""

    LIVE = "live"
    IMPORTED = "imported"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where an event comes from; `source` and `row` only for imports."""

    kind: OriginKind = OriginKind.LIVE
    source: str | None = None
    row: int | None = None


LIVE: Final = Origin()


@dataclass(frozen=True, slots=True)
class Provenance:
    """Everything about a command that is not the command: who, from where, when, why.

    `at` is the caller's clock (UTC). `address` is the sealed JSON of the resolved connection
    address. `occurred_at` is set only when it differs from the recording. `language` of no text
    is kept here: texts are sealed fields of events.
    """

    actor: Actor
    at: datetime
    correlation: UUID
    address: Sealed | None = None
    on_behalf_of: Behalf | None = None
    causation: UUID | None = None
    origin: Origin = LIVE
    occurred_at: datetime | None = None


def is_code(text: str) -> bool:
    """Say whether `text` may stand in an envelope's `data`."""
    return CODE.fullmatch(text) is not None
