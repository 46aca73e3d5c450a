"""Whatever is asked of a contract, nothing goes that a hold, a life or a period keeps."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import AGENT, BY_PASSPORT, COLLEAGUE, CONTACT, NOW, REASON, SUPERVISOR, identity, uid

from domain.contract import CONTRACT
from domain.contract.commands import (
    CloseContract,
    ConfirmHoldRelease,
    NamePerson,
    PlaceLegalHold,
    RegisterContract,
    RequestHoldRelease,
    RevokeRights,
)
from domain.contract.documents import Category
from domain.contract.events import Authority, Ending, Right
from domain.erasure import Basis, CompleteErasure, EraseSubject, Limitation, SubjectErased
from domain.errors import NotFound, Refused
from domain.values import Actor, Purpose

HOLDER, ANN, STRANGER = uid(40), uid(41), uid(42)
PEOPLE = [AGENT, COLLEAGUE, SUPERVISOR]
HOLDS = [uid(70), uid(71)]
PERIODS = {Purpose.IDENTITY: 10, Purpose.CORRESPONDENCE: 30, Purpose.ADDRESS: 5}
LIMITATION = tuple(Limitation(purpose, days) for purpose, days in PERIODS.items())
PURPOSES = st.lists(st.sampled_from(Purpose), max_size=3, unique=True)


class ErasureMachine(RuleBasedStateMachine):
    """Keeps plain tables beside the decider: holds, who asked for their release, what is held."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = CONTRACT.initial
        self.holds: dict[UUID, tuple[datetime, UUID | None]] = {}
        self.held = {
            HOLDER: {Purpose.IDENTITY, Purpose.CORRESPONDENCE},
            ANN: {Purpose.IDENTITY, Purpose.CORRESPONDENCE, Purpose.CLAIM},
            STRANGER: set[Purpose](),
        }
        self.addresses = True
        self.known = {HOLDER}
        self.under_way: dict[UUID, UUID] = {}
        self.ended: datetime | None = None
        self.revoked = False
        self.numbers = 100

    @initialize()
    def begins(self) -> None:
        self._asked(
            RegisterContract,
            number="C-1",
            category=Category.INDIVIDUAL,
            holder=HOLDER,
            language="en",
            document=BY_PASSPORT,
            contacts=(CONTACT,),
        )
        named = {"person": ANN, "name": identity("Ann"), "login": None, "rights": (Right.READ,)}
        self._asked(NamePerson, **named)

    @rule(days=st.sampled_from([1, 4, 9, 26]))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)

    @rule(hold=st.sampled_from(HOLDS), days=st.sampled_from([-1, 0, 20]))
    def a_hold_is_placed(self, hold: UUID, days: int) -> None:
        review = self.now + timedelta(days=days)
        may = hold not in self.holds and days > 0
        told = {"authority": Authority.COURT, "reference": REASON, "review_at": review}
        if self._tried(PlaceLegalHold, may, hold=hold, **told):
            self.holds[hold] = (review, None)

    @rule(hold=st.sampled_from(HOLDS), by=st.sampled_from(PEOPLE))
    def a_release_is_asked_for(self, hold: UUID, by: Actor) -> None:
        if self._tried(RequestHoldRelease, hold in self.holds, by=by, hold=hold, reason=REASON):
            self.holds[hold] = (self.holds[hold][0], by.id)

    @rule(hold=st.sampled_from(HOLDS), by=st.sampled_from(PEOPLE))
    def a_release_is_confirmed(self, hold: UUID, by: Actor) -> None:
        asked_by = self.holds.get(hold, (self.now, None))[1]
        may = asked_by is not None and asked_by != by.id
        if self._tried(ConfirmHoldRelease, may, by=by, hold=hold):
            del self.holds[hold]

    @rule(really=st.integers(0, 4))
    def it_ends(self, really: int) -> None:
        if not really and self._tried(CloseContract, self.ended is None, ending=Ending.EXPIRED):
            self.ended = self.now

    @rule(really=st.integers(0, 2))
    def a_person_loses_all_rights(self, really: int) -> None:
        if not really:
            self._asked(RevokeRights, person=ANN, reason=None)
            self.revoked = True

    @rule(subject=st.sampled_from([HOLDER, ANN, STRANGER]), purposes=PURPOSES)
    def somebody_is_erased(self, subject: UUID, purposes: list[Purpose]) -> None:
        held = self.held[subject] | ({Purpose.ADDRESS} if self.addresses else set())
        kept = {one for one in purposes if self._stays(subject, one)}
        going = {one for one in purposes if one in held} - kept
        known = bool(self.held[subject]) or subject in self.known
        self.numbers += 1
        try:
            events = self._asked(
                EraseSubject,
                erasure=uid(self.numbers),
                subject=subject,
                purposes=tuple(purposes),
                basis=Basis.DATA_SUBJECT_REQUEST,
                limitation=LIMITATION,
                held=frozenset(held),
                ended_at=self.ended,
            )
        except NotFound:
            assert not known
            return
        except Refused:
            assert not purposes or subject in self.under_way.values() or (kept and not going)
            return
        assert known
        assert purposes
        assert subject not in self.under_way.values()
        if not events:
            assert not going
            assert not kept
            return
        (event,) = events
        assert isinstance(event, SubjectErased)
        assert set(event.purposes) == going
        assert {one.purpose for one in event.kept} == kept
        assert all(one.review_at > self.now for one in event.kept)
        self.under_way[event.erasure] = subject
        self.known.add(subject)
        self.held[subject] -= going
        self.addresses = self.addresses and Purpose.ADDRESS not in going

    @rule(data=st.data())
    def an_erasure_is_carried_out(self, data: st.DataObject) -> None:
        erasure = data.draw(st.sampled_from([*self.under_way, STRANGER]))
        events = self._asked(CompleteErasure, erasure=erasure)
        assert len(events) == (erasure in self.under_way)
        self.under_way.pop(erasure, None)

    @invariant()
    def the_holds_are_those_of_the_table(self) -> None:
        found = {one.id: (one.review_at, one.release_asked_by) for one in self.state.holds}
        assert found == self.holds
        assert dict(self.state.erasures.open) == self.under_way

    def _stays(self, subject: UUID, purpose: Purpose) -> bool:
        if self.holds:
            return True
        if self.ended is not None:
            until = self.ended + timedelta(days=PERIODS.get(purpose, 0))
            if until > self.now:
                return True
        elif purpose is Purpose.IDENTITY and not (subject == ANN and self.revoked):
            return True
        return purpose is Purpose.ADDRESS and subject != HOLDER

    def _asked(self, command: Any, by: Actor = AGENT, **told: Any) -> tuple[Any, ...]:
        events = CONTRACT.decide(self.state, command(by=by, at=self.now, **told))
        for event in events:
            self.state = CONTRACT.evolve(self.state, event)
        return events

    def _tried(self, command: Any, may: bool, **told: Any) -> bool:  # noqa: FBT001 - what the model says
        try:
            self._asked(command, **told)
        except Refused:
            assert not may
            return False
        assert may
        return True


TestErasure = ErasureMachine.TestCase
TestErasure.settings = UNSHRUNK
