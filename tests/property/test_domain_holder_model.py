"""Whatever happens to a contract, its holder of record is whom the plain rule names."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import ask, recorded, said, uid
from unit.ownership_cast import BUYER, CHANGE, HOLDER, JOINT, bought, person, registration

from domain.contract import CONTRACT
from domain.contract.commands import CloseContract, ImportContract
from domain.contract.events import Ending
from domain.contract.ownership.commands import ApplyIdentity, DoubtHolder, SettleDoubt, WarnHolder
from domain.contract.ownership.vocabulary import (
    ChangeKind,
    Doubt,
    Settlement,
    Together,
    Warned,
)
from domain.errors import Refused
from domain.identity.holder import HeldOfRecord, Unclear, Undetermined, holder_of_record
from domain.log import Recorded

PEOPLE = [HOLDER, JOINT, BUYER]
WHY = said("because")


class HolderMachine(RuleBasedStateMachine):
    """Keeps the holders and the doubts about them in plain variables."""

    def __init__(self) -> None:
        super().__init__()
        self.state = CONTRACT.initial
        self.history: list[Recorded] = []
        self.holders: tuple[UUID, ...] = ()
        self.doubts: dict[UUID, tuple[UUID, Doubt]] = {}
        self.answers: dict[int, Any] = {}

    @initialize(how=st.sampled_from(["alone", "together", "imported"]))
    def it_begins(self, how: str) -> None:
        self.answers[0] = holder_of_record([], 0)
        if how == "imported":
            self._asked(ask(ImportContract, number="C-1", holder=HOLDER, language="en"))
            return
        joint = (person(JOINT),) if how == "together" else ()
        self._asked(registration(joint=joint, together=Together.ALL if joint else None))
        self.holders = (HOLDER, *(one.id for one in joint))

    @rule(new=st.lists(st.sampled_from(PEOPLE), min_size=1, max_size=3, unique=True))
    def an_identity_change_is_applied(self, new: list[UUID]) -> None:
        command = ask(
            ApplyIdentity,
            change=CHANGE,
            kind=ChangeKind.TRANSFER,
            version=self.state.ownership.version + 1,
            holders=tuple(map(bought, new)),
            together=Together.ANY if len(new) > 1 else None,
            contacts=0,
        )
        assert self._asked(command)
        self.holders = tuple(new)
        self.doubts = {key: one for key, one in self.doubts.items() if one[0] in new}

    @rule(number=st.integers(1, 4), who=st.sampled_from(PEOPLE), kind=st.sampled_from(Doubt))
    def a_holder_is_doubted(self, number: int, who: UUID, kind: Doubt) -> None:
        doubt = uid(70 + number)
        may = who in self.holders and doubt not in self.doubts
        command = ask(DoubtHolder, doubt=doubt, holder=who, kind=kind, basis=WHY)
        assert self._asked(command) == may
        if may:
            self.doubts[doubt] = (who, kind)

    @rule(number=st.integers(1, 4))
    def a_doubt_is_settled(self, number: int) -> None:
        doubt = uid(70 + number)
        settled = {"settlement": Settlement.AGREEMENT, "reason": WHY}
        assert self._asked(ask(SettleDoubt, doubt=doubt, **settled)) == (doubt in self.doubts)
        self.doubts.pop(doubt, None)

    @rule(really=st.integers(0, 5))
    def something_else_happens(self, really: int) -> None:
        self._asked(ask(WarnHolder, warning=Warned.EMPLOYEES_NAME))
        if really == 0 and self.state.open:
            self._asked(ask(CloseContract, ending=Ending.EXPIRED))

    @invariant()
    def the_holder_is_whom_the_rule_names(self) -> None:
        answer = holder_of_record(self.history, len(self.history))
        self.answers[len(self.history)] = answer
        match answer:
            case HeldOfRecord():
                assert set(answer.holders) == set(self.holders)
                assert not self.doubts
                assert answer.version == self.state.ownership.version
            case Undetermined(reason=Unclear.NO_IDENTITY):
                assert not self.holders
            case Undetermined(reason=Unclear.NOT_REGISTERED):
                assert not self.history
            case Undetermined():
                assert answer.reason == next(iter(self.doubts.values()))[1].value
                assert set(answer.status_quo) == set(self.holders)

    @invariant()
    def it_rests_on_events_that_were_known(self) -> None:
        answer = holder_of_record(self.history, len(self.history))
        known = {one.id for one in self.history}
        assert set(answer.rests_on) <= known
        assert len(set(answer.rests_on)) == len(answer.rests_on)
        assert answer.rests_on or not self.history

    def teardown(self) -> None:
        """Ask again as of every position: later events change no earlier answer."""
        for position, answer in self.answers.items():
            assert holder_of_record(self.history, position) == answer

    def _asked(self, command: Any) -> bool:
        try:
            events = CONTRACT.decide(self.state, command)
        except Refused:
            return False
        for event in events:
            self.state = CONTRACT.evolve(self.state, event)
            self.history.append(recorded(event, len(self.history) + 1))
        return True


TestHolder = HolderMachine.TestCase
TestHolder.settings = UNSHRUNK
