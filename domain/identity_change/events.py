"""Facts about one request to change identity data. Names are a storage format.

What is asked for is sealed here, once; the contract's stream then only names it.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from domain.contract.documents import Contact
from domain.contract.ownership.vocabulary import ChangeKind, Holder, Together
from domain.identity.proof import Capacity, Check, Mandate
from domain.values import Role, Sealed


class Excuse(StrEnum):
    """Why somebody who was drawn does not approve."""

    CONFLICT = "conflict"
    ABSENT = "absent"
    LATE = "late"


class Refusal(StrEnum):
    """Why a change was refused."""

    NOT_PROVED = "not_proved"
    PAPERS_INSUFFICIENT = "papers_insufficient"
    FORGED = "forged"
    CONTESTED = "contested"
    ORDER = "order"
    SUPERSEDED = "superseded"


class Means(StrEnum):
    """How a notice was given."""

    PORTAL = "portal"
    MAIL = "mail"
    PHONE = "phone"
    POST = "post"


@dataclass(frozen=True, slots=True)
class IdentityChangeRequested:
    """Somebody asked, by `ticket` under `contract`, for what follows identity `version`.

    `asker` is the member of the staff who wrote it down, `applicant` who asked. `holders` empty:
    they stay; `contacts` empty: they stay. `orders` are what it rests on beside the checks.
    `contacts_version` and `contacts_given` are the ways to reach the holder that predate it.
    """

    contract: str
    ticket: UUID
    dispute: UUID | None
    kind: ChangeKind
    version: int
    asker: UUID
    applicant: UUID
    capacity: Capacity
    holders: tuple[Holder, ...]
    together: Together | None
    contacts: tuple[Contact, ...]
    mandate: Mandate | None
    orders: tuple[UUID, ...]
    contacts_version: int
    contacts_given: int
    name: Sealed | None
    words: Sealed | None


@dataclass(frozen=True, slots=True)
class PhotoCodeIssued:
    """The ticket showed a code that a photo has to show; good for one photo, once."""

    code: UUID
    issuer: UUID
    expires_at: datetime
    shown: Sealed


@dataclass(frozen=True, slots=True)
class IdentityChecked:
    """One thing was checked."""

    checker: UUID
    check: Check
    found: Sealed | None


@dataclass(frozen=True, slots=True)
class ApproverDrawn:
    """The system drew who decides; anybody can repeat it from candidates and randomness.

    Whoever is drawn has had `role` for at least `role_age_seconds`.
    """

    approver: UUID
    role: Role
    role_since: datetime
    role_age_seconds: int
    candidates: tuple[UUID, ...]
    randomness: str


@dataclass(frozen=True, slots=True)
class ApproverExcused:
    """Who was drawn does not decide, and is not drawn again for this change."""

    approver: UUID
    excuse: Excuse
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class IdentityChangeApproved:
    """A second specialist, signed in, who had opened the evidence up to `evidence`, agreed.

    It can be contested until `contestable_until`, `waiting_seconds` after.
    """

    approver: UUID
    role: Role
    role_since: datetime
    role_age_seconds: int
    evidence: int
    waiting_seconds: int
    contestable_until: datetime


@dataclass(frozen=True, slots=True)
class ChangeNoticeGiven:
    """The holder was told, at `contacts` (places, from 0) of version `version` that predate it.

    `ticket` is the one that tells it in the portal; there is time to contest it until then.
    """

    means: Means
    version: int
    contacts: tuple[int, ...]
    ticket: UUID | None
    contestable_until: datetime


@dataclass(frozen=True, slots=True)
class ChangeNoticeWithheld:
    """The holder was not told, because the change rests on an order that is confidential."""

    order: UUID


@dataclass(frozen=True, slots=True)
class IdentityChangeContested:
    """Somebody objects: nothing changes until that is decided."""

    contest: UUID
    contester: UUID
    capacity: Capacity
    ticket: UUID | None
    words: Sealed


@dataclass(frozen=True, slots=True)
class ContestDismissed:
    """Somebody who had no part in the change decided that an objection does not hold."""

    contest: UUID
    decider: UUID
    explanation: Sealed


@dataclass(frozen=True, slots=True)
class IdentityChangeRefused:
    """It does not happen; copies of papers are erased by `copies_until`."""

    refusal: Refusal
    decider: UUID
    copies_seconds: int
    copies_until: datetime
    explanation: Sealed


@dataclass(frozen=True, slots=True)
class IdentityChangeWithdrawn:
    """Nobody asks for it any more."""

    copies_seconds: int
    copies_until: datetime
    reason: Sealed | None


@dataclass(frozen=True, slots=True)
class IdentityChangeApplied:
    """It is the identity of record now, as `version`; an authority leaves the version as it is."""

    version: int
    copies_seconds: int
    copies_until: datetime


@dataclass(frozen=True, slots=True)
class CopiesErased:
    """Copies of papers are gone; what was found when they were checked stays."""

    copies: tuple[UUID, ...]


IdentityChangeEvent = (
    IdentityChangeRequested
    | PhotoCodeIssued
    | IdentityChecked
    | ApproverDrawn
    | ApproverExcused
    | IdentityChangeApproved
    | ChangeNoticeGiven
    | ChangeNoticeWithheld
    | IdentityChangeContested
    | ContestDismissed
    | IdentityChangeRefused
    | IdentityChangeWithdrawn
    | IdentityChangeApplied
    | CopiesErased
)
