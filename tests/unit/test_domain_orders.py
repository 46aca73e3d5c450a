"""Orders of courts and authorities, doubts about the holder, freezes."""

from datetime import timedelta
from typing import Any

import pytest
from unit.cast import CUSTOMER, NOW, SOON, ask, identity, said, uid
from unit.ownership_cast import (
    ASKER,
    BUYER,
    CHANGE,
    DISPUTE,
    HELD,
    HOLDER,
    RECOVERY_ID,
    REGISTERED,
    bought,
    days,
    mandate,
    state_of,
)
from unit.spec import Given

from domain.contract.commands import CloseContract, GrantRights, NamePerson, RevokeRights
from domain.contract.events import Ending, Right
from domain.contract.ownership.commands import (
    ApplyIdentity,
    ChangeOrderStanding,
    DoubtHolder,
    GiveAuthority,
    LiftFreeze,
    PlaceFreeze,
    RecordOrder,
    RenewFreeze,
    RestoreAccess,
    SettleDoubt,
    SuspendAccess,
)
from domain.contract.ownership.events import (
    DoubtSettled,
    FreezeLifted,
    FreezePlaced,
    FreezeRenewed,
    HolderDoubted,
    OrderRecorded,
    OrderStandingChanged,
)
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    Doubt,
    FreezeGround,
    OrderEffect,
    OrderSource,
    OrderStanding,
    Settlement,
)
from domain.contract.state import ContractState
from domain.limits import (
    COPIES_PER_CHECK,
    DOUBTS_PER_CONTRACT,
    FREEZE_HORIZON,
    ORDERS_PER_CONTRACT,
)

ORDER, DOUBT, FREEZE = uid(71), uid(72), uid(73)
COURT, NUMBER, SAYS = identity("Court of The Hague"), identity("C/09/1"), identity("to B. Uyer")
REASON = said("two people ask")


def order(**fields: Any) -> RecordOrder:
    usual = {
        "order": ORDER,
        "source": OrderSource.COURT,
        "effect": OrderEffect.TRANSFER,
        "standing": OrderStanding.IN_FORCE,
        "issuer": COURT,
        "number": NUMBER,
        "says": SAYS,
    }
    return ask(RecordOrder, **{**usual, **fields})


def _freeze(**fields: Any) -> PlaceFreeze:
    usual = {
        "freeze": FREEZE,
        "dispute": DISPUTE,
        "ground": FreezeGround.SEVERAL_CLAIMANTS,
        "until": days(10),
        "reason": REASON,
    }
    return ask(PlaceFreeze, **{**usual, **fields})


def _doubt(kind: Doubt = Doubt.DECEASED, **fields: Any) -> DoubtHolder:
    usual = {"doubt": DOUBT, "holder": HOLDER, "kind": kind, "basis": REASON}
    return ask(DoubtHolder, **{**usual, **fields})


ORDERED: Given = REGISTERED.after(order())
DOUBTED: Given = REGISTERED.after(_doubt())
FROZEN: Given = REGISTERED.after(
    ask(NamePerson, person=uid(61), name=identity("A"), login=None, rights=tuple(Right)), _freeze()
)


# Orders


def test_an_order_is_recorded_as_it_stands() -> None:
    command = order(confidential_until=SOON, ticket=uid(500), copies=(uid(1),))
    state = REGISTERED.when(command).then(
        OrderRecorded(
            ORDER,
            OrderSource.COURT,
            OrderEffect.TRANSFER,
            OrderStanding.IN_FORCE,
            SOON,
            uid(500),
            (uid(1),),
            COURT,
            NUMBER,
            SAYS,
        )
    )
    assert state.ownership.in_force(ORDER, OrderEffect.TRANSFER)
    assert not state.ownership.in_force(ORDER, OrderEffect.HOLD)
    assert not state.ownership.in_force(None, *OrderEffect)


def test_an_order_is_secret_until_its_moment() -> None:
    ownership = state_of(REGISTERED.after(order(confidential_until=SOON))).ownership
    assert ownership.confidential(ORDER, NOW)
    assert not ownership.confidential(ORDER, SOON)
    assert not state_of(ORDERED).ownership.confidential(ORDER, NOW)


