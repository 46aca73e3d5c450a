"""Erasure: whose data goes, for which purposes, on which basis; what has to stay, and until when.

The facts are recorded first and carried out afterwards (`infra.erasure`): from `SubjectErased` or
`MessageErased` on, the data counts as erased; `KeysDestroyed` says that nothing can open it here.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from domain.command import Command
from domain.errors import NotFound, Refused
from domain.values import Purpose

REVIEW: Final = timedelta(days=365)
"""When to look again at what is kept for as long as a contract, or a member of the staff, lives."""


class Basis(StrEnum):
    """The lawful basis of an erasure."""

    DATA_SUBJECT_REQUEST = "data_subject_request"
    CONSENT_WITHDRAWN = "consent_withdrawn"
    CONTRACT_ENDED = "contract_ended"
    RETENTION_EXPIRED = "retention_expired"
    UNLAWFUL_PROCESSING = "unlawful_processing"
    LEGAL_OBLIGATION = "legal_obligation"


@dataclass(frozen=True, slots=True)
class Limitation:
    """For how many days after its contract's end data for a purpose has to be kept."""

    purpose: Purpose
    days: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A purpose whose data stays: `rule` says why, `review_at` when to ask again."""

    purpose: Purpose
    rule: str
    review_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectErased:
    """A person's data under a contract (None: under none) is erased for these purposes.

    `address` stands for the addresses of everybody under the contract: they share their keys.
    `kept` is what was asked for and stays, `limitation` the periods that the decision went by.
    """

    erasure: UUID
    subject: UUID
    contract: str | None
    purposes: tuple[Purpose, ...]
    kept: tuple[Kept, ...]
    basis: Basis
    limitation: tuple[Limitation, ...]


@dataclass(frozen=True, slots=True)
class KeysDestroyed:
    """The keys of an erasure, or the ciphertexts of an erased message, are destroyed."""

    erasure: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class EraseSubject(Command):
    """Erase a person's data; `held` says for which purposes there is any.

    `ended_at` is when the contract ended; `employed` says that the person belongs to the staff.
    """

    erasure: UUID
    subject: UUID
    purposes: tuple[Purpose, ...]
    basis: Basis
    limitation: tuple[Limitation, ...]
    held: frozenset[Purpose]
    ended_at: datetime | None = None
    employed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CompleteErasure(Command):
    """Note that an erasure is carried out."""

    erasure: UUID


@dataclass(frozen=True, slots=True)
class Erasures:
    """What a stream's history says of erasures: those not carried out yet, and whose data went."""

    open: tuple[tuple[UUID, UUID], ...] = ()
    subjects: frozenset[UUID] = frozenset()

    def plus(self, event: SubjectErased) -> "Erasures":
        """Return them after one more."""
        return Erasures(
            (*self.open, (event.erasure, event.subject)), self.subjects | {event.subject}
        )

    def without(self, event: KeysDestroyed) -> "Erasures":
        """Return them after one was carried out."""
        return Erasures(tuple(one for one in self.open if one[0] != event.erasure), self.subjects)


NO_ERASURES: Final = Erasures()


def erase(
    erasures: Erasures,
    command: EraseSubject,
    contract: str | None,
    keeps: Callable[[Purpose], Kept | None],
    holder: UUID | None = None,
) -> tuple[SubjectErased, ...]:
    """Return the erasure of what may go; nothing when all of it went before.

    `keeps` says why a purpose's data stays. Raises NotFound for a person of whom nothing is held,
    Refused when nothing may go or their last erasure is still being carried out.
    """
    if not command.held - {Purpose.ADDRESS} and command.subject not in (*erasures.subjects, holder):
        raise NotFound("no data of this person is held there")
    wanted = _in_order(command.purposes)
    if not wanted:
        raise Refused("purpose-required", "name at least one purpose")
    if any(subject == command.subject for _, subject in erasures.open):
        raise Refused("erasure-under-way", "an erasure of this person is being carried out")
    kept = tuple(one for purpose in wanted if (one := keeps(purpose)))
    staying = {one.purpose for one in kept}
    going = tuple(one for one in wanted if one not in staying and one in command.held)
    if not going:
        if kept:
            raise refusal(kept)
        return ()
    return (
        SubjectErased(
            command.erasure,
            command.subject,
            contract,
            going,
            kept,
            command.basis,
            tuple(one for one in command.limitation if one.purpose in wanted),
        ),
    )


def complete(erasures: Erasures, command: CompleteErasure) -> tuple[KeysDestroyed, ...]:
    """Return the fact; nothing when it was noted before."""
    known = any(erasure == command.erasure for erasure, _ in erasures.open)
    return (KeysDestroyed(command.erasure),) if known else ()


def refusal(kept: tuple[Kept, ...]) -> Refused:
    """Return why nothing of what was asked for may be erased, with the dates of review."""
    reasons = "; ".join(
        f"{one.purpose}: {one.rule}, review {one.review_at:%Y-%m-%d}" for one in kept
    )
    return Refused(kept[0].rule, f"it has to stay ({reasons})")


def days_of(limitation: Iterable[Limitation], purpose: Purpose) -> int:
    """Return for how many days after the contract's end a purpose's data is kept."""
    return next((one.days for one in limitation if one.purpose is purpose), 0)


def _in_order(purposes: tuple[Purpose, ...]) -> tuple[Purpose, ...]:
    return tuple(one for one in Purpose if one in purposes)
