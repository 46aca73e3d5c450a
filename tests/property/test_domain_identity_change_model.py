"""Whatever is asked in whatever order, an identity changes by two people, in time, with notice."""

from datetime import datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from property.effort import UNSHRUNK
from unit.cast import NOW, ask, identity, said, uid
from unit.change_cast import MONTH, apply, approve, candidate, contest, draw, sale
from unit.ownership_cast import (
    BUYER,
    CHANGE,
    DISPUTE,
    HELD,
    HOLDER,
    REGISTERED,
    bought,
    days,
    specialist,
    visit,
)

from domain.contract import CONTRACT
from domain.contract.ownership.commands import ApplyIdentity, LiftFreeze, PlaceFreeze
from domain.contract.ownership.vocabulary import ChangeKind, FreezeGround
from domain.errors import Refused
from domain.identity.commands import RecordIdentityCheck
from domain.identity.proof import Finding
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.commands import (
    DismissContest,
    ExcuseApprover,
    RefuseIdentityChange,
)
from domain.identity_change.events import Excuse, Refusal
from domain.identity_change.state import Phase
from domain.values import Actor, Assurance

STAFF = [specialist(number) for number in (11, 12, 13, 14)]
YOUNG = STAFF[3].id
PEOPLE = st.sampled_from(STAFF)
WHY = said("because")
MARKER = "Ann Ode of the North"
FREEZE = uid(73)


