"""Who holds a contract of record: from its history alone, as of any position, and why."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from unit.cast import BY_PASSPORT, CONTACT, NOW, recorded, said, uid
from unit.ownership_cast import BUYER, CHANGE, HELD, HOLDER, JOINT, bought, order, person

from domain.contract.documents import Category
from domain.contract.events import ContractClosed, ContractRegistered, Ending
from domain.contract.ownership.events import (
    AccessSuspended,
    DoubtSettled,
    HolderDoubted,
    IdentityChanged,
    JointHoldersNamed,
)
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    Doubt,
    Settlement,
    Together,
)
from domain.identity.holder import HeldOfRecord, Unclear, Undetermined, holder_of_record
from domain.log import Recorded

REGISTERED = ContractRegistered("C-1", Category.INDIVIDUAL, HOLDER, "nl", BY_PASSPORT, (CONTACT,))
IMPORTED = ContractRegistered("C-1", Category.UNKNOWN, HOLDER, "en", None, ())
RENEWED = IdentityChanged(2, CHANGE, ChangeKind.RENEWAL, (HELD,), None, 0)
SOLD = IdentityChanged(2, CHANGE, ChangeKind.TRANSFER, (bought(),), None, 1)
BASIS = said("a certificate")


def _at(position: int) -> datetime:
    return NOW + timedelta(hours=position)


def _history(*events: object) -> list[Recorded]:
    return [recorded(event, position) for position, event in enumerate(events, 1)]


def _asked(*events: object, as_of: int = 99) -> Any:
    return holder_of_record(_history(*events), as_of)


def _doubted(kind: Doubt = Doubt.DECEASED) -> HolderDoubted:
    return HolderDoubted(uid(70), HOLDER, kind, None, BASIS)


def test_whoever_gave_the_document_at_registration_holds_it() -> None:
    assert _asked(REGISTERED) == HeldOfRecord((HOLDER,), None, 1, _at(1), (uid(1),))


def test_renewal_adds_a_version_and_moves_nothing() -> None:
    assert _asked(REGISTERED, RENEWED) == HeldOfRecord((HOLDER,), None, 2, _at(1), (uid(1), uid(2)))


def test_after_a_verified_transfer_the_new_holder_holds_it_by_that_event() -> None:
    assert _asked(REGISTERED, SOLD) == HeldOfRecord((BUYER,), None, 2, _at(2), (uid(2),))


def test_as_of_before_the_transfer_the_former_holder_held_it() -> None:
    assert _asked(REGISTERED, SOLD, as_of=1).holders == (HOLDER,)


def test_joint_holders_hold_it_together() -> None:
    answer = _asked(REGISTERED, JointHoldersNamed((person(JOINT),), Together.ALL))
    assert answer == HeldOfRecord((HOLDER, JOINT), Together.ALL, 1, _at(1), (uid(1), uid(2)))


@pytest.mark.parametrize(
    ("events", "reason", "rests_on"),
    [((), Unclear.NOT_REGISTERED, ()), ((IMPORTED,), Unclear.NO_IDENTITY, (uid(1),))],
)
def test_without_a_document_nobody_can_say(events: Any, reason: Unclear, rests_on: Any) -> None:
    assert _asked(*events) == Undetermined(reason, (), rests_on)


def test_before_its_first_event_a_contract_is_not_registered() -> None:
    assert _asked(REGISTERED, as_of=0).reason is Unclear.NOT_REGISTERED


def test_joint_holders_of_a_contract_without_identity_are_nobody() -> None:
    named = JointHoldersNamed((person(JOINT),), Together.ANY)
    assert _asked(IMPORTED, named).reason is Unclear.NO_IDENTITY


def test_a_first_identity_determines_an_imported_contract() -> None:
    first = IdentityChanged(1, CHANGE, ChangeKind.FIRST_IDENTITY, (bought(),), None, 1)
    assert _asked(IMPORTED, first) == HeldOfRecord((BUYER,), None, 1, _at(2), (uid(2),))


@pytest.mark.parametrize("kind", Doubt)
def test_a_doubt_leaves_it_undetermined_and_what_is_goes_on(kind: Doubt) -> None:
    answer = _asked(REGISTERED, _doubted(kind))
    assert answer == Undetermined(Unclear(kind.value), (HOLDER,), (uid(1), uid(2)), 1)


def test_a_settled_doubt_leaves_the_holder() -> None:
    settled = DoubtSettled(uid(70), Settlement.MISTAKEN, None, BASIS)
    assert _asked(REGISTERED, _doubted(), settled).holders == (HOLDER,)
    other = DoubtSettled(uid(71), Settlement.MISTAKEN, None, BASIS)
    assert _asked(REGISTERED, _doubted(), other).reason is Unclear.DECEASED


def test_the_heirs_verified_transfer_ends_the_doubt() -> None:
    assert _asked(REGISTERED, _doubted(), SOLD).holders == (BUYER,)
    assert _asked(REGISTERED, _doubted(), RENEWED).reason is Unclear.DECEASED


def test_what_only_asks_or_blocks_decides_nothing() -> None:
    others = (order(), AccessSuspended(uid(900)), ContractClosed(Ending.EXPIRED, None))
    assert _asked(REGISTERED, *others) == _asked(REGISTERED)
