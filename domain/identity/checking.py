"""Which checks can be recorded: what each method needs, and what a photo's code is good for."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from domain.contract.documents import ORGANISATIONS
from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import HeldBy
from domain.errors import Refused
from domain.identity.proof import OF_IDENTITY, Capacity, Check, Finding, Method, Shown
from domain.limits import CHECKS_PER_CASE, CODES_PER_CASE, COPIES_PER_CHECK

PHOTO: Final = frozenset(Shown)
"""What a photo shows that proves: the person, the code, the document's spread."""


class Code(NamedTuple):
    """A code that was given out for a photo; `used` by a check."""

    id: UUID
    expires_at: datetime
    used: bool = False


@dataclass(frozen=True, slots=True)
class Evidence:
    """The checks of a case so far, who made them, and the codes for photos."""

    checks: tuple[Check, ...] = ()
    checkers: frozenset[UUID] = frozenset()
    codes: tuple[Code, ...] = ()

    @property
    def copies(self) -> frozenset[UUID]:
        """Return the attachments that hold copies."""
        return frozenset(copy for one in self.checks for copy in one.copies)

    def with_code(self, code: UUID, expires_at: datetime) -> "Evidence":
        """Return the evidence after a code was given out."""
        return replace(self, codes=(*self.codes, Code(code, expires_at)))

    def with_check(self, check: Check, checker: UUID) -> "Evidence":
        """Return the evidence after a check; a code that it names is used up."""
        codes = tuple(
            one._replace(used=True) if one.id == check.code else one for one in self.codes
        )
        return Evidence((*self.checks, check), self.checkers | {checker}, codes)


NO_EVIDENCE: Final = Evidence()
"""What a case begins with."""


def code_can_be_given(evidence: Evidence, code: UUID, expires_at: datetime, at: datetime) -> None:
    """Refuse a code that is known already or of no use."""
    if any(one.id == code for one in evidence.codes):
        raise Refused("photo-code-exists", "a code with this id was given out before")
    if expires_at <= at:
        raise Refused("expiry-in-future", "the code would have expired already")
    if len(evidence.codes) >= CODES_PER_CASE:
        raise Refused("too-many", f"at most {CODES_PER_CASE} codes are given out in a case")


def check_can_be_recorded(
    evidence: Evidence,
    check: Check,
    at: datetime,
    ownership: Ownership,
    joining: tuple[HeldBy, ...] = (),
) -> None:
    """Refuse a check that its method does not allow; one thing is checked at a time.

    `ownership` is the contract's now, `joining` who would hold it too.
    """
    if any(one.check == check.check for one in evidence.checks):
        raise Refused("check-exists", "a check with this id was recorded before")
    if len(evidence.checks) >= CHECKS_PER_CASE or len(check.copies) > COPIES_PER_CHECK:
        raise Refused("too-many", f"a case has at most {CHECKS_PER_CASE} checks")
    everybody = (*ownership.holders, *joining)
    if check.person in {one.id for one in everybody if one.category in ORGANISATIONS}:
        raise Refused("organisation-through-people", "an organisation shows itself by people alone")
    _fits_method(check)
    if check.method is Method.OWN_PHOTO:
        _photo(evidence, check, at)
    elif check.mandate is not None:
        _mandate(check, at)
    if check.method is Method.AUTHORITY_ON_RECORD and check.mandate not in ownership.acting:
        raise Refused("authority-unknown", "this person has no such authority on record")


def _fits_method(check: Check) -> None:
    photo = check.method is Method.OWN_PHOTO
    fits = (check.mandate is None) == (check.method in OF_IDENTITY)
    if not photo:
        fits = fits and check.code is None and not check.shows
    if not fits or (photo and not check.copies):
        raise Refused(
            "check-fits-method",
            "a photo is kept and has a code and what it shows, papers give an authority, nothing "
            "else does",
        )


def _photo(evidence: Evidence, check: Check, at: datetime) -> None:
    good = any(
        one.id == check.code and not one.used and at < one.expires_at for one in evidence.codes
    )
    if not good:
        raise Refused("photo-code-unknown", "no such code, or it was used, or it expired")
    if check.finding is Finding.PASSED and set(check.shows) != PHOTO:
        raise Refused(
            "photo-shows-all", "a good photo shows the person, the code and the document's spread"
        )


def _mandate(check: Check, at: datetime) -> None:
    mandate = check.mandate
    if mandate is None or check.finding is not Finding.PASSED:
        return
    other = mandate.person == check.person != mandate.holder
    if not other or mandate.capacity is Capacity.IN_PERSON or not mandate.scope:
        raise Refused("authority-sound", "papers let the person who was checked act for another")
    if mandate.named < 1:
        raise Refused("authority-sound", "papers name at least one person")
    if mandate.expires_at is not None and mandate.expires_at <= at:
        raise Refused("authority-expired", "the papers are good no more")
