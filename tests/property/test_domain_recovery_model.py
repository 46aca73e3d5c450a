"""Whatever is asked in whatever order, access comes back to who is proved, after all lost it."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import NOW, SYSTEM, ask, identity, said, uid
from unit.ownership_cast import HOLDER, LAWYER, REGISTERED, TICKET, specialist, visit

from domain.contract import CONTRACT
from domain.contract.commands import NamePerson
from domain.contract.events import Right
from domain.contract.ownership.commands import RestoreAccess, SuspendAccess
from domain.contract.state import right
from domain.errors import Refused
from domain.identity.commands import RecordIdentityCheck
from domain.identity.proof import Capacity, Finding
from domain.recovery import RECOVERY
from domain.recovery.commands import (
    ConfirmProvisioning,
    DropRecovery,
    OrderRestoration,
    OrderSuspension,
    ReportRecovery,
)
from domain.recovery.events import Act, Dropping
from domain.values import Actor, Assurance

STAFF = st.sampled_from([specialist(number) for number in (11, 12, 13)])
THIEF = uid(61)
RECOVERY_ID = uid(900)
MARKER = "Ann Ode of the North"


class RecoveryMachine(RuleBasedStateMachine):
    """Keeps in plain sets what was ordered, confirmed, proved, and who has access."""

    def __init__(self) -> None:
        super().__init__()
        named = {"name": identity("T"), "login": None, "rights": (Right.READ,)}
        self.contract = REGISTERED.after(ask(NamePerson, person=THIEF, **named)).state
        self.state = RECOVERY.initial
        self.events: list[Any] = []
        self.ordered: set[Act] = set()
        self.confirmed: set[Act] = set()
        self.checkers: set[UUID] = set()
        self.good: dict[UUID, bool] = {}
        self.checks = 0
        self.decided = False
        self.access = {THIEF}

    @initialize(by=STAFF)
    def it_is_reported(self, by: Actor) -> None:
        command = ask(
            ReportRecovery,
            by=by,
            contract="C-1",
            ticket=TICKET,
            reporter=HOLDER,
            capacity=Capacity.IN_PERSON,
            words=said(MARKER),
        )
        assert self._asked(command, expected=True)

    @rule(by=STAFF)
    def access_is_suspended(self, by: Actor) -> None:
        first = Act.SUSPEND_ACCESS not in self.ordered
        if self._asked(ask(OrderSuspension, by=by), expected=not self.decided) and first:
            self._tell(ask(SuspendAccess, recovery=RECOVERY_ID))
            self.ordered.add(Act.SUSPEND_ACCESS)
            self.access = set()

    @rule(act=st.sampled_from(Act))
    def provisioning_confirms(self, act: Act) -> None:
        command = ask(ConfirmProvisioning, by=SYSTEM, act=act)
        if self._asked(command, expected=act in self.ordered):
            self.confirmed.add(act)

    @rule(
        by=STAFF,
        who=st.sampled_from([HOLDER, HOLDER, LAWYER]),
        finding=st.sampled_from([Finding.PASSED, Finding.PASSED, Finding.UNCLEAR]),
    )
    def somebody_is_checked(self, by: Actor, who: UUID, finding: Finding) -> None:
        self.checks += 1
        check = visit(2000 + self.checks, who, finding)
        command = ask(RecordIdentityCheck, by=by, check=check, standing=self.contract)
        if self._asked(command, expected=not self.decided):
            self.good[who] = finding is Finding.PASSED
            self.checkers.add(by.id)

    @rule(by=STAFF, person=st.sampled_from([HOLDER, HOLDER, THIEF]), signed_in=st.booleans())
    def access_is_given_back(self, by: Actor, person: UUID, signed_in: bool) -> None:  # noqa: FBT001 - drawn
        assurance = Assurance.INTERACTIVE if signed_in else Assurance.API_KEY
        asker = Actor(by.kind, by.id, by.role, None, "local", assurance)
        name = identity("Ann")
        command = ask(OrderRestoration, by=asker, person=person, name=name, standing=self.contract)
        may = (
            not self.decided
            and Act.SUSPEND_ACCESS in self.confirmed
            and signed_in
            and by.id not in self.checkers
            and self.good.get(HOLDER, False)
            and self.good.get(person, False)
        )
        if self._asked(command, expected=may):
            self._tell(ask(RestoreAccess, recovery=RECOVERY_ID, person=person, name=name))
            self.ordered |= {Act.RESTORE_ACCESS, Act.REVOKE_OTHER_ACCESS}
            self.access = {person}
            self.decided = True

    @rule(by=STAFF, really=st.integers(0, 9))
    def it_is_dropped(self, by: Actor, really: int) -> None:
        if really:
            return
        why = said("mistaken")
        command = ask(DropRecovery, by=by, dropping=Dropping.MISTAKEN, explanation=why)
        if self._asked(command, expected=not self.decided):
            self.decided = True
            if Act.SUSPEND_ACCESS in self.ordered:
                self._tell(ask(RestoreAccess, recovery=RECOVERY_ID))
                self.ordered.add(Act.RESTORE_ACCESS)
                self.access = {THIEF}

    @invariant()
    def who_has_access_is_what_the_sets_say(self) -> None:
        people = [THIEF, HOLDER, LAWYER]
        assert {p for p in people if right(self.contract, p, Right.READ, NOW)} == self.access

    @invariant()
    def it_is_over_when_all_that_was_ordered_is_done(self) -> None:
        assert self.state.over == (self.decided and self.ordered == self.confirmed)

    @invariant()
    def the_state_holds_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state)
        assert "Sealed" not in repr(self.state)

    def teardown(self) -> None:
        """Fold everything once more: the same recovery comes out."""
        folded = RECOVERY.initial
        for event in self.events:
            folded = RECOVERY.evolve(folded, event)
            assert RECOVERY.contract_of(folded) == "C-1"
        assert folded == self.state

    def _tell(self, command: Any) -> None:
        for event in CONTRACT.decide(self.contract, command):
            self.contract = CONTRACT.evolve(self.contract, event)

    def _asked(self, command: Any, expected: bool) -> bool:  # noqa: FBT001 - what the model says
        try:
            events = RECOVERY.decide(self.state, command)
        except Refused:
            assert not expected, command
            return False
        assert expected, command
        for event in events:
            self.state = RECOVERY.evolve(self.state, event)
        self.events.extend(events)
        return True


TestRecovery = RecoveryMachine.TestCase
TestRecovery.settings = UNSHRUNK
