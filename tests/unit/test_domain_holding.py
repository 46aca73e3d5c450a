"""Who has a ticket: any agent may take any, some only with a reason."""

from typing import Any

import pytest
from unit.cast import (
    AGENT,
    COLLEAGUE,
    CUSTOMER,
    PORTAL,
    REASON,
    SPECIALIST,
    SUPERVISOR,
    ask,
    opened,
    said,
    uid,
)
from unit.spec import given

from domain.ticket import TICKET
from domain.ticket.commands import (
    AddressTicket,
    AssignTicket,
    ClaimTicket,
    HandOverTicket,
    ReleaseTicket,
)
from domain.ticket.events import (
    Cause,
    Status,
    StatusChanged,
    TicketAddressed,
    TicketAssigned,
    TicketClaimed,
    TicketHandedOver,
    TicketReleased,
)
from domain.values import Actor, ActorKind, Role

OPEN = given(TICKET, opened())
HELD = OPEN.and_(TicketClaimed(AGENT.id, None))
ADDRESSED = given(TICKET, opened(specialist=SPECIALIST))
THE_SPECIALIST = Actor(ActorKind.STAFF, SPECIALIST, Role.AGENT)
CLOSED = OPEN.and_(StatusChanged(Status.CLOSED, Status.NEW, Cause.STAFF, said("done"), None))


def _hand_over(**fields: Any) -> HandOverTicket:
    return ask(HandOverTicket, **{"receiver": COLLEAGUE.id, "reason": REASON, **fields})


def test_any_agent_takes_a_free_ticket_without_a_word() -> None:
    for agent in (AGENT, COLLEAGUE, SUPERVISOR):
        state = OPEN.when(ask(ClaimTicket, by=agent)).then(TicketClaimed(agent.id, None))
        assert state.holder == agent.id


def test_taking_what_one_holds_changes_nothing() -> None:
    HELD.when(ask(ClaimTicket)).then_nothing()
    HELD.when(ask(AssignTicket, by=SUPERVISOR, agent=AGENT.id)).then_nothing()
    HELD.when(_hand_over(receiver=AGENT.id)).then_nothing()


def test_what_somebody_holds_is_taken_with_a_reason() -> None:
    HELD.when(ask(ClaimTicket, by=COLLEAGUE)).then_refused("held-needs-reason")
    HELD.when(ask(ClaimTicket, by=COLLEAGUE, reason=REASON)).then(
        TicketClaimed(COLLEAGUE.id, REASON)
    )


def test_what_somebody_holds_is_assigned_to_another_with_a_reason() -> None:
    HELD.when(ask(AssignTicket, agent=COLLEAGUE.id)).then_refused("held-needs-reason")
    HELD.when(ask(AssignTicket, agent=COLLEAGUE.id, reason=REASON)).then(
        TicketAssigned(COLLEAGUE.id, REASON)
    )


def test_a_free_ticket_is_assigned_by_anybody_to_anybody() -> None:
    state = OPEN.when(ask(AssignTicket, agent=COLLEAGUE.id)).then(
        TicketAssigned(COLLEAGUE.id, None)
    )
    assert state.holder == COLLEAGUE.id


def test_what_is_addressed_to_a_specialist_others_take_with_a_reason() -> None:
    ADDRESSED.when(ask(ClaimTicket)).then_refused("addressed-needs-reason")
    ADDRESSED.when(ask(AssignTicket, agent=AGENT.id)).then_refused("addressed-needs-reason")
    assert ADDRESSED.when(ask(ClaimTicket, reason=REASON)).types == ["TicketClaimed"]
    assert ADDRESSED.when(ask(AssignTicket, agent=AGENT.id, reason=REASON)).types == [
        "TicketAssigned"
    ]


def test_the_specialist_takes_what_is_addressed_to_them_without_a_word() -> None:
    assert ADDRESSED.when(ask(ClaimTicket, by=THE_SPECIALIST)).types == ["TicketClaimed"]
    assert ADDRESSED.when(ask(AssignTicket, agent=SPECIALIST)).types == ["TicketAssigned"]


def test_a_ticket_is_addressed_to_a_specialist_and_says_so() -> None:
    state = OPEN.when(ask(AddressTicket, specialist=SPECIALIST)).then(
        TicketAddressed(SPECIALIST, None)
    )
    assert state.specialist == SPECIALIST


def test_addressing_where_it_is_addressed_changes_nothing() -> None:
    ADDRESSED.when(ask(AddressTicket, specialist=SPECIALIST)).then_nothing()
    OPEN.when(ask(AddressTicket, specialist=None)).then_nothing()


@pytest.mark.parametrize("elsewhere", [None, uid(77)])
def test_addressing_away_from_a_specialist_needs_a_reason_too(elsewhere: Any) -> None:
    ADDRESSED.when(ask(AddressTicket, specialist=elsewhere)).then_refused("addressed-needs-reason")
    ADDRESSED.when(ask(AddressTicket, specialist=elsewhere, reason=REASON)).then(
        TicketAddressed(elsewhere, REASON)
    )


def test_the_specialist_and_the_customer_address_elsewhere_without_a_reason() -> None:
    for actor in (THE_SPECIALIST, CUSTOMER):
        ADDRESSED.when(ask(AddressTicket, by=actor, specialist=None)).then(
            TicketAddressed(None, None)
        )


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR])
def test_the_holder_or_a_supervisor_hands_over_saying_why(actor: Actor) -> None:
    state = HELD.when(_hand_over(by=actor)).then(TicketHandedOver(AGENT.id, COLLEAGUE.id, REASON))
    assert state.holder == COLLEAGUE.id


def test_nobody_else_hands_over_or_releases() -> None:
    HELD.when(_hand_over(by=COLLEAGUE)).then_refused("holder-or-supervisor-only")
    HELD.when(ask(ReleaseTicket, by=COLLEAGUE)).then_refused("holder-or-supervisor-only")


def test_what_nobody_holds_is_not_handed_over() -> None:
    OPEN.when(_hand_over()).then_refused("not-held")


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR])
def test_the_holder_or_a_supervisor_lets_go(actor: Actor) -> None:
    state = HELD.when(ask(ReleaseTicket, by=actor)).then(TicketReleased(AGENT.id, None))
    assert state.holder is None


def test_letting_go_of_what_nobody_holds_changes_nothing() -> None:
    OPEN.when(ask(ReleaseTicket)).then_nothing()


STAFF_ONLY = [
    (ClaimTicket, {}),
    (AssignTicket, {"agent": AGENT.id}),
    (HandOverTicket, {"receiver": COLLEAGUE.id, "reason": REASON}),
    (ReleaseTicket, {}),
]


@pytest.mark.parametrize(("command", "fields"), STAFF_ONLY)
@pytest.mark.parametrize("actor", [CUSTOMER, PORTAL])
def test_customers_decide_nothing_about_who_has_it(command: Any, fields: Any, actor: Actor) -> None:
    HELD.when(ask(command, by=actor, **fields)).then_refused("staff-only")


@pytest.mark.parametrize(
    ("command", "fields"), [*STAFF_ONLY, (AddressTicket, {"specialist": SPECIALIST})]
)
def test_nobody_takes_what_is_closed(command: Any, fields: Any) -> None:
    CLOSED.when(ask(command, **fields)).then_refused("ticket-closed")
    held = CLOSED.and_(TicketClaimed(AGENT.id, None))
    held.when(ask(command, **fields)).then_refused("ticket-closed")