@pytest.mark.parametrize(
    "standing", [OrderStanding.PENDING, OrderStanding.APPEALED, OrderStanding.SET_ASIDE]
)
def test_an_order_that_is_appealed_is_no_ground(standing: OrderStanding) -> None:
    change = ask(ChangeOrderStanding, order=ORDER, standing=standing, reason=REASON)
    state = ORDERED.when(change).then(OrderStandingChanged(ORDER, standing, None, REASON))
    assert not state.ownership.in_force(ORDER, *OrderEffect)
    ORDERED.after(change).when(change).then_nothing()


def test_an_order_is_there_once_and_only_a_known_one_changes() -> None:
    ORDERED.when(order()).then_refused("order-exists")
    change = ask(ChangeOrderStanding, order=uid(1), standing=OrderStanding.APPEALED)
    ORDERED.when(change).then_refused("order-unknown")


def test_there_are_not_endlessly_many_orders_nor_copies() -> None:
    one = ORDERED.decider.decide(REGISTERED.state, order())[0]
    REGISTERED.and_(*[one] * ORDERS_PER_CONTRACT).when(order(order=uid(1))).then_refused("too-many")
    REGISTERED.when(order(copies=(uid(1),) * (COPIES_PER_CHECK + 1))).then_refused("too-many")


# Doubts


@pytest.mark.parametrize("kind", Doubt)
def test_a_doubt_is_recorded_about_a_holder(kind: Doubt) -> None:
    state = REGISTERED.when(_doubt(kind, case=DISPUTE)).then(
        HolderDoubted(DOUBT, HOLDER, kind, DISPUTE, REASON)
    )
    assert state.ownership.ended(HOLDER) == (kind in (Doubt.DECEASED, Doubt.DISSOLVED))
    assert state.ownership.holders == (HELD,)


def test_a_doubt_is_about_a_holder_and_there_once() -> None:
    REGISTERED.when(_doubt(holder=BUYER)).then_refused("holder-unknown")
    DOUBTED.when(_doubt()).then_refused("doubt-exists")
    event = HolderDoubted(uid(1), HOLDER, Doubt.DECEASED, None, REASON)
    many = REGISTERED.and_(*[event] * DOUBTS_PER_CONTRACT)
    many.when(_doubt()).then_refused("too-many")


def test_a_doubt_is_settled() -> None:
    command = ask(SettleDoubt, doubt=DOUBT, settlement=Settlement.AGREEMENT, reason=REASON)
    state = DOUBTED.when(command).then(DoubtSettled(DOUBT, Settlement.AGREEMENT, None, REASON))
    assert state.ownership.doubts == ()
    DOUBTED.after(command).when(command).then_refused("doubt-unknown")


def test_only_an_order_in_force_settles_a_doubt_as_an_order() -> None:
    command = ask(SettleDoubt, doubt=DOUBT, settlement=Settlement.ORDER, order=ORDER, reason=REASON)
    DOUBTED.when(command).then_refused("order-not-in-force")
    pending = DOUBTED.after(order(standing=OrderStanding.PENDING))
    pending.when(command).then_refused("order-not-in-force")
    assert DOUBTED.after(order()).when(command).types == ["DoubtSettled"]


def test_another_holder_ends_the_doubts_about_the_former_one() -> None:
    command = ask(
        ApplyIdentity,
        change=CHANGE,
        kind=ChangeKind.TRANSFER,
        version=2,
        holders=(bought(),),
        together=None,
        contacts=1,
    )
    assert state_of(DOUBTED.after(command)).ownership.doubts == ()


# Freezes


def test_a_freeze_ends_by_itself() -> None:
    state: ContractState = REGISTERED.when(_freeze()).then(
        FreezePlaced(FREEZE, DISPUTE, FreezeGround.SEVERAL_CLAIMANTS, None, days(10), REASON)
    )
    assert state.ownership.frozen(days(10) - timedelta(seconds=1))
    assert not state.ownership.frozen(days(10))


