"""Whatever is asked of a contract, the rights of its persons are what was granted last."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import (
    AGENT,
    BY_ENTREPRENEUR,
    BY_ORGANISATION,
    BY_PASSPORT,
    CONTACT,
    NOW,
    identity,
    uid,
)

from domain.contract import CONTRACT
from domain.contract.commands import (
    CloseContract,
    GrantRights,
    ImportContract,
    NamePerson,
    RegisterContract,
    RevokeRights,
)
from domain.contract.documents import Category, Document
from domain.contract.events import Ending, Right
from domain.contract.state import right
from domain.errors import NotAllowed, Refused
from domain.values import Actor, ActorKind, Role

MARKER = "Ann Ode of the North"
PERSONS = [uid(41), uid(42), uid(43)]
RIGHTS = st.sampled_from(
    [
        (Right.READ,),
        (Right.WRITE, Right.READ),
        (Right.MANAGE_PERSONS,),
        (Right.MANAGE_PERSONS, Right.READ),
        (),
    ]
)
EXPIRIES = st.sampled_from([None, None, 1, 2, 5, 0, -1])
ASKERS = [0, 0, 1, 2, len(PERSONS)]
"""Places in PERSONS; one beyond the last is an agent."""
DOCUMENTS = st.sampled_from([None, Document(), BY_PASSPORT, BY_ENTREPRENEUR, BY_ORGANISATION])
RIGHT_PAPERS = {
    "individual": BY_PASSPORT,
    "individual_entrepreneur": BY_ENTREPRENEUR,
    "legal_entity": BY_ORGANISATION,
    "government_agency": BY_ORGANISATION,
}


class ContractMachine(RuleBasedStateMachine):
    """Keeps a plain table person -> (rights, expiry) beside the decider."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = CONTRACT.initial
        self.events: list[Any] = []
        self.table: dict[UUID, tuple[set[Right], datetime | None]] = {}
        self.open = False

    @initialize(category=st.sampled_from(Category), document=DOCUMENTS, imported=st.booleans())
    def begins(self, category: Category, document: Any, imported: bool) -> None:  # noqa: FBT001 - drawn
        told = {"number": "C-1", "holder": uid(40), "language": "en"}
        if imported:
            self._asked(ImportContract, expected=True, **told)
        else:
            fits = RIGHT_PAPERS.get(str(category)) == document is not None
            told |= {"category": category, "document": document, "contacts": (CONTACT,)}
            if not self._asked(RegisterContract, expected=fits, **told):
                told |= {"category": Category.INDIVIDUAL, "document": BY_PASSPORT}
                self._asked(RegisterContract, expected=True, **told)
        self.open = True
        self.a_person_is_named(PERSONS[0], (Right.MANAGE_PERSONS,), None, len(PERSONS))

    @rule(hours=st.sampled_from([1, 1, 2, 3]))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @rule(
        person=st.sampled_from(PERSONS), rights=RIGHTS, hours=EXPIRIES, by=st.sampled_from(ASKERS)
    )
    def a_person_is_named(self, person: UUID, rights: Any, hours: Any, by: int) -> None:
        expiry = self._expiry(hours)
        may = self._grantable(rights, expiry, by) and person not in self.table
        told = {"person": person, "name": identity(MARKER), "login": None}
        if self._asked(NamePerson, may, by=by, rights=rights, expires_at=expiry, **told):
            self.table[person] = (set(rights), expiry)

    @rule(
        person=st.sampled_from(PERSONS), rights=RIGHTS, hours=EXPIRIES, by=st.sampled_from(ASKERS)
    )
    def rights_are_granted(self, person: UUID, rights: Any, hours: Any, by: int) -> None:
        expiry = self._expiry(hours)
        may = self._grantable(rights, expiry, by) and person in self.table
        if self._asked(GrantRights, may, by=by, person=person, rights=rights, expires_at=expiry):
            self.table[person] = (set(rights), expiry)

    @rule(person=st.sampled_from(PERSONS), by=st.sampled_from(ASKERS))
    def rights_are_revoked(self, person: UUID, by: int) -> None:
        may = self._manages(by) and person in self.table
        if self._asked(RevokeRights, may, by=by, person=person):
            self.table[person] = (set(), None)

    @rule(ending=st.sampled_from(Ending), really=st.integers(0, 9))
    def it_ends(self, ending: Ending, really: int) -> None:
        if really == 0 and self._asked(CloseContract, self.open, ending=ending):
            self.open = False

    @rule(really=st.integers(0, 9))
    def it_is_imported_again(self, really: int) -> None:
        if really:
            return
        known = len(self.events)
        told = {"number": "C-1", "holder": uid(40), "language": "en"}
        assert self._asked(ImportContract, expected=True, **told)
        assert len(self.events) == known

    @invariant()
    def rights_are_what_the_table_says(self) -> None:
        for person in [*PERSONS, uid(40)]:
            for one in Right:
                assert right(self.state, person, one, self.now) == self._has(person, one)

    @invariant()
    def it_is_open_until_it_ends(self) -> None:
        assert self.state.open == self.open

    @invariant()
    def the_state_holds_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state)
        assert "Sealed" not in repr(self.state)

    def teardown(self) -> None:
        """Fold everything once more: the same contract comes out."""
        folded = CONTRACT.initial
        for event in self.events:
            folded = CONTRACT.evolve(folded, event)
            assert CONTRACT.contract_of(folded) == "C-1"
        assert folded == self.state

    def _expiry(self, hours: int | None) -> datetime | None:
        return None if hours is None else self.now + timedelta(hours=hours)

    def _has(self, person: UUID, one: Right) -> bool:
        rights, expiry = self.table.get(person, (set(), None))
        return one in rights and (expiry is None or expiry > self.now)

    def _manages(self, by: int) -> bool:
        return by == len(PERSONS) or self._has(PERSONS[by], Right.MANAGE_PERSONS)

    def _grantable(self, rights: Any, expiry: datetime | None, by: int) -> bool:
        lasting = expiry is None or expiry > self.now
        return self.open and bool(rights) and lasting and self._manages(by)

    def _asked(self, command: Any, expected: bool, by: int = len(PERSONS), **told: Any) -> bool:  # noqa: FBT001 - what the model says
        actor = AGENT
        if by < len(PERSONS):
            actor = Actor(ActorKind.CUSTOMER, PERSONS[by], Role.CUSTOMER)
        asked = command(by=actor, at=self.now, **told)
        before = repr(self.state)
        try:
            events = CONTRACT.decide(self.state, asked)
        except (Refused, NotAllowed):
            assert not expected, asked
            assert repr(self.state) == before
            return False
        assert expected, asked
        for event in events:
            self.state = CONTRACT.evolve(self.state, event)
        self.events.extend(events)
        return True


TestContract = ContractMachine.TestCase
TestContract.settings = UNSHRUNK
