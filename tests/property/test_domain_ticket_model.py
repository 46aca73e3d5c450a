"""Whatever is asked of a ticket, in whatever order, the rules hold."""

from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from property.effort import UNSHRUNK
from property.ticket_model import AFTER, AFTER_CLOSING, TicketModel
from unit.cast import AGENT, COLLEAGUE, CUSTOMER, NOW, SPECIALIST, SUPERVISOR, opening, said, uid

from domain.errors import Refused
from domain.ticket import TICKET
from domain.ticket.commands import (
    AcknowledgeTicket,
    AddressTicket,
    AssignTicket,
    ChangePriority,
    ChangeStatus,
    ChangeTags,
    ClaimTicket,
    CorrectMessage,
    HandOverTicket,
    LinkTicket,
    MoveTicket,
    PostMessage,
    RecordWork,
    ReleaseTicket,
    RetractMessage,
)
from domain.ticket.events import Audience, Priority, PromiseMissed, Relation, Status
from domain.values import Sealed

MARKER = "very personal words"
TEXT = said(MARKER)
PEOPLE = st.sampled_from([AGENT, COLLEAGUE, SUPERVISOR])
# What is accepted is drawn more often than what is refused: else a ticket hardly ever goes on.
REASONS = st.sampled_from([TEXT, TEXT, None])
HOURS = [1, 1, 2, 3, 30, None, 0, -1]
DUES = st.sampled_from([None if hours is None else timedelta(hours=hours) for hours in HOURS])
AGENTS = st.sampled_from([AGENT.id, COLLEAGUE.id, SUPERVISOR.id, SPECIALIST])
TAGS = st.sets(st.sampled_from(["dns", "mail", "outage"]))


def _without_texts(thing: Any) -> Any:
    """Return an event as it is read when its sealed fields stay closed."""
    if isinstance(thing, Sealed):
        return Sealed(None, thing.subject, thing.purpose)
    if is_dataclass(thing):
        return replace(
            thing, **{f.name: _without_texts(getattr(thing, f.name)) for f in fields(thing)}
        )
    return thing


