"""Who appears in the examples of ownership: holders, staff, a contract, checks."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from unit.cast import (
    AGENT,
    BY_ORGANISATION,
    BY_PASSPORT,
    CONTACT,
    CUSTOMER,
    NOW,
    REASON,
    ask,
    identity,
    said,
    uid,
)
from unit.spec import Given, given

from domain.contract import CONTRACT
from domain.contract.commands import RegisterContract
from domain.contract.documents import Category
from domain.contract.ownership.events import AuthorityEnded, FreezePlaced, OrderRecorded
from domain.contract.ownership.vocabulary import (
    AuthorityEnding,
    FreezeGround,
    HeldBy,
    Holder,
    OrderEffect,
    OrderSource,
    OrderStanding,
)
from domain.contract.state import ContractState
from domain.identity.proof import Capacity, Check, Finding, Mandate, Method, Scope, Shown
from domain.values import Actor, ActorKind, Assurance, Role

HOLDER, JOINT, BUYER, LAWYER = uid(40), uid(43), uid(44), uid(45)
ORDER, TICKET, DISPUTE, CHANGE, RECOVERY_ID = uid(71), uid(500), uid(700), uid(800), uid(900)
REPRESENTATIVE = CUSTOMER.id
"""Whom the example organisation's document names."""


def specialist(number: int, role: Role = Role.AGENT) -> Actor:
    """Return a member of the staff who is signed in."""
    return Actor(ActorKind.STAFF, uid(number), role, None, "local", Assurance.INTERACTIVE)


ASKER, CHECKER, SECOND, THIRD = (specialist(number) for number in (11, 12, 13, 14))
BOSS = specialist(15, Role.SUPERVISOR)
KEYED = Actor(ActorKind.STAFF, SECOND.id, Role.AGENT, uid(98), "local", Assurance.API_KEY)


def registration(**fields: Any) -> RegisterContract:
    """Return the command that registers contract C-1."""
    usual = {
        "number": "C-1",
        "category": Category.INDIVIDUAL,
        "holder": HOLDER,
        "language": "nl",
        "document": BY_PASSPORT,
        "contacts": (CONTACT,),
    }
    return ask(RegisterContract, **{**usual, **fields})


OF_COMPANY = {"category": Category.LEGAL_ENTITY, "document": BY_ORGANISATION}
REGISTERED: Given = given(CONTRACT).after(registration())
COMPANY: Given = given(CONTRACT).after(registration(**OF_COMPANY))
HELD = HeldBy(HOLDER, Category.INDIVIDUAL, None)
HELD_BY_COMPANY = HeldBy(HOLDER, Category.LEGAL_ENTITY, REPRESENTATIVE)


LEFT = AuthorityEnded(REPRESENTATIVE, HOLDER, Capacity.REPRESENTATIVE, AuthorityEnding.LEFT, None)
"""The organisation's representative leaves."""


def person(holder: UUID) -> Holder:
    """Return a holder with a passport."""
    return Holder(holder, Category.INDIVIDUAL, BY_PASSPORT)


def bought(holder: UUID = BUYER) -> HeldBy:
    """Return what stays of a holder with a passport."""
    return HeldBy(holder, Category.INDIVIDUAL, None)


def order(
    effect: OrderEffect = OrderEffect.TRANSFER,
    standing: OrderStanding = OrderStanding.IN_FORCE,
    until: datetime | None = None,
) -> OrderRecorded:
    """Return the fact that a court ordered something."""
    texts = (said("a court"), said("7/26"), said("to B. Uyer"))
    return OrderRecorded(ORDER, OrderSource.COURT, effect, standing, until, None, (), *texts)


def state_of(given_: Given) -> ContractState:
    """Return where a contract stands."""
    state: ContractState = given_.state
    return state


def standing(*events: object, since: Given = REGISTERED) -> ContractState:
    """Return the contract after more happened to it."""
    return state_of(since.and_(*events))


def visit(number: int, who: UUID = HOLDER, finding: Finding = Finding.PASSED) -> Check:
    """Return the check of a visit to the office with the document."""
    return Check(uid(number), who, Method.OFFICE_VISIT, finding, None, (), (), None)


def photo(number: int, code: UUID, who: UUID = HOLDER, **fields: Any) -> Check:
    """Return the check of somebody's own photo."""
    usual = {"finding": Finding.PASSED, "shows": tuple(Shown), "copies": (uid(number + 1000),)}
    return Check(uid(number), who, Method.OWN_PHOTO, code=code, mandate=None, **{**usual, **fields})


def mandate(who: UUID = LAWYER, holder: UUID = HOLDER, **fields: Any) -> Mandate:
    """Return an authority on paper: an attorney's, for everything, unless told otherwise."""
    usual = {
        "capacity": Capacity.ATTORNEY,
        "scope": tuple(Scope),
        "expires_at": None,
        "named": 1,
    }
    return Mandate(who, holder, **{**usual, **fields})


def papers(number: int, of: Mandate, finding: Finding = Finding.PASSED) -> Check:
    """Return the check of somebody's authority by their papers."""
    return Check(uid(number), of.person, Method.AUTHORITY_PAPERS, finding, None, (), (), of)


def on_record(number: int, of: Mandate) -> Check:
    """Return the check of an authority that the contract gives."""
    return replace(papers(number, of), method=Method.AUTHORITY_ON_RECORD)


def days(number: float, since: datetime = NOW) -> datetime:
    """Return a moment so many days later."""
    return since + timedelta(days=number)


FROZEN = FreezePlaced(uid(73), DISPUTE, FreezeGround.HOLDER_ASKS, None, days(30), REASON)
"""Ownership is frozen for a month."""

__all__ = ["AGENT", "NOW", "identity", "said"]
