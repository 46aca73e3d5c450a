"""A dispute in the examples: the holder, a contractor who was not paid, others who claim it too."""

from typing import Any
from uuid import UUID

from unit.cast import NOW, ask, said, uid
from unit.ownership_cast import (
    ASKER,
    CHECKER,
    HOLDER,
    REGISTERED,
    SECOND,
    TICKET,
    days,
    specialist,
    state_of,
)
from unit.spec import Given, given

from domain.contract.ownership.events import HolderDoubted
from domain.contract.ownership.vocabulary import (
    Doubt,
    FreezeGround,
)
from domain.contract.state import ContractState
from domain.dispute import DISPUTE
from domain.dispute.commands import (
    CloseDispute,
    ConfirmDeparture,
    ConfirmDetermination,
    MakeDetermination,
    OpenDispute,
    OrderFreeze,
    ProposeDeparture,
    ReceiveClaim,
    RecordClaimCheck,
    RefuseClaim,
    UpholdClaim,
)
from domain.dispute.vocabulary import ClaimRule, Closing, DisputeKind, Outcome, Wish
from domain.identity.answer import HeldOfRecord, Unclear, Undetermined
from domain.identity.proof import Capacity, Check
from domain.ticket.events import Channel
from domain.values import Actor, Purpose, Role, Sealed

CONTRACTOR, RIVAL = uid(50), uid(51)
CLAIM, OTHER_CLAIM = uid(710), uid(711)
FREEZE, DETERMINATION, DEPARTURE, SUSPENSION = (uid(n) for n in (73, 720, 730, 740))
HANDLER, SECOND_HANDLER = specialist(16, Role.DISPUTE_HANDLER), specialist(17, Role.DISPUTE_HANDLER)
STANDING = state_of(REGISTERED)
WHY = said("because")


def claimed(text: str = "I built it and was not paid", who: UUID = CONTRACTOR) -> Sealed:
    """Return what a claimant says."""
    return Sealed(text, who, Purpose.CLAIM)


def opening(**fields: Any) -> OpenDispute:
    """Return the command that opens a dispute from a ticket under contract C-1."""
    usual: dict[str, Any] = {
        "by": ASKER,
        "number": "000-021",
        "kind": DisputeKind.UNPAID_CONTRACTOR,
        "ticket": TICKET,
        "language": "nl",
        "contract": "C-1",
    }
    return ask(OpenDispute, **{**usual, **fields})


def claim(number: UUID = CLAIM, who: UUID = CONTRACTOR, **fields: Any) -> ReceiveClaim:
    """Return the command that writes down what the contractor claims, on the telephone."""
    usual: dict[str, Any] = {
        "by": ASKER,
        "claim": number,
        "claimant": who,
        "capacity": Capacity.IN_PERSON,
        "wish": Wish.TRANSFER,
        "channel": Channel.PHONE,
        "name": claimed("Bob Uilder", who),
        "words": claimed(who=who),
        "standing": STANDING,
    }
    return ask(ReceiveClaim, **{**usual, **fields})


def checked(
    check: Check, number: UUID = CLAIM, by: Actor = CHECKER, **fields: Any
) -> RecordClaimCheck:
    """Return the command that records a check of a claim."""
    usual = {"found": None, "standing": STANDING}
    return ask(RecordClaimCheck, by=by, claim=number, check=check, **{**usual, **fields})


def refuse(number: UUID = CLAIM, **fields: Any) -> RefuseClaim:
    """Return the command that refuses a claim by the first rule."""
    usual = {"by": ASKER, "rule": ClaimRule.HOLDER_IS_WHO_GAVE_DOCUMENT, "explanation": WHY}
    return ask(RefuseClaim, claim=number, **{**usual, **fields})


def uphold(number: UUID = CLAIM, standing: ContractState = STANDING) -> UpholdClaim:
    """Return the command that upholds a claim."""
    return ask(UpholdClaim, by=ASKER, claim=number, standing=standing)


def freeze(**fields: Any) -> OrderFreeze:
    """Return the command that decides on a freeze."""
    usual = {"by": HANDLER, "freeze": FREEZE, "ground": FreezeGround.HOLDER_ASKS}
    return ask(OrderFreeze, **{**usual, **fields})


def held(*holders: UUID, **fields: Any) -> HeldOfRecord:
    """Return the answer that the holder of record is known."""
    usual = {"together": None, "version": 1, "since": NOW, "rests_on": (uid(1),)}
    return HeldOfRecord(holders or (HOLDER,), **{**usual, **fields})


def unclear(reason: Unclear = Unclear.DECEASED, **fields: Any) -> Undetermined:
    """Return the answer that nobody can say."""
    return Undetermined(reason, (HOLDER,), (uid(1), uid(2)), **{"version": 1, **fields})


def determine(answer: Any = None, number: UUID = DETERMINATION, **fields: Any) -> MakeDetermination:
    """Return the command that writes the answer down."""
    usual = {"by": HANDLER, "as_of": 9, "standing": STANDING}
    asked = {"determination": number, "answer": answer or held()}
    return ask(MakeDetermination, **{**usual, **asked, **fields})


def confirm(number: UUID = DETERMINATION, **fields: Any) -> ConfirmDetermination:
    """Return the command by which a person agrees."""
    usual = {"by": HANDLER, "standing": STANDING}
    return ask(ConfirmDetermination, determination=number, **{**usual, **fields})


def depart(*holders: UUID, **fields: Any) -> ProposeDeparture:
    """Return the command that asks to depart from the determination."""
    usual: dict[str, Any] = {
        "by": HANDLER,
        "determination": DETERMINATION,
        "departure": DEPARTURE,
        "outcome": Outcome.HOLDER if holders else Outcome.UNDETERMINED,
        "holders": holders,
        "reason": WHY,
        "standing": STANDING,
    }
    return ask(ProposeDeparture, **{**usual, **fields})


def depart_too(number: UUID = DEPARTURE, **fields: Any) -> ConfirmDeparture:
    """Return the command by which a second person agrees."""
    usual = {"by": SECOND_HANDLER, "standing": STANDING}
    return ask(ConfirmDeparture, departure=number, **{**usual, **fields})


def close(closing: Closing = Closing.DETERMINED, **fields: Any) -> CloseDispute:
    """Return the command that ends the dispute."""
    return ask(CloseDispute, **{"by": HANDLER, "closing": closing, "explanation": WHY, **fields})


def doubted(kind: Doubt = Doubt.DECEASED, holder: UUID = HOLDER) -> HolderDoubted:
    """Return the fact that a holder is in doubt."""
    return HolderDoubted(uid(70), holder, kind, None, WHY)


OPENED: Given = given(DISPUTE).after(opening())
ENQUIRY: Given = given(DISPUTE).after(opening(contract=None))
CLAIMED: Given = OPENED.after(claim())
DETERMINED: Given = CLAIMED.after(refuse(), determine())
CONFIRMED: Given = DETERMINED.after(confirm())
DEPARTED: Given = DETERMINED.after(depart(CONTRACTOR), depart_too())
CLOSED: Given = CONFIRMED.after(close())

__all__ = ["NOW", "SECOND", "days"]