class TicketMachine(RuleBasedStateMachine):
    """Asks things of a ticket and of its model, and compares them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.state = TICKET.initial
        self.events: list[object] = []
        self.counted: list[str | None] = []
        self.model = TicketModel()
        self.ids = 1000

    @initialize(contract=st.sampled_from([None, "C-1"]), specialist=st.none() | st.just(SPECIALIST))
    def opens(self, contract: str | None, specialist: UUID | None) -> None:
        self._accepted(opening(text=TEXT, contract=contract, specialist=specialist))
        self.model.contract, self.model.specialist = contract, specialist

    @rule(seconds=st.sampled_from([1, 3599, 3600, 3601, 7200, 90_000]))
    def time_passes(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)

    @rule(by=PEOPLE, seconds=st.sampled_from([3600, 1800, 7200, 0]))
    def is_acknowledged(self, by: Any, seconds: int) -> None:
        model = self.model
        may = model.status not in {"resolved", "closed"} and not model.acknowledged and seconds > 0
        if self._asked(AcknowledgeTicket, may, by=by, reaction_seconds=seconds):
            model.acknowledged = True
            model.make("reaction", self.now + timedelta(seconds=seconds))

    @rule(
        data=st.data(), explanation=REASONS, template=st.sampled_from([None, "solved"]), ahead=DUES
    )
    def changes_status(
        self, data: st.DataObject, explanation: Any, template: Any, ahead: Any
    ) -> None:
        following = sorted(AFTER[self.model.status])
        status = Status(data.draw(st.sampled_from([*following, *following, *sorted(Status)])))
        due = None if ahead is None else self.now + ahead
        asked = self._command(
            ChangeStatus,
            by=data.draw(PEOPLE),
            status=status,
            explanation=explanation,
            template=template,
            next_update=due,
        )
        same = status == self.model.status and due is explanation is None
        if same and template is None:
            assert self._accepted(asked) == ()
        elif self._as_expected(asked, self.model.may_move_on(asked)):
            self.model.move_on(str(status), self.now, due)

    @rule(by=PEOPLE, audience=st.sampled_from(Audience), ahead=DUES)
    def staff_write(self, by: Any, audience: Audience, ahead: Any) -> None:
        due = None if ahead is None else self.now + ahead
        public = audience is Audience.PUBLIC
        may = (
            (self.model.status != "closed" and (due is None or due > self.now))
            if public
            else (due is None)
        )
        message = self._new_id()
        told = {"message": message, "audience": audience, "text": TEXT, "next_update": due}
        if self._asked(PostMessage, may, by=by, **told):
            self.model.said[message] = "staff"
            if public:
                self.model.tell(self.now)
            if due is not None:
                self.model.make("update", due)

    @rule(audience=st.sampled_from(Audience))
    def the_customer_writes(self, audience: Audience) -> None:
        may = self.model.status != "closed" and audience is Audience.PUBLIC
        message = self._new_id()
        told = {"message": message, "audience": audience, "text": TEXT}
        if self._asked(PostMessage, may, by=CUSTOMER, **told):
            self.model.said[message] = "customer"
            self.model.reply()

    @precondition(lambda self: self.model.said)
    @rule(data=st.data(), back=st.booleans())
    def a_message_is_put_right(self, data: st.DataObject, back: bool) -> None:  # noqa: FBT001 - drawn
        message = data.draw(st.sampled_from(sorted(self.model.said)))
        staffs = self.model.said[message] == "staff"
        told = {"message": message, "reason": TEXT}
        if back and self._asked(RetractMessage, staffs, **told):
            self.model.taken_back.add(message)
        if not back:
            may = staffs and message not in self.model.taken_back
            self._asked(CorrectMessage, may, text=TEXT, **told)

    @rule(by=PEOPLE, reason=REASONS)
    def is_claimed(self, by: Any, reason: Any) -> None:
        may = self.model.may_take(by.id, reason=reason is not None)
        if self._asked(ClaimTicket, may, by=by, reason=reason):
            self.model.holder = by.id

    @rule(by=PEOPLE, agent=AGENTS, reason=REASONS)
    def is_assigned(self, by: Any, agent: UUID, reason: Any) -> None:
        may = self.model.may_take(agent, reason=reason is not None)
        if self._asked(AssignTicket, may, by=by, agent=agent, reason=reason):
            self.model.holder = agent

    @rule(by=PEOPLE, receiver=AGENTS)
    def is_handed_over(self, by: Any, receiver: UUID) -> None:
        if self._asked(HandOverTicket, self._disposes(by), by=by, receiver=receiver, reason=TEXT):
            self.model.holder = receiver

    @rule(by=PEOPLE)
    def is_released(self, by: Any) -> None:
        free = self.model.holder is None and self.model.status != "closed"
        if self._asked(ReleaseTicket, free or self._disposes(by), by=by):
            self.model.holder = None

    @rule(by=PEOPLE, specialist=st.none() | AGENTS, reason=REASONS)
    def is_addressed(self, by: Any, specialist: UUID | None, reason: Any) -> None:
        known = self.model.specialist
        may = self.model.status != "closed" and (
            reason is not None or known in {None, by.id, specialist}
        )
        if self._asked(AddressTicket, may, by=by, specialist=specialist, reason=reason):
            self.model.specialist = specialist

    @rule(data=st.data(), mark=st.sampled_from(["urgent", "tagged", "linked", "moved", "worked"]))
    def is_marked(self, data: st.DataObject, mark: str) -> None:
        getattr(self, f"_is_{mark}")(data)

    def _is_urgent(self, data: st.DataObject) -> None:
        priority = data.draw(st.sampled_from(Priority))
        if self._asked(ChangePriority, self.model.status != "closed", priority=priority):
            self.model.priority = str(priority)

    def _is_tagged(self, data: st.DataObject) -> None:
        add, remove = data.draw(TAGS), data.draw(TAGS)
        if self._asked(ChangeTags, not add & remove, add=tuple(add), remove=tuple(remove)):
            self.model.tags = (self.model.tags | add) - remove

    def _is_linked(self, data: st.DataObject) -> None:
        other, relation = uid(data.draw(st.integers(1, 3))), data.draw(st.sampled_from(Relation))
        if self._asked(LinkTicket, expected=True, other=other, relation=relation):
            self.model.links.add((other, str(relation)))

    def _is_moved(self, data: st.DataObject) -> None:
        contract = data.draw(st.sampled_from(["C-1", "C-2"]))
        before, known = self.model.contract, len(self.counted)
        assert self._asked(MoveTicket, expected=True, contract=contract, reason=TEXT)
        assert self.counted[known:] == ([] if before == contract else [before, contract])
        self.model.contract = contract

    def _is_worked(self, data: st.DataObject) -> None:
        work = {"work": self._new_id(), "what": TEXT, "where": TEXT}
        assert self._asked(RecordWork, expected=True, by=data.draw(PEOPLE), **work)

    @invariant()
    def the_ticket_is_what_the_model_says(self) -> None:
        state, model = self.state, self.model
        assert (state.status, state.contract, state.holder, state.specialist, state.priority) == (
            (model.status, model.contract, model.holder, model.specialist, model.priority)
        )
        assert (state.acknowledged, state.tags) == (model.acknowledged, model.tags)
        assert set(state.links) == model.links
        assert set(state.messages) == set(model.said)
        assert set(state.retracted) == model.taken_back

    @invariant()
    def promises_are_what_the_account_says(self) -> None:
        assert dict(self.state.promises) == self.model.open_promises
        assert len(self.state.promises) == len(self.model.open_promises)
        made = [event for event in self.events if type(event).__name__ == "PromiseMade"]
        assert [(e.promise, e.due) for e in made] == [(a.kind, a.due) for a in self.model.accounts]
        for became in ("kept", "missed"):
            told = [e for e in self.events if type(e).__name__ == f"Promise{became.title()}"]
            accounts = [a for a in self.model.accounts if a.became == became]
            assert sorted((e.promise, e.due) for e in told) == sorted(
                (a.kind, a.due) for a in accounts
            )

    @invariant()
    def after_closing_no_promise_is_open(self) -> None:
        assert self.state.status is not Status.CLOSED or not self.state.promises

    @invariant()
    def the_state_holds_nothing_personal(self) -> None:
        assert MARKER not in repr(self.state)
        assert "Sealed" not in repr(self.state)

    def teardown(self) -> None:
        """Fold everything once more, with its sealed fields closed: the same ticket comes out."""
        folded = TICKET.initial
        for event in self.events:
            folded = TICKET.evolve(folded, _without_texts(event))
        assert folded == self.state

    def _new_id(self) -> UUID:
        self.ids += 1
        return uid(self.ids)

    def _disposes(self, by: Any) -> bool:
        held = self.model.holder is not None and self.model.status != "closed"
        return held and (by == SUPERVISOR or by.id == self.model.holder)

    def _command(self, command: Callable[..., Any], **told: Any) -> Any:
        return command(**{"by": AGENT, "at": self.now, **told})

    def _asked(self, command: Callable[..., Any], expected: bool, **told: Any) -> bool:  # noqa: FBT001 - what the model says
        return self._as_expected(self._command(command, **told), expected)

    def _as_expected(self, command: Any, expected: bool) -> bool:  # noqa: FBT001 - what the model says
        if expected:
            self._accepted(command)
            return True
        before = repr(self.state)
        try:
            events = TICKET.decide(self.state, command)
        except Refused:
            assert repr(self.state) == before
            return False
        raise AssertionError(f"{command} should be refused, but {events} happened")

    def _accepted(self, command: Any) -> tuple[Any, ...]:
        events = TICKET.decide(self.state, command)
        assert TICKET.decide(self.state, command) == events
        closed = self.state.status is Status.CLOSED
        for event in events:
            assert not closed or type(event).__name__ in AFTER_CLOSING
            assert not isinstance(event, PromiseMissed) or event.late_seconds > 0
            self.state = TICKET.evolve(self.state, event)
            self.counted.append(TICKET.contract_of(self.state))
        self.events.extend(events)
        return events


TestTicket = TicketMachine.TestCase
TestTicket.settings = UNSHRUNK
