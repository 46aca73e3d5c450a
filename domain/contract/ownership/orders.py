"""Orders of courts and authorities, doubts about the holder, freezes."""

from datetime import datetime

from domain.contract.ownership.commands import (
    ChangeOrderStanding,
    DoubtHolder,
    LiftFreeze,
    PlaceFreeze,
    RecordOrder,
    RenewFreeze,
    SettleDoubt,
)
from domain.contract.ownership.events import (
    DoubtSettled,
    FreezeLifted,
    FreezePlaced,
    FreezeRenewed,
    HolderDoubted,
    OrderRecorded,
    OrderStandingChanged,
    OwnershipEvent,
)
from domain.contract.ownership.state import Ownership
from domain.contract.ownership.vocabulary import FreezeGround, OrderEffect, Settlement
from domain.errors import Refused
from domain.limits import (
    COPIES_PER_CHECK,
    DOUBTS_PER_CONTRACT,
    FREEZE_HORIZON,
    ORDERS_PER_CONTRACT,
)


def record(ownership: Ownership, command: RecordOrder) -> tuple[OwnershipEvent, ...]:
    """Record an order as it stands."""
    if ownership.order(command.order) is not None:
        raise Refused("order-exists", "an order with this id was recorded before")
    if len(ownership.orders) >= ORDERS_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {ORDERS_PER_CONTRACT} orders")
    if len(command.copies) > COPIES_PER_CHECK:
        raise Refused("too-many", f"an order has at most {COPIES_PER_CHECK} copies")
    return (
        OrderRecorded(
            command.order,
            command.source,
            command.effect,
            command.standing,
            command.confidential_until,
            command.ticket,
            command.copies,
            command.issuer,
            command.number,
            command.says,
        ),
    )


def change(ownership: Ownership, command: ChangeOrderStanding) -> tuple[OwnershipEvent, ...]:
    """Record how an order stands now."""
    known = ownership.order(command.order)
    if known is None:
        raise Refused("order-unknown", "no such order was recorded under this contract")
    if (known.standing, known.confidential_until) == (command.standing, command.confidential_until):
        return ()
    return (
        OrderStandingChanged(
            command.order, command.standing, command.confidential_until, command.reason
        ),
    )


def doubt(ownership: Ownership, command: DoubtHolder) -> tuple[OwnershipEvent, ...]:
    """Record why it is not determined who the holder is."""
    if command.holder not in {one.id for one in ownership.holders}:
        raise Refused("holder-unknown", "only a present holder of the contract is in doubt")
    if any(one.id == command.doubt for one in ownership.doubts):
        raise Refused("doubt-exists", "a doubt with this id was recorded before")
    if len(ownership.doubts) >= DOUBTS_PER_CONTRACT:
        raise Refused("too-many", f"a contract has at most {DOUBTS_PER_CONTRACT} open doubts")
    return (
        HolderDoubted(command.doubt, command.holder, command.kind, command.case, command.basis),
    )


def settle(ownership: Ownership, command: SettleDoubt) -> tuple[OwnershipEvent, ...]:
    """Record what ended a doubt."""
    if all(one.id != command.doubt for one in ownership.doubts):
        raise Refused("doubt-unknown", "no such doubt is open under this contract")
    ordered = command.settlement is Settlement.ORDER
    if ordered and not ownership.in_force(command.order, *OrderEffect):
        raise Refused("order-not-in-force", "an order that is in force settles a doubt")
    return (DoubtSettled(command.doubt, command.settlement, command.order, command.reason),)


def freeze(ownership: Ownership, command: PlaceFreeze) -> tuple[OwnershipEvent, ...]:
    """Freeze what must not change while it is unclear whose it is."""
    if ownership.frozen(command.at):
        raise Refused("freeze-running", "a freeze stands: renew it")
    ordered = command.ground is FreezeGround.ORDER
    if ordered and not ownership.in_force(command.order, OrderEffect.HOLD, OrderEffect.TRANSFER):
        raise Refused("order-not-in-force", "the order that asks for a freeze is not in force")
    _bounded(command.at, command.until)
    return (
        FreezePlaced(
            command.freeze,
            command.dispute,
            command.ground,
            command.order,
            command.until,
            command.reason,
        ),
    )


def renew(ownership: Ownership, command: RenewFreeze) -> tuple[OwnershipEvent, ...]:
    """Let a freeze that runs last longer; one that ran out is over."""
    _running(ownership, command)
    _bounded(command.at, command.until)
    return (FreezeRenewed(command.freeze, command.until, command.reason),)


def lift(ownership: Ownership, command: LiftFreeze) -> tuple[OwnershipEvent, ...]:
    """End a freeze before it runs out."""
    _running(ownership, command)
    return (FreezeLifted(command.freeze, command.reason),)


def _running(ownership: Ownership, command: RenewFreeze | LiftFreeze) -> None:
    known = ownership.freeze
    if known is None or known.id != command.freeze or not ownership.frozen(command.at):
        raise Refused("freeze-over", "no such freeze stands any more: place another one")


def _bounded(at: datetime, until: datetime) -> None:
    if until <= at:
        raise Refused("expiry-in-future", "the freeze would have ended already")
    if until > at + FREEZE_HORIZON:
        raise Refused("freeze-too-long", f"a freeze lasts {FREEZE_HORIZON.days} days: renew it")
