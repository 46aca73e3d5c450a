"""Whole lives of tickets, as the people in them would tell them."""

from datetime import datetime, timedelta
from typing import Any

from unit.cast import (
    AGENT,
    COLLEAGUE,
    CUSTOMER,
    NOW,
    REASON,
    SPECIALIST,
    SUPERVISOR,
    ask,
    opening,
    said,
    uid,
)
from unit.spec import Given, given

from domain.ticket import TICKET
from domain.ticket.commands import (
    AcknowledgeTicket,
    AddressTicket,
    ChangeStatus,
    ClaimTicket,
    CorrectMessage,
    HandOverTicket,
    MoveTicket,
    PostMessage,
    RecordWork,
    ReleaseTicket,
)
from domain.ticket.events import Audience, Channel, PromiseKind, Status

HOUR = timedelta(hours=1)


class Desk:
    """A ticket, a clock, and what happened."""

    def __init__(self, **fields: Any) -> None:
        self.ticket: Given = given(TICKET).after(opening(**fields))
        self.now: datetime = NOW
        self.happened: list[str] = []
        self.messages = 0

    def later(self, hours: float) -> "Desk":
        """Let time pass."""
        self.now += hours * HOUR
        return self

    def do(self, command: type, by: Any = AGENT, **told: Any) -> list[str]:
        """Ask something now, and return the types of what happened."""
        outcome = self.ticket.when(ask(command, by=by, at=self.now, **told))
        self.ticket = self.ticket.and_(*outcome.events)
        self.happened += outcome.types
        return outcome.types

    def write(
        self, by: Any = AGENT, audience: Audience = Audience.PUBLIC, **told: Any
    ) -> list[str]:
        """Post a message now."""
        self.messages += 1
        told = {"message": uid(1000 + self.messages), "text": said(), **told}
        return self.do(PostMessage, by, audience=audience, **told)

    def move(self, status: Status, ahead: float | None = None, by: Any = AGENT) -> list[str]:
        """Change the status now, promising the next update so many hours ahead."""
        due = None if ahead is None else self.now + ahead * HOUR
        return self.do(ChangeStatus, by, status=status, explanation=said(), next_update=due)

    @property
    def state(self) -> Any:
        """Where the ticket stands."""
        return self.ticket.state


def test_a_ticket_that_went_well() -> None:
    desk = Desk()
    desk.do(AcknowledgeTicket, reaction_seconds=7200, template="received")
    assert desk.later(1).do(ClaimTicket) == ["TicketClaimed"]
    assert desk.move(Status.IN_PROGRESS, 4) == ["StatusChanged", "PromiseKept", "PromiseMade"]
    assert desk.later(3).write(next_update=desk.now + 5 * HOUR) == [
        "MessagePosted",
        "PromiseKept",
        "PromiseMade",
    ]
    desk.do(RecordWork, work=uid(70), what=said("disk"), where=said("mx1"))
    assert desk.later(1).move(Status.RESOLVED) == ["StatusChanged", "PromiseKept"]
    assert desk.later(48).move(Status.CLOSED) == ["StatusChanged"]
    assert "PromiseMissed" not in desk.happened
    assert (desk.state.closed, desk.state.promises, desk.state.holder) == (True, (), AGENT.id)


def test_a_ticket_that_nobody_looked_at_in_time() -> None:
    desk = Desk()
    desk.do(AcknowledgeTicket, reaction_seconds=3600)
    assert desk.later(5).move(Status.UNDER_STUDY, 1) == [
        "StatusChanged",
        "PromiseMissed",
        "PromiseMade",
    ]
    assert desk.later(30).write() == ["MessagePosted", "PromiseMissed"]
    assert desk.state.promises == ()


def test_an_internal_note_does_not_hide_a_missed_promise() -> None:
    desk = Desk()
    desk.move(Status.IN_PROGRESS, 2)
    assert desk.later(1).write(audience=Audience.INTERNAL) == ["MessagePosted"]
    assert desk.state.due(PromiseKind.UPDATE) == NOW + 2 * HOUR
    assert desk.later(2).write() == ["MessagePosted", "PromiseMissed"]


def test_a_customer_who_was_asked_answers_and_the_promise_stands() -> None:
    desk = Desk()
    desk.move(Status.WAITING_FOR_CUSTOMER, 24)
    assert desk.later(2).write(CUSTOMER) == ["MessagePosted", "StatusChanged"]
    assert desk.state.status is Status.IN_PROGRESS
    assert desk.later(20).write(next_update=desk.now + HOUR)[1] == "PromiseKept"


def test_a_customer_who_is_not_satisfied_gets_another_acknowledgement() -> None:
    desk = Desk()
    desk.do(AcknowledgeTicket, reaction_seconds=60)
    desk.move(Status.RESOLVED)
    assert desk.later(9).write(CUSTOMER) == ["MessagePosted", "StatusChanged"]
    assert desk.state.status is Status.REOPENED
    assert desk.do(AcknowledgeTicket, reaction_seconds=60) == ["TicketAcknowledged", "PromiseMade"]
    assert desk.write(CUSTOMER) == ["MessagePosted"]
    desk.ticket.when(ask(AcknowledgeTicket, reaction_seconds=60)).then_refused(
        "already-acknowledged"
    )


def test_a_ticket_goes_from_hand_to_hand_and_each_step_says_why() -> None:
    desk = Desk(specialist=SPECIALIST)
    desk.ticket.when(ask(ClaimTicket)).then_refused("addressed-needs-reason")
    desk.do(ClaimTicket, reason=REASON)
    desk.do(HandOverTicket, receiver=COLLEAGUE.id, reason=REASON)
    desk.ticket.when(ask(ReleaseTicket)).then_refused("holder-or-supervisor-only")
    desk.do(ReleaseTicket, by=SUPERVISOR)
    desk.do(AddressTicket, specialist=None, reason=REASON)
    desk.do(ClaimTicket)
    assert desk.happened == [
        "TicketClaimed",
        "TicketHandedOver",
        "TicketReleased",
        "TicketAddressed",
        "TicketClaimed",
    ]


def test_an_enquiry_that_turns_out_to_be_a_customers() -> None:
    desk = Desk(contract=None, channel=Channel.PHONE, name=said("Ann"), contact=said("+31"))
    desk.do(ClaimTicket)
    assert desk.do(MoveTicket, contract="C-1", reason=said("called back, passport seen"))
    assert TICKET.contract_of(desk.state) == "C-1"
    assert desk.state.channel is Channel.PHONE


def test_what_was_said_wrongly_is_put_right_after_the_end() -> None:
    desk = Desk()
    desk.write()
    desk.move(Status.CLOSED)
    put_right = {"message": uid(1001), "text": said("it was mx2"), "reason": said("wrong name")}
    assert desk.later(900).do(CorrectMessage, by=COLLEAGUE, **put_right) == ["MessageCorrected"]
    assert desk.write(audience=Audience.INTERNAL) == ["MessagePosted"]
    assert desk.state.closed
