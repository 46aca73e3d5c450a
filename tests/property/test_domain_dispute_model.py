"""Whatever is asked in whatever order, a dispute moves nothing that two people did not decide."""

from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from property.effort import UNSHRUNK
from unit.cast import ask, recorded, uid
from unit.dispute_cast import (
    CONTRACTOR,
    RIVAL,
    WHY,
    checked,
    claim,
    claimed,
    close,
    confirm,
    depart,
    depart_too,
    determine,
    freeze,
    opening,
    refuse,
    uphold,
)
from unit.ownership_cast import (
    BUYER,
    CHANGE,
    HOLDER,
    bought,
    registration,
    visit,
)

from domain.contract import CONTRACT
from domain.contract.ownership.commands import ApplyIdentity
from domain.contract.ownership.vocabulary import ChangeKind, FreezeGround
from domain.decider import Decider
from domain.dispute import DISPUTE
from domain.dispute.commands import (
    ConfirmServiceSuspension,
    ProposeServiceSuspension,
    ResumeService,
)
from domain.dispute.vocabulary import Closing
from domain.errors import Refused
from domain.identity.holder import HeldOfRecord, Undetermined, holder_of_record
from domain.log import Recorded
from domain.stream import Stream
from domain.values import Actor, ActorKind, Assurance, Role

HANDLERS = (Role.DISPUTE_HANDLER, Role.SUPERVISOR)
MARKER = "Bob Uilder of the West"
PEOPLE = [CONTRACTOR, RIVAL, HOLDER]
STAFF = st.builds(
    lambda number, role, how: Actor(ActorKind.STAFF, uid(number), role, None, "local", how),
    st.sampled_from([11, 12, 13]),
    st.sampled_from([*HANDLERS, *HANDLERS, Role.AGENT]),
    st.sampled_from([Assurance.INTERACTIVE] * 4 + [Assurance.API_KEY]),
)


def decides(by: Actor) -> bool:
    """Say whether somebody decides about determinations."""
    return by.role in HANDLERS and by.assurance is Assurance.INTERACTIVE


