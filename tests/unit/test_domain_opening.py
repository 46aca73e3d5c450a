"""How a ticket begins."""

from datetime import timedelta

import pytest
from unit.cast import AGENT, CUSTOMER, NOW, SOON, SPECIALIST, ask, opened, opening, said, uid
from unit.spec import given

from domain.errors import Malformed, NotFound
from domain.limits import SUBJECT, TEXT
from domain.log import ContractOpen
from domain.ticket import TICKET
from domain.ticket.commands import AcknowledgeTicket, LinkTicket
from domain.ticket.events import Channel, Priority, Relation, Status
from domain.values import Purpose, Sealed


def test_a_ticket_opens_under_a_contract_with_all_that_the_customer_says() -> None:
    told = {
        "happening": said("timeouts"),
        "since": NOW - timedelta(days=1),
        "resource": said("mx1"),
        "tried": said("restarted it"),
        "specialist": SPECIALIST,
        "priority": Priority.HIGH,
    }
    state = given(TICKET).when(opening(**told)).then(opened(**told))
    assert (state.opened, state.status, state.contract) == (True, Status.NEW, "C-1")
    assert (state.specialist, state.priority, state.number) == (
        SPECIALIST,
        Priority.HIGH,
        "000-013",
    )


def test_an_opening_is_only_good_while_its_contract_is_open() -> None:
    assert given(TICKET).guards(opening()) == (ContractOpen("C-1"),)


def test_a_general_enquiry_has_no_contract_and_asks_nothing_about_any() -> None:
    enquiry = opening(contract=None, channel=Channel.MAIL, name=said("Ann"), contact=said("a@b.c"))
    state = given(TICKET).when(enquiry).state
    assert given(TICKET).guards(enquiry) == ()
    assert TICKET.contract_of(state) is None


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.PHONE])
def test_channels_that_prove_nobody_open_enquiries_alone(channel: Channel) -> None:
    given(TICKET).when(opening(channel=channel)).then_refused("channel-opens-enquiries-only")
    given(TICKET).when(opening(channel=channel, contract=None)).then(
        opened(channel=channel, contract=None)
    )


@pytest.mark.parametrize("channel", sorted(set(Channel) - {Channel.MAIL, Channel.PHONE}))
def test_every_other_channel_opens_tickets_under_a_contract(channel: Channel) -> None:
    given(TICKET).when(opening(channel=channel)).then(opened(channel=channel))


def test_a_ticket_opens_once() -> None:
    given(TICKET, opened()).when(opening()).then_refused("ticket-exists")


def test_a_ticket_says_in_a_line_what_it_is_about() -> None:
    given(TICKET).when(opening(subject=None)).then_refused("subject-required")


def test_a_ticket_that_follows_another_needs_no_subject_of_its_own() -> None:
    follow_up = {"subject": None, "follows": uid(50)}
    assert given(TICKET).when(opening(**follow_up)).then(opened(**follow_up)).follows == uid(50)


def test_what_happens_has_begun_before_now() -> None:
    given(TICKET).when(opening(since=SOON)).then_refused("since-in-future")
    given(TICKET).when(opening(since=NOW)).then(opened(since=NOW))


@pytest.mark.parametrize("text", ["", " \n\t", "x" * (TEXT + 1)])
def test_a_text_is_neither_blank_nor_endless(text: str) -> None:
    outcome = given(TICKET).when(opening(text=said(text)))
    outcome.then_raises(Malformed)
    assert outcome.error is not None
    assert str(outcome.error).startswith("text: ")


def test_each_field_has_its_own_bound() -> None:
    given(TICKET).when(opening(subject=said("x" * SUBJECT))).then(
        opened(subject=said("x" * SUBJECT))
    )
    given(TICKET).when(opening(subject=said("x" * (SUBJECT + 1)))).then_raises(Malformed)


def test_a_closed_sealed_field_is_no_text_to_record() -> None:
    closed = Sealed(None, CUSTOMER.id, Purpose.CORRESPONDENCE)
    given(TICKET).when(opening(text=closed)).then_raises(Malformed)


@pytest.mark.parametrize(
    "command",
    [
        ask(AcknowledgeTicket, reaction_seconds=60),
        ask(LinkTicket, other=uid(9), relation=Relation.RELATES_TO),
    ],
)
def test_nothing_else_can_be_asked_of_a_ticket_that_is_not_there(command: object) -> None:
    given(TICKET).when(command).then_raises(NotFound)


def test_staff_open_tickets_for_customers_at_the_office() -> None:
    office = {"channel": Channel.OFFICE}
    given(TICKET).when(opening(by=AGENT, **office)).then(opened(**office))
