"""Folding takes every event that was ever recorded, in any order, whatever the rules were then."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.access import ACCESS
from domain.catalogue import BY_KIND
from domain.contract import CONTRACT
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.identity_change import IDENTITY_CHANGE
from domain.ledger import LEDGER
from domain.mail import MAIL
from domain.notification import NOTIFICATION
from domain.recovery import RECOVERY
from domain.staff import STAFF
from domain.ticket import TICKET

DECIDERS: list[Decider[Any, Any, Any]] = [
    *(TICKET, CONTRACT, IDENTITY_CHANGE, RECOVERY, DISPUTE),
    *(STAFF, ACCESS, NOTIFICATION, MAIL, LEDGER),
]


def _histories(decider: Decider[Any, Any, Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(st.one_of([st.from_type(cls) for cls in BY_KIND[decider.kind]]), max_size=12)


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: str(decider.kind))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_any_history_folds_and_counts_somewhere(
    decider: Decider[Any, Any, Any], data: st.DataObject
) -> None:
    state = decider.initial
    for event in data.draw(_histories(decider)):
        state = decider.evolve(state, event)
        number = decider.contract_of(state)
        assert number is None or isinstance(number, str)


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: str(decider.kind))
@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_folding_changes_no_state_that_somebody_holds(
    decider: Decider[Any, Any, Any], data: st.DataObject
) -> None:
    states, reprs = [decider.initial], [repr(decider.initial)]
    for event in data.draw(_histories(decider)):
        parent = data.draw(st.integers(0, len(states) - 1))
        states.append(decider.evolve(states[parent], event))
        reprs.append(repr(states[-1]))
    assert [repr(state) for state in states] == reprs


@pytest.mark.parametrize("decider", DECIDERS, ids=lambda decider: str(decider.kind))
def test_the_state_before_the_first_event_counts_under_no_contract(
    decider: Decider[Any, Any, Any],
) -> None:
    assert decider.contract_of(decider.initial) is None
