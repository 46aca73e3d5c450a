"""A confirmed departure changes who holds a contract of record, until the next identity version."""

from typing import Any

import pytest
from unit.cast import BY_PASSPORT, CONTACT, said, uid
from unit.ownership_cast import BUYER, CHANGE, HELD, HOLDER, JOINT, bought
from unit.test_domain_holder_of_record import IMPORTED, REGISTERED, SOLD, _asked, _at, _doubted

from domain.contract.ownership.events import FreezePlaced, IdentityChanged
from domain.contract.ownership.vocabulary import ChangeKind, FreezeGround, Together
from domain.dispute.events import (
    ClaimReceived,
    ClaimUpheld,
    DepartureConfirmed,
    DepartureProposed,
    DeterminationConfirmed,
    DeterminationMade,
    DisputeAttached,
    DisputeClosed,
    DisputeOpened,
)
from domain.dispute.vocabulary import Closing, DisputeKind, Outcome, Wish
from domain.identity.holder import HeldOfRecord, Unclear, Undetermined
from domain.identity.proof import Capacity
from domain.ticket.events import Channel

WHY = said("the court's own words")
DETERMINATION, DEPARTURE = uid(720), uid(730)


def _proposed(*holders: Any, departure: Any = DEPARTURE, **fields: Any) -> DepartureProposed:
    outcome = Outcome.HOLDER if holders else Outcome.UNDETERMINED
    usual = {"together": None, **fields}
    return DepartureProposed(
        DETERMINATION, departure, uid(16), outcome, holders, usual["together"], WHY
    )


def _confirmed(departure: Any = DEPARTURE) -> DepartureConfirmed:
    return DepartureConfirmed(departure, uid(17))


def test_a_departure_that_nobody_confirmed_changes_nothing() -> None:
    assert _asked(REGISTERED, _proposed(BUYER)) == _asked(REGISTERED)
    assert _asked(REGISTERED, _proposed(BUYER), _confirmed(uid(731))) == _asked(REGISTERED)


def test_a_confirmed_departure_is_the_answer_since_it_was_confirmed() -> None:
    answer = _asked(REGISTERED, _proposed(BUYER), _confirmed())
    rests_on = (uid(1), uid(2), uid(3))
    assert answer == HeldOfRecord((BUYER,), None, 1, _at(3), rests_on, DEPARTURE)
    assert _asked(REGISTERED, _proposed(BUYER), _confirmed(), as_of=2).holders == (HOLDER,)


def test_the_one_that_was_confirmed_counts() -> None:
    both = (_proposed(BUYER), _proposed(JOINT, departure=uid(731)))
    assert _asked(REGISTERED, *both, _confirmed()).holders == (BUYER,)
    assert _asked(REGISTERED, *both, _confirmed(), _confirmed(uid(731))).holders == (JOINT,)


def test_several_hold_it_as_the_departure_says() -> None:
    answer = _asked(REGISTERED, _proposed(BUYER, JOINT, together=Together.ALL), _confirmed())
    assert (answer.holders, answer.together) == ((BUYER, JOINT), Together.ALL)


def test_a_departure_to_nobody_leaves_it_undetermined() -> None:
    answer = _asked(REGISTERED, _proposed(), _confirmed())
    rests_on = (uid(1), uid(2), uid(3))
    assert answer == Undetermined(Unclear.DEPARTED, (HOLDER,), rests_on, 1, DEPARTURE)


def test_a_departure_names_the_holder_of_an_imported_contract_and_in_doubt() -> None:
    first = _asked(IMPORTED, _proposed(BUYER), _confirmed())
    assert (first.holders, first.version) == ((BUYER,), 0)
    assert _asked(IMPORTED, _proposed(), _confirmed()).status_quo == ()
    assert _asked(REGISTERED, _doubted(), _proposed(JOINT), _confirmed()).holders == (JOINT,)


@pytest.mark.parametrize(
    "change", [SOLD, IdentityChanged(2, CHANGE, ChangeKind.RENEWAL, (HELD,), None, 0)]
)
def test_the_next_identity_version_ends_a_departure(change: IdentityChanged) -> None:
    answer = _asked(REGISTERED, _proposed(JOINT), _confirmed(), change)
    assert answer.holders == tuple(one.id for one in change.holders)
    assert answer.departure is None


def test_a_dispute_alone_changes_nothing() -> None:
    events = (
        DisputeOpened("000-021", DisputeKind.TAKEOVER, None, uid(500), "ru", None),
        DisputeAttached("C-1"),
        ClaimReceived(
            uid(710),
            BUYER,
            Capacity.IN_PERSON,
            Wish.TRANSFER,
            Channel.OFFICE,
            uid(500),
            None,
            (),
            (),
            said("B. Uyer"),
            BY_PASSPORT,
            CONTACT,
            WHY,
        ),
        ClaimUpheld(uid(710), uid(16), ()),
        FreezePlaced(uid(73), uid(700), FreezeGround.SEVERAL_CLAIMANTS, None, _at(9), WHY),
        DeterminationMade(DETERMINATION, 6, Outcome.HOLDER, (BUYER,), None, 1, None, (uid(1),)),
        DeterminationConfirmed(DETERMINATION, uid(17)),
        DisputeClosed(Closing.DETERMINED, uid(16), WHY),
    )
    assert _asked(REGISTERED, *events) == _asked(REGISTERED)
    assert _asked(REGISTERED, SOLD).holders == (bought().id,)
