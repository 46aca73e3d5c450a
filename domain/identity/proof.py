"""Checks and what they prove: who somebody is, and for whom they may act.

A check is one look at one thing by one member of the staff. Of several looks at the same thing the
last one counts.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID


class Capacity(StrEnum):
    """As what somebody acts for a holder of record."""

    IN_PERSON = "in_person"
    REPRESENTATIVE = "representative"
    ATTORNEY = "attorney"
    HEIR = "heir"
    GUARDIAN = "guardian"
    LIQUIDATOR = "liquidator"
    LEGAL_SUCCESSOR = "legal_successor"


class Scope(StrEnum):
    """For what an authority is good."""

    TICKETS = "tickets"
    ACCESS = "access"
    IDENTITY = "identity"
    TRANSFER = "transfer"


class Method(StrEnum):
    """How something was checked."""

    OFFICE_VISIT = "office_visit"
    OWN_PHOTO = "own_photo"
    AUTHORITY_PAPERS = "authority_papers"
    AUTHORITY_ON_RECORD = "authority_on_record"


class Finding(StrEnum):
    """What came out of a check."""

    PASSED = "passed"
    FAILED = "failed"
    UNCLEAR = "unclear"


class Shown(StrEnum):
    """What a person's own photo shows."""

    PERSON = "person"
    CODE = "code"
    DOCUMENT_SPREAD = "document_spread"


OF_IDENTITY: Final = frozenset({Method.OFFICE_VISIT, Method.OWN_PHOTO})
"""The methods that say who somebody is; the others say for whom they may act."""

AFTER_THE_END: Final = frozenset({Capacity.HEIR, Capacity.LIQUIDATOR, Capacity.LEGAL_SUCCESSOR})
"""The capacities that outlive a holder who died or was dissolved."""


@dataclass(frozen=True, slots=True)
class Mandate:
    """An authority: `person` may act for `holder`, together with others if it names several.

    `named` is how many persons it names who act only together, 1 when the person acts alone;
    `expires_at` None: until it is revoked.
    """

    person: UUID
    holder: UUID
    capacity: Capacity
    scope: tuple[Scope, ...]
    expires_at: datetime | None
    named: int


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one person; `copies` are attachments of the ticket, none: seen, not copied.

    `code` and `shows` belong to a photo, `mandate` to authority.
    """

    check: UUID
    person: UUID
    method: Method
    finding: Finding
    code: UUID | None
    shows: tuple[Shown, ...]
    copies: tuple[UUID, ...]
    mandate: Mandate | None


def identified(checks: Iterable[Check], person: UUID) -> bool:
    """Say whether the last look at who the person is was good."""
    found = [one.finding for one in checks if one.person == person and one.method in OF_IDENTITY]
    return found[-1:] == [Finding.PASSED]


def still_given(checks: tuple[Check, ...], acting: Collection[Mandate]) -> tuple[Check, ...]:
    """Return the checks without authorities last seen on a record that gives them no more.

    `acting` are the authorities on record now. Who left meanwhile acts no more, whatever older
    papers say.
    """
    last = {_of(one.mandate): one for one in checks if one.mandate is not None}
    gone = {
        key
        for key, one in last.items()
        if one.method is Method.AUTHORITY_ON_RECORD and one.mandate not in acting
    }
    return tuple(one for one in checks if one.mandate is None or _of(one.mandate) not in gone)


def mandates(checks: Iterable[Check]) -> tuple[Mandate, ...]:
    """Return the authorities that the last look at each found good."""
    last = {_of(one.mandate): one for one in checks if one.mandate is not None}
    return tuple(
        one.mandate
        for one in last.values()
        if one.mandate is not None and one.finding is Finding.PASSED
    )


def proved(
    checks: tuple[Check, ...], holder: UUID, scope: Scope, at: datetime, *, ended: bool = False
) -> bool:
    """Say whether the checks prove that the holder acts, in person or through others.

    `ended` says that the holder died or was dissolved: then only those act who come after.
    """
    if not ended and identified(checks, holder):
        return True
    good = [
        one
        for one in mandates(checks)
        if one.holder == holder
        and good_for(one, scope, at)
        and identified(checks, one.person)
        and (not ended or one.capacity in AFTER_THE_END)
    ]
    return any(_enough(good, capacity) for capacity in Capacity)


def good_for(mandate: Mandate, scope: Scope, at: datetime) -> bool:
    """Say whether an authority covers something at a moment."""
    return scope in mandate.scope and (mandate.expires_at is None or at < mandate.expires_at)


def _enough(good: list[Mandate], capacity: Capacity) -> bool:
    """Say whether all whom papers of this capacity name together are there."""
    alike = [one for one in good if one.capacity is capacity]
    persons = {one.person for one in alike}
    return bool(alike) and len(persons) >= max(one.named for one in alike)


def _of(mandate: Mandate) -> tuple[UUID, UUID, Capacity]:
    """Return who acts for whom as what."""
    return mandate.person, mandate.holder, mandate.capacity