class DisputeMachine(RuleBasedStateMachine):
    """Keeps in plain variables who claims, who checked, who decided, and who holds it."""

    def __init__(self) -> None:
        super().__init__()
        self.contract = CONTRACT.initial
        self.state = DISPUTE.initial
        self.history: list[Recorded] = []
        self.number = 1000
        self.claims: dict[UUID, UUID] = {}
        self.decided: set[UUID] = set()
        self.checkers: set[UUID] = set()
        self.good: dict[UUID, bool] = {}
        self.frozen: set[UUID] = set()
        self.suspension: tuple[UUID, UUID] | None = None
        self.suspended = False
        self.holders: frozenset[UUID] = frozenset({HOLDER})
        self.named: frozenset[UUID] | None = None
        self.determination: tuple[UUID, int, Any] | None = None
        self.agreed = False
        self.asked: tuple[UUID, UUID, frozenset[UUID]] | None = None
        self.closed = False

    @initialize(by=STAFF)
    def it_is_opened(self, by: Actor) -> None:
        self._tell(CONTRACT, registration())
        assert self._asked(opening(by=by), expected=True)

    @rule(by=STAFF, who=st.sampled_from(PEOPLE))
    def somebody_claims_it(self, by: Actor, who: UUID) -> None:
        number = self._next()
        command = claim(number, who, by=by, words=claimed(MARKER, who))
        if self._asked(command, expected=not self.closed):
            self.claims[number] = who

    @rule(by=STAFF, data=st.data(), lying=st.booleans())
    def a_claim_is_checked(self, by: Actor, data: st.DataObject, lying: bool) -> None:  # noqa: FBT001 - drawn
        if not self.claims:
            return
        number = data.draw(st.sampled_from(sorted(self.claims)))
        who = CONTRACTOR if lying else self.claims[number]
        command = checked(visit(self._next().int & 0xFFFF, who), number, by)
        if self._asked(command, expected=not self.closed and number not in self.decided):
            self.checkers.add(by.id)
            self.good[who] = True

    @rule(by=STAFF, data=st.data(), good=st.booleans())
    def a_claim_is_decided(self, by: Actor, data: st.DataObject, good: bool) -> None:  # noqa: FBT001 - drawn
        if not self.claims:
            return
        number = data.draw(st.sampled_from(sorted(self.claims)))
        may = not self.closed and number not in self.decided
        if good:
            who = self.claims[number]
            may = may and self.good.get(who, False) and who in self.contract_holders
            command: Any = uphold(number, self.contract)
        else:
            command = refuse(number, by=by)
        if self._asked(command, expected=may):
            self.decided.add(number)

    @rule(by=STAFF, ground=st.sampled_from(FreezeGround))
    def a_freeze_is_decided(self, by: Actor, ground: FreezeGround) -> None:
        number = self._next()
        several = len(set(self.claims.values())) > 1
        may = not self.closed and (several or ground is not FreezeGround.SEVERAL_CLAIMANTS)
        if self._asked(freeze(by=by, freeze=number, ground=ground), expected=may):
            self.frozen.add(number)

    @rule(by=STAFF)
    def the_service_is_to_be_suspended(self, by: Actor) -> None:
        number = self._next()
        command = ask(ProposeServiceSuspension, by=by, suspension=number, reason=WHY)
        if self._asked(command, expected=not self.closed and not self.suspended):
            self.suspension = (number, by.id)

    @rule(by=STAFF, more=st.booleans())
    def the_service_is_suspended_or_goes_on(self, by: Actor, more: bool) -> None:  # noqa: FBT001 - drawn
        if self.suspension is None:
            return
        number, first = self.suspension
        if more:
            may = not self.closed and not self.suspended and by.id != first
            may = may and by.assurance is Assurance.INTERACTIVE
            command = ask(ConfirmServiceSuspension, by=by, suspension=number)
            self.suspended |= self._asked(command, expected=may)
            return
        command = ask(ResumeService, by=by, suspension=number, reason=WHY)
        if self._asked(command, expected=not self.closed):
            self.suspension, self.suspended = None, False

    @rule(by=STAFF, back=st.integers(0, 6))
    def it_is_determined(self, by: Actor, back: int) -> None:
        as_of = max(len(self.history) - back, 1)
        answer = holder_of_record(self.history, as_of)
        current = holder_of_record(self.history, len(self.history))
        number = self._next()
        command = determine(answer, number, by=by, as_of=as_of, standing=self.contract)
        fits = answer.departure == current.departure
        if answer.departure is None:
            held = isinstance(answer, HeldOfRecord) and answer.version == self._version
            fits = fits and held and set(answer.holders) == set(self.contract_holders)
        if self._asked(command, expected=not self.closed and fits):
            self.determination = (number, self._version, answer)
            self.agreed, self.asked = False, None

    @rule(by=STAFF)
    def it_is_confirmed(self, by: Actor) -> None:
        if self.determination is None:
            return
        number, version, _ = self.determination
        may = not self.closed and decides(by) and not self.agreed and version == self._version
        may = may and not self._departed
        command = confirm(number, by=by, standing=self.contract)
        self.agreed |= self._asked(command, expected=may)

    @rule(by=STAFF, who=st.sampled_from([*PEOPLE, None]))
    def somebody_wants_to_depart(self, by: Actor, who: UUID | None) -> None:
        if self.determination is None:
            return
        number, version, answer = self.determination
        holders = frozenset() if who is None else frozenset({who})
        known = frozenset() if isinstance(answer, Undetermined) else frozenset(answer.holders)
        may = (
            not self.closed
            and decides(by)
            and by.id not in self.checkers
            and version == self._version
            and not self._departed
            and holders != known
            and holders <= {*self.claims.values(), *self.contract_holders}
        )
        one = self._next()
        fields = {"determination": number, "departure": one, "standing": self.contract}
        if self._asked(depart(*holders, by=by, **fields), expected=may):
            self.asked = (one, by.id, holders)

    @rule(by=STAFF)
    def somebody_else_departs_too(self, by: Actor) -> None:
        if self.asked is None or self.determination is None:
            return
        one, first, holders = self.asked
        may = not self.closed and decides(by) and by.id not in {first, *self.checkers}
        may = may and self.determination[1] == self._version and not self._departed
        if self._asked(depart_too(one, by=by, standing=self.contract), expected=may):
            self.named = holders

    @rule(really=st.integers(0, 5))
    def it_is_sold(self, really: int) -> None:
        if really:
            return
        version = self._version + 1
        buyer = BUYER if version % 2 == 0 else HOLDER
        fields = {"kind": ChangeKind.TRANSFER, "version": version, "holders": (bought(buyer),)}
        self._tell(CONTRACT, ask(ApplyIdentity, change=CHANGE, together=None, contacts=1, **fields))
        self.holders, self.named = frozenset({buyer}), None

    @rule(by=STAFF, closing=st.sampled_from(Closing), really=st.integers(0, 4))
    def it_is_closed(self, by: Actor, closing: Closing, really: int) -> None:
        if really:
            return
        without = closing in (Closing.WITHDRAWN, Closing.NO_CASE)
        settled = self.agreed or self._departed
        may = not self.closed and set(self.claims) == self.decided and not self.suspended
        self.closed |= self._asked(close(closing, by=by), expected=may and (without or settled))

    @invariant()
    def only_a_sale_changes_the_contract_and_only_two_people_the_answer(self) -> None:
        if not self.history:
            return
        assert set(self.contract_holders) == self.holders
        answer = holder_of_record(self.history, len(self.history))
        if self.named == frozenset():
            assert isinstance(answer, Undetermined)
        else:
            assert isinstance(answer, HeldOfRecord)
            assert frozenset(answer.holders) == (self.named or self.holders)

    @invariant()
    def what_is_stopped_is_what_people_decided(self) -> None:
        assert set(self.state.freezes) == self.frozen
        known = self.state.suspension
        assert (known is not None and known.confirmed) == self.suspended
        assert self.state.closed == self.closed

    @invariant()
    def the_state_holds_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state)
        assert "Sealed" not in repr(self.state)

    def teardown(self) -> None:
        """Fold everything once more: the same dispute comes out."""
        folded = DISPUTE.initial
        for one in self.history:
            if one.stream.kind is DISPUTE.kind:
                folded = DISPUTE.evolve(folded, one.event)
                assert DISPUTE.contract_of(folded) == "C-1"
        assert folded == self.state

    @property
    def contract_holders(self) -> list[UUID]:
        """Return who holds the contract by its marks."""
        return [one.id for one in self.contract.ownership.holders]

    @property
    def _version(self) -> int:
        return int(self.contract.ownership.version)

    @property
    def _departed(self) -> bool:
        return self.state.departure is not None and self.state.departure.confirmed

    def _next(self) -> UUID:
        self.number += 1
        return uid(self.number)

    def _tell(self, decider: Decider[Any, Any, Any], command: Any) -> None:
        for event in decider.decide(self.contract, command):
            self.contract = decider.evolve(self.contract, event)
            self._record(decider, event)

    def _asked(self, command: Any, expected: bool) -> bool:  # noqa: FBT001 - what the model says
        try:
            events = DISPUTE.decide(self.state, command)
        except Refused:
            assert not expected, command
            return False
        assert expected, command
        for event in events:
            self.state = DISPUTE.evolve(self.state, event)
            self._record(DISPUTE, event)
        return True

    def _record(self, decider: Decider[Any, Any, Any], event: object) -> None:
        stream = Stream(decider.kind, uid(600))
        self.history.append(recorded(event, len(self.history) + 1, stream=stream))


TestDispute = DisputeMachine.TestCase
TestDispute.settings = UNSHRUNK
