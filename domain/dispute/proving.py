"""Whether a claimant is proved to be a holder, or to act for one, in what they ask for."""

from datetime import datetime
from typing import Final
from uuid import UUID

from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import OrderEffect
from domain.dispute.state import Claim
from domain.dispute.vocabulary import Wish
from domain.identity.agreeing import holders_agree
from domain.identity.proof import (
    Check,
    Scope,
    good_for,
    identified,
    mandates,
    proved,
    still_given,
)

NEEDS: Final = {
    Wish.ACCESS: Scope.ACCESS,
    Wish.TRANSFER: Scope.TRANSFER,
    Wish.DATA: Scope.ACCESS,
    Wish.STOP_SERVICE: Scope.ACCESS,
    Wish.INFORMATION: Scope.TICKETS,
}
"""For what an authority has to be good, by what is asked for."""

BY_ORDER: Final = {
    Wish.ACCESS: (OrderEffect.TRANSFER, OrderEffect.GUARDIANSHIP),
    Wish.TRANSFER: (OrderEffect.TRANSFER,),
    Wish.DATA: (OrderEffect.DISCLOSURE,),
    Wish.STOP_SERVICE: (OrderEffect.HOLD,),
    Wish.INFORMATION: (OrderEffect.DISCLOSURE,),
}
"""Which orders stand for the holder's word, by what is asked for."""


def in_doubt(claim: Claim, ownership: Ownership) -> bool:
    """Say whether nobody's authority proves anything until a doubt is settled."""
    return ownership.contested and not _ordered(claim, ownership)


def authority_proved(
    claim: Claim, checks: tuple[Check, ...], ownership: Ownership, at: datetime
) -> bool:
    """Say whether the checks of a dispute prove that this claimant may ask for it.

    Those who act only together may have come by claims of their own.
    """
    if _ordered(claim, ownership):
        return identified(checks, claim.claimant)
    good = still_given(checks, ownership.acting)
    scope = NEEDS[claim.wish]
    if not any(_acts(claim, good, one.id, scope, ownership, at) for one in ownership.holders):
        return False
    return holders_agree(good, ownership, scope, at)


def _ordered(claim: Claim, ownership: Ownership) -> bool:
    return ownership.in_force(claim.order, *BY_ORDER[claim.wish])


def _acts(
    claim: Claim,
    checks: tuple[Check, ...],
    holder: UUID,
    scope: Scope,
    ownership: Ownership,
    at: datetime,
) -> bool:
    """Say whether this very claimant acts for the holder, together with others if needed."""
    ended = ownership.ended(holder)
    if claim.claimant == holder:
        return not ended and identified(checks, holder)
    own = [
        one
        for one in mandates(checks)
        if (one.person, one.holder) == (claim.claimant, holder) and good_for(one, scope, at)
    ]
    if not own or not identified(checks, claim.claimant):
        return False
    # The holder's own visit says nothing for whoever claims to act for them.
    others = [one for one in checks if one.person != holder]
    return any(
        proved(
            tuple(
                one for one in others if one.mandate is None or one.mandate.capacity is has.capacity
            ),
            holder,
            scope,
            at,
            ended=ended,
        )
        for has in own
    )