class ChangeMachine(RuleBasedStateMachine):
    """Keeps in plain variables what has to be so before a transfer goes on."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.contract = REGISTERED.state
        self.state = IDENTITY_CHANGE.initial
        self.events: list[Any] = []
        self.part: set[UUID] = set()
        self.good: dict[UUID, bool] = {}
        self.excused: set[UUID] = set()
        self.drawn: UUID | None = None
        self.last_check = 0
        self.checks = 0
        self.approved: tuple[UUID, datetime] | None = None
        self.objections: set[UUID] = set()
        self.dismissed: set[UUID] = set()
        self.frozen_until = NOW
        self.moved_on = False
        self.over = False

    @initialize(by=PEOPLE)
    def it_is_asked_for(self, by: Actor) -> None:
        assert self._asked(sale(by=by, at=self.now, name=identity(MARKER)), expected=True)
        self.part.add(by.id)

    @rule(hours=st.sampled_from([1, 20, 100]))
    def time_passes(self, hours: int) -> None:
        self.now = days(hours / 24, self.now)

    @rule(
        by=PEOPLE,
        who=st.sampled_from([HOLDER, BUYER]),
        finding=st.sampled_from([Finding.PASSED, Finding.PASSED, Finding.FAILED]),
    )
    def somebody_is_checked(self, by: Actor, who: UUID, finding: Finding) -> None:
        self.checks += 1
        check = visit(2000 + self.checks, who, finding)
        command = ask(RecordIdentityCheck, by=by, at=self.now, check=check, standing=self.contract)
        if self._asked(command, expected=not self.over and self.approved is None):
            self.good[who] = finding is Finding.PASSED
            self.part.add(by.id)
            self.last_check = len(self.events)

    @rule(number=st.integers(0, 2**64))
    def somebody_is_drawn(self, number: int) -> None:
        since = {one.id: days(-1) if one.id == YOUNG else days(-40) for one in STAFF}
        people = tuple(candidate(one, at) for one, at in since.items())
        old = {one for one, at in since.items() if days(30, at) <= self.now}
        may = old - self.part - self.excused
        free = not self.over and self.approved is None and self.drawn is None
        command = draw(
            at=self.now, candidates=people, randomness=f"{number:064x}", standing=self.contract
        )
        if self._asked(command, expected=free and bool(may) and self._agreed()):
            self.drawn = self.events[-1].approver
            assert self.drawn in may
            assert set(self.events[-1].candidates) == may

    @rule()
    @precondition(lambda self: self.drawn is not None)
    def the_drawn_one_is_excused(self) -> None:
        by = next(one for one in STAFF if one.id == self.drawn)
        command = ask(ExcuseApprover, by=by, at=self.now, excuse=Excuse.CONFLICT, reason=WHY)
        if self._asked(command, expected=not self.over and self.approved is None):
            self.excused.add(by.id)
            self.drawn = None

    @rule(
        by=PEOPLE, signed_in=st.sampled_from([True, True, False]), behind=st.sampled_from([0, 0, 1])
    )
    def it_is_approved(self, by: Actor, signed_in: bool, behind: int) -> None:  # noqa: FBT001 - drawn
        assurance = Assurance.INTERACTIVE if signed_in else Assurance.API_KEY
        asker = Actor(by.kind, by.id, by.role, None, "local", assurance)
        since = days(-1) if by.id == YOUNG else days(-40)
        command = approve(
            by=asker,
            at=self.now,
            role_since=since,
            opened=self.last_check - behind,
            standing=self.contract,
        )
        may = (
            not self.over
            and self.approved is None
            and self.drawn == by.id
            and by.id not in self.part
            and signed_in
            and not behind
            and days(30, since) <= self.now
            and self._agreed()
        )
        if self._asked(command, expected=may):
            self.approved = (by.id, self.now)

    @rule(number=st.integers(1, 3))
    def somebody_objects(self, number: int) -> None:
        one = uid(860 + number)
        known = self.objections | self.dismissed
        if self._asked(contest(at=self.now, contest=one), not self.over and one not in known):
            self.objections.add(one)

    @rule(by=PEOPLE, number=st.integers(1, 3))
    def an_objection_is_dismissed(self, by: Actor, number: int) -> None:
        one = uid(860 + number)
        approver = None if self.approved is None else self.approved[0]
        may = one in self.objections and by.id not in {*self.part, approver}
        command = ask(DismissContest, by=by, at=self.now, contest=one, explanation=WHY)
        if self._asked(command, expected=may and not self.over):
            self.objections.remove(one)
            self.dismissed.add(one)

    @rule()
    def it_is_applied(self) -> None:
        waited = self.approved is not None and days(7, self.approved[1]) <= self.now
        may = not self.over and waited and not self.objections and self._stands()
        if self._asked(apply(at=self.now, standing=self.contract), expected=may):
            self.over = True
            self._mark(BUYER, ChangeKind.TRANSFER)

    @rule(really=st.integers(0, 15))
    def it_is_refused(self, really: int) -> None:
        if really:
            return
        command = ask(
            RefuseIdentityChange,
            at=self.now,
            refusal=Refusal.FORGED,
            explanation=WHY,
            copies_seconds=MONTH,
        )
        if self._asked(command, expected=not self.over):
            self.over = True

    @rule(really=st.integers(0, 15))
    def another_change_comes_first(self, really: int) -> None:
        if really == 0 and not self.over and self.frozen_until <= self.now:
            self.moved_on = True
            self._mark(HOLDER, ChangeKind.RENEWAL)

    @rule(hours=st.sampled_from([1, 100]), lifted=st.booleans())
    def it_is_frozen_for_a_while(self, hours: int, lifted: bool) -> None:  # noqa: FBT001 - drawn
        if self.frozen_until > self.now:
            if lifted:
                self._tell(ask(LiftFreeze, at=self.now, freeze=FREEZE, reason=WHY))
                self.frozen_until = self.now
            return
        self.frozen_until = days(hours / 24, self.now)
        self._tell(
            ask(
                PlaceFreeze,
                at=self.now,
                freeze=FREEZE,
                dispute=DISPUTE,
                ground=FreezeGround.HOLDER_ASKS,
                until=self.frozen_until,
                reason=WHY,
            )
        )

    @invariant()
    def only_what_was_applied_changes_the_holder(self) -> None:
        applied = self.state.phase is Phase.APPLIED
        assert [one.id for one in self.contract.ownership.holders] == [BUYER if applied else HOLDER]

    @invariant()
    def the_states_hold_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state) + repr(self.contract)
        assert "Sealed" not in repr(self.state) + repr(self.contract)

    def teardown(self) -> None:
        """Fold everything once more: the same change comes out."""
        folded = IDENTITY_CHANGE.initial
        for event in self.events:
            folded = IDENTITY_CHANGE.evolve(folded, event)
            assert IDENTITY_CHANGE.contract_of(folded) == "C-1"
        assert folded == self.state

    def _stands(self) -> bool:
        return not self.moved_on and self.frozen_until <= self.now

    def _agreed(self) -> bool:
        return self._stands() and self.good.get(HOLDER, False) and self.good.get(BUYER, False)

    def _mark(self, holder: UUID, kind: ChangeKind) -> None:
        held = bought() if holder == BUYER else HELD
        self._tell(
            ask(
                ApplyIdentity,
                at=self.now,
                change=CHANGE,
                kind=kind,
                version=self.contract.ownership.version + 1,
                holders=(held,),
                together=None,
                contacts=0,
            )
        )

    def _tell(self, command: Any) -> None:
        for event in CONTRACT.decide(self.contract, command):
            self.contract = CONTRACT.evolve(self.contract, event)

    def _asked(self, command: Any, expected: bool) -> bool:  # noqa: FBT001 - what the model says
        before = repr(self.state)
        try:
            events = IDENTITY_CHANGE.decide(self.state, command)
        except Refused:
            assert not expected, command
            assert repr(self.state) == before
            return False
        assert expected, command
        for event in events:
            self.state = IDENTITY_CHANGE.evolve(self.state, event)
        self.events.extend(events)
        return True


TestIdentityChange = ChangeMachine.TestCase
TestIdentityChange.settings = UNSHRUNK