@pytest.mark.parametrize(
    "command",
    [
        ask(NamePerson, person=uid(62), name=identity("B"), login=None, rights=(Right.READ,)),
        ask(GrantRights, person=uid(61), rights=(Right.READ,)),
        ask(
            RevokeRights,
            by=type(CUSTOMER)(CUSTOMER.kind, uid(61), CUSTOMER.role),
            person=uid(61),
        ),
        ask(GiveAuthority, mandate=mandate(), change=CHANGE),
        ask(
            ApplyIdentity,
            change=CHANGE,
            kind=ChangeKind.TRANSFER,
            version=2,
            holders=(bought(),),
            together=None,
            contacts=1,
        ),
    ],
)
def test_a_freeze_blocks_identity_persons_and_rights(command: Any) -> None:
    FROZEN.when(command).then_refused("contract-frozen")
    later = type(command)(
        **{name: getattr(command, name) for name in command.__dataclass_fields__} | {"at": days(11)}
    )
    assert FROZEN.when(later).types


def test_a_freeze_gives_nobody_new_access_but_ends_a_suspension() -> None:
    suspended = FROZEN.after(ask(SuspendAccess, recovery=RECOVERY_ID))
    restore = ask(RestoreAccess, recovery=RECOVERY_ID, person=uid(61))
    suspended.when(restore).then_refused("contract-frozen")
    assert suspended.when(ask(RestoreAccess, recovery=RECOVERY_ID)).types == ["AccessRestored"]


def test_a_freeze_never_touches_service() -> None:
    assert FROZEN.state.open
    assert FROZEN.when(ask(RevokeRights, by=ASKER, person=uid(61))).types == ["RightsRevoked"]
    assert FROZEN.when(ask(CloseContract, ending=Ending.EXPIRED)).types == ["ContractClosed"]


def test_a_freeze_that_runs_is_renewed_and_one_that_ran_out_is_over() -> None:
    renew = ask(RenewFreeze, freeze=FREEZE, until=days(20), reason=REASON)
    state = FROZEN.when(renew).then(FreezeRenewed(FREEZE, days(20), REASON))
    assert state.ownership.frozen(days(19))
    FROZEN.when(_freeze(freeze=uid(1))).then_refused("freeze-running")
    late = ask(RenewFreeze, at=days(10), freeze=FREEZE, until=days(20), reason=REASON)
    FROZEN.when(late).then_refused("freeze-over")
    assert FROZEN.when(_freeze(at=days(10), freeze=uid(1), until=days(20))).types


def test_a_freeze_is_lifted_once() -> None:
    lift = ask(LiftFreeze, freeze=FREEZE, reason=REASON)
    state = FROZEN.when(lift).then(FreezeLifted(FREEZE, REASON))
    assert not state.ownership.frozen(NOW)
    FROZEN.after(lift).when(lift).then_refused("freeze-over")
    FROZEN.when(ask(LiftFreeze, freeze=uid(1), reason=REASON)).then_refused("freeze-over")


def test_a_freeze_is_bounded() -> None:
    REGISTERED.when(_freeze(until=NOW)).then_refused("expiry-in-future")
    too_long = NOW + FREEZE_HORIZON + timedelta(seconds=1)
    REGISTERED.when(_freeze(until=too_long)).then_refused("freeze-too-long")
    assert REGISTERED.when(_freeze(until=NOW + FREEZE_HORIZON)).types


@pytest.mark.parametrize("effect", OrderEffect)
def test_an_order_freezes_if_it_is_in_force_and_asks_for_it(effect: OrderEffect) -> None:
    command = _freeze(ground=FreezeGround.ORDER, order=ORDER)
    outcome = REGISTERED.after(order(effect=effect)).when(command)
    if effect in (OrderEffect.HOLD, OrderEffect.TRANSFER):
        assert outcome.types == ["FreezePlaced"]
    else:
        outcome.then_refused("order-not-in-force")
