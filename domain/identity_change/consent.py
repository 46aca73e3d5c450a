"""Whether everybody whose word it takes has given it, proved by checks or orders."""

from datetime import datetime

from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import ChangeKind, OrderEffect, Together
from domain.errors import Refused
from domain.identity.proof import Scope, identified, mandates, proved
from domain.identity_change.state import Asked, IdentityChangeState


def unchanged(asked: Asked, ownership: Ownership, at: datetime) -> None:
    """Refuse what does not rest any more on what it was asked on, or must not happen now."""
    if ownership.version != asked.version:
        raise Refused(
            "identity-moved-on", "the identity of record changed meanwhile: ask for the change anew"
        )
    if ownership.frozen(at):
        raise Refused("contract-frozen", "identity stays as it is until the freeze ends")
    if ordered(asked, ownership):
        return
    if ownership.contested:
        raise Refused("holder-doubted", "who holds it is in doubt: settle that, or bring an order")


def ordered(asked: Asked, ownership: Ownership) -> bool:
    """Say whether an order that is in force stands for the word of the present holders."""
    effect = OrderEffect.TRANSFER if asked.kind is ChangeKind.TRANSFER else OrderEffect.GUARDIANSHIP
    return any(ownership.in_force(order, effect) for order in asked.orders)


def agreed(state: IdentityChangeState, asked: Asked, ownership: Ownership, at: datetime) -> bool:
    """Say whether the present holders and those who gain something are proved to agree."""
    return _present_agree(state, asked, ownership, at) and _gaining_agree(
        state, asked, ownership, at
    )


def _present_agree(
    state: IdentityChangeState, asked: Asked, ownership: Ownership, at: datetime
) -> bool:
    if ordered(asked, ownership):
        return True
    scope = Scope.TRANSFER if asked.kind is ChangeKind.TRANSFER else Scope.IDENTITY
    checks = state.evidence.checks
    said = [
        proved(checks, one.id, scope, at, ended=ownership.ended(one.id))
        for one in ownership.holders
    ]
    return any(said) if ownership.together is Together.ANY else all(said)


def _gaining_agree(
    state: IdentityChangeState, asked: Asked, ownership: Ownership, at: datetime
) -> bool:
    checks = state.evidence.checks
    present = {one.id for one in ownership.holders}
    new = [one.id for one in asked.holders if one.id not in present]
    if not all(proved(checks, one, Scope.IDENTITY, at) for one in new):
        return False
    mandate = asked.mandate
    if mandate is None:
        return True
    return identified(checks, mandate.person) and mandate in mandates(checks)
