"""Whether everybody whose word it takes has given it, proved by checks or orders."""

from datetime import datetime

from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import ChangeKind, OrderEffect
from domain.errors import Refused
from domain.identity.agreeing import holders_agree
from domain.identity.proof import Check, Scope, identified, mandates, proved, still_given
from domain.identity_change.state import Asked, IdentityChangeState


def stands(state: IdentityChangeState, asked: Asked, ownership: Ownership, at: datetime) -> None:
    """Refuse what must not happen now, or rests on what is not proved, or not any more.

    Who was proved to speak when it was approved may have left before it is applied.
    """
    _unchanged(asked, ownership, at)
    if not _agreed(state.evidence.checks, asked, ownership, at):
        raise Refused(
            "checks-missing",
            "it is not proved, or not any more, that all whose word it takes agree: check them one "
            "by one; once it was approved, ask for the change anew",
        )


def _unchanged(asked: Asked, ownership: Ownership, at: datetime) -> None:
    if ownership.version != asked.version:
        raise Refused(
            "identity-moved-on", "the identity of record changed meanwhile: ask for the change anew"
        )
    if ownership.frozen(at):
        raise Refused("contract-frozen", "identity stays as it is until the freeze ends")
    if _ordered(asked, ownership):
        return
    if ownership.contested:
        raise Refused("holder-doubted", "who holds it is in doubt: settle that, or bring an order")


def _ordered(asked: Asked, ownership: Ownership) -> bool:
    """Say whether an order that is in force stands for the word of the present holders."""
    effect = OrderEffect.TRANSFER if asked.kind is ChangeKind.TRANSFER else OrderEffect.GUARDIANSHIP
    return any(ownership.in_force(order, effect) for order in asked.orders)


def _agreed(seen: tuple[Check, ...], asked: Asked, ownership: Ownership, at: datetime) -> bool:
    """Say whether the present holders and those who gain something are proved to agree."""
    checks = still_given(seen, ownership.acting)
    scope = Scope.TRANSFER if asked.kind is ChangeKind.TRANSFER else Scope.IDENTITY
    present_agree = _ordered(asked, ownership) or holders_agree(checks, ownership, scope, at)
    return present_agree and _gaining_agree(checks, asked, ownership, at)


def _gaining_agree(
    checks: tuple[Check, ...], asked: Asked, ownership: Ownership, at: datetime
) -> bool:
    present = {one.id for one in ownership.holders}
    new = [one.id for one in asked.holders if one.id not in present]
    if not all(proved(checks, one, Scope.IDENTITY, at) for one in new):
        return False
    mandate = asked.mandate
    if mandate is None:
        return True
    return identified(checks, mandate.person) and mandate in mandates(checks)
