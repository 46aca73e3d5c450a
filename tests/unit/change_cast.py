"""A change of identity data in the examples: asked for, checked, drawn, approved."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from unit.cast import BY_PASSPORT, CONTACT, NOW, ask, identity, said, uid
from unit.ownership_cast import (
    ASKER,
    BUYER,
    CHECKER,
    HOLDER,
    ORDER,
    REGISTERED,
    SECOND,
    TICKET,
    days,
    order,
    person,
    standing,
    state_of,
    visit,
)
from unit.spec import Given, given

from domain.contract.ownership.vocabulary import ChangeKind, Holder
from domain.identity.commands import RecordIdentityCheck
from domain.identity.proof import Capacity, Check
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.commands import (
    ApplyIdentityChange,
    ApproveIdentityChange,
    Candidate,
    ContestIdentityChange,
    DrawApprover,
    RequestIdentityChange,
)
from domain.values import Actor, Role

STANDING = state_of(REGISTERED)
MONTH = 30 * 24 * 3600
WEEK = 7 * 24 * 3600
NOTICE, CONTEST = uid(510), uid(860)
RANDOMNESS = "5e" * 32
LONG_AGO = days(-40)
WORDS = said("my new passport")


def request(**fields: Any) -> RequestIdentityChange:
    """Return the command that asks for a renewal."""
    usual: dict[str, Any] = {
        "by": ASKER,
        "contract": "C-1",
        "ticket": TICKET,
        "kind": ChangeKind.RENEWAL,
        "applicant": HOLDER,
        "capacity": Capacity.IN_PERSON,
        "holders": (person(HOLDER),),
        "words": WORDS,
        "standing": STANDING,
    }
    return ask(RequestIdentityChange, **{**usual, **fields})


def sale(**fields: Any) -> RequestIdentityChange:
    """Return the command that asks for a transfer to the buyer."""
    usual = {"kind": ChangeKind.TRANSFER, "holders": (person(BUYER),), "contacts": (CONTACT,)}
    return request(**{**usual, **fields})


def checked(check: Check, by: Actor = CHECKER, **fields: Any) -> RecordIdentityCheck:
    """Return the command that records a check."""
    usual = {"found": None, "standing": STANDING}
    return ask(RecordIdentityCheck, by=by, check=check, **{**usual, **fields})


def candidate(staff: UUID, since: datetime = LONG_AGO, role: Role = Role.AGENT) -> Candidate:
    """Return somebody who may be drawn."""
    return Candidate(staff, role, since)


def draw(*people: UUID, **fields: Any) -> DrawApprover:
    """Return the command that draws one of these people."""
    usual: dict[str, Any] = {
        "by": ASKER,
        "candidates": tuple(candidate(one) for one in people or (SECOND.id,)),
        "randomness": RANDOMNESS,
        "role_age_seconds": MONTH,
        "standing": STANDING,
    }
    return ask(DrawApprover, **{**usual, **fields})


def approve(**fields: Any) -> ApproveIdentityChange:
    """Return the command by which the second specialist agrees."""
    usual: dict[str, Any] = {
        "by": SECOND,
        "role_since": LONG_AGO,
        "role_age_seconds": MONTH,
        "waiting_seconds": WEEK,
        "ticket": NOTICE,
        "opened": 99,
        "standing": STANDING,
    }
    return ask(ApproveIdentityChange, **{**usual, **fields})


def contest(**fields: Any) -> ContestIdentityChange:
    """Return the command by which the holder objects."""
    usual: dict[str, Any] = {
        "contest": CONTEST,
        "contester": HOLDER,
        "capacity": Capacity.IN_PERSON,
        "words": said("I asked for nothing"),
    }
    return ask(ContestIdentityChange, **{**usual, **fields})


def apply(**fields: Any) -> ApplyIdentityChange:
    """Return the command that applies it once it cannot be contested any more."""
    usual: dict[str, Any] = {"at": days(7), "copies_seconds": MONTH, "standing": STANDING}
    return ask(ApplyIdentityChange, **{**usual, **fields})


def renamed(holder: Holder) -> Holder:
    """Return a holder with another name on the document."""
    passport = BY_PASSPORT.passport
    assert passport is not None
    return replace(
        holder,
        document=replace(BY_PASSPORT, passport=replace(passport, name=identity("Ann Other"))),
    )


def ordered_sale(until: datetime | None) -> Given:
    """Return a transfer by an order that is confidential until then, checked and drawn."""
    by_order = standing(order(until=until))
    return given(IDENTITY_CHANGE).after(
        sale(orders=(ORDER,), standing=by_order),
        checked(visit(1, BUYER), standing=by_order),
        draw(standing=by_order),
    )


ASKED: Given = given(IDENTITY_CHANGE).after(request())
CHECKED: Given = ASKED.after(checked(visit(1)))
DRAWN: Given = CHECKED.after(draw())
APPROVED: Given = DRAWN.after(approve())
CONTESTED: Given = APPROVED.after(contest())
APPLIED: Given = APPROVED.after(apply())

__all__ = ["NOW", "STANDING"]
