"""Plans over several streams: late replies, and what a command names elsewhere."""

from typing import Any

import pytest
from unit.cast import AGENT, CUSTOMER, NOW, REASON, SPECIALIST, ask, opened, opening, said, uid
from unit.house import TICKET_1, TICKET_2, House, in_house, once, one, steps

from domain.contract import CONTRACT
from domain.contract.commands import ImportContract
from domain.errors import NotFound, Refused
from domain.handling import Step
from domain.staff import STAFF
from domain.staff.commands import JoinStaff, LeaveStaff
from domain.stream import Stream, StreamKind
from domain.ticket.commands import (
    AddressTicket,
    AssignTicket,
    ChangeStatus,
    ChangeTags,
    HandOverTicket,
    LinkTicket,
    PostMessage,
)
from domain.ticket.events import (
    Audience,
    Cause,
    Channel,
    MessagePosted,
    Relation,
    Status,
    StatusChanged,
    TicketLinked,
    TicketOpened,
)
from domain.ticket.plans import ask as asking
from domain.ticket.replies import FollowUp, reply
from domain.values import Role

STAFF_MEMBER = Stream(StreamKind.STAFF, SPECIALIST)


async def _ticket(house: House, *, closed: bool = False, **fields: Any) -> None:
    contract = ask(ImportContract, number="C-1", holder=uid(4), language="en")
    await house.handle(steps(Step(CONTRACT, Stream(StreamKind.CONTRACT, uid(600)), contract)))
    await house.handle(one(opening(**fields)))
    if closed:
        await house.handle(one(ask(ChangeStatus, status=Status.CLOSED, explanation=said("done"))))


def _message(**fields: Any) -> PostMessage:
    usual = {"by": CUSTOMER, "message": uid(20), "audience": Audience.PUBLIC, "text": said("again")}
    return ask(PostMessage, **{**usual, **fields})


def _follow_up(house: House, channel: Channel = Channel.PORTAL) -> FollowUp:
    return FollowUp(TICKET_2.id, CUSTOMER.id, channel, house.log.next_ticket_number)


def test_a_reply_to_a_ticket_that_is_not_closed_is_a_message_in_it() -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        accepted = await house.handle(reply(TICKET_1.id, _message(), _follow_up(house)))
        assert accepted.id == TICKET_1.id
        assert isinstance(house.log.events[-1].event, MessagePosted)
        assert house.log.sequence == 0

    in_house(story)


def test_a_reply_after_closing_opens_a_ticket_and_both_know_each_other() -> None:
    async def story(house: House) -> None:
        await _ticket(house, closed=True)
        accepted = await house.handle(reply(TICKET_1.id, _message(), _follow_up(house)))
        new, old = house.log.events[-2:]
        assert (accepted.id, accepted.version, len(accepted.event_ids)) == (TICKET_2.id, 1, 2)
        assert (new.stream, old.stream) == (TICKET_2, TICKET_1)
        assert new.event == opened(subject=None, text=said("again"), follows=TICKET_1.id)
        assert old.event == TicketLinked(TICKET_2.id, Relation.FOLLOWED_BY)
        assert new.contract is not None
        assert new.contract[0] == "C-1"

    in_house(story)


@pytest.mark.parametrize("channel", [Channel.MAIL, Channel.PHONE])
def test_a_late_reply_that_proves_nobody_goes_on_as_an_enquiry(channel: Channel) -> None:
    async def story(house: House) -> None:
        await _ticket(house, closed=True)
        await house.handle(reply(TICKET_1.id, _message(), _follow_up(house, channel)))
        new = house.log.events[-2].event
        assert isinstance(new, TicketOpened)
        assert (new.contract, new.channel) == (None, channel)

    in_house(story)


def test_a_late_reply_keeps_the_urgency_the_specialist_and_the_language() -> None:
    async def story(house: House) -> None:
        await _ticket(house, closed=True, specialist=SPECIALIST, language="it")
        await house.handle(reply(TICKET_1.id, _message(), _follow_up(house)))
        new = house.log.events[-2].event
        assert isinstance(new, TicketOpened)
        assert (new.specialist, new.language) == (SPECIALIST, "it")

    in_house(story)


def test_a_late_reply_names_no_files_of_the_closed_ticket() -> None:
    async def story(house: House) -> None:
        await _ticket(house, closed=True)
        late = _message(attachments=(uid(30),))
        with pytest.raises(Refused, match="late-reply-without-attachments"):
            await house.handle(reply(TICKET_1.id, late, _follow_up(house)))

    in_house(story)


@pytest.mark.parametrize(
    "late",
    [_message(by=AGENT), _message(audience=Audience.INTERNAL)],
    ids=["staff's message", "a customer's note"],
)
def test_nobody_elses_words_open_a_ticket_that_follows(late: PostMessage) -> None:
    async def story(house: House) -> None:
        await _ticket(house, closed=True)
        with pytest.raises(Refused):
            await house.handle(reply(TICKET_1.id, late, _follow_up(house)))
        assert house.types()[-1] == "StatusChanged"

    in_house(story)


def test_a_ticket_closed_while_the_customer_writes_is_followed_as_well() -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        closing = StatusChanged(Status.CLOSED, Status.NEW, Cause.STAFF, said("done"), None)
        house.log.before_append = once(house, closing)
        accepted = await house.handle(reply(TICKET_1.id, _message(), _follow_up(house)))
        assert accepted.id == TICKET_2.id
        assert house.types()[-3:] == ["StatusChanged", "TicketOpened", "TicketLinked"]

    in_house(story)


def test_a_reply_to_no_ticket_is_not_found() -> None:
    async def story(house: House) -> None:
        with pytest.raises(NotFound):
            await house.handle(reply(TICKET_1.id, _message(), _follow_up(house)))

    in_house(story)


NAMING = [
    ask(AddressTicket, specialist=SPECIALIST),
    ask(AssignTicket, agent=SPECIALIST),
    ask(HandOverTicket, receiver=SPECIALIST, reason=REASON),
]


@pytest.mark.parametrize("command", NAMING)
def test_whoever_is_named_for_a_ticket_is_an_agent_on_the_staff(command: object) -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        with pytest.raises(Refused, match="agent-unknown"):
            await house.handle(asking(TICKET_1.id, command))
        await _join(house, Role.COMPLIANCE)
        with pytest.raises(Refused, match="agent-unknown"):
            await house.handle(asking(TICKET_1.id, command))

    in_house(story)


@pytest.mark.parametrize("role", [Role.AGENT, Role.SUPERVISOR])
def test_agents_and_supervisors_take_tickets_until_they_leave(role: Role) -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        await _join(house, role)
        accepted = await house.handle(asking(TICKET_1.id, ask(AssignTicket, agent=SPECIALIST)))
        assert accepted.version == 2
        await house.handle(steps(Step(STAFF, STAFF_MEMBER, ask(LeaveStaff))))
        with pytest.raises(Refused, match="agent-unknown"):
            await house.handle(asking(TICKET_1.id, ask(AddressTicket, specialist=SPECIALIST)))

    in_house(story)


def test_a_ticket_opens_for_a_specialist_who_exists() -> None:
    async def story(house: House) -> None:
        enquiry = opening(contract=None, specialist=SPECIALIST)
        with pytest.raises(Refused, match="agent-unknown"):
            await house.handle(asking(TICKET_1.id, enquiry))
        await _join(house, Role.AGENT)
        assert (await house.handle(asking(TICKET_1.id, enquiry))).version == 1

    in_house(story)


def test_a_ticket_is_addressed_to_nobody_without_asking_the_staff() -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        await house.handle(asking(TICKET_1.id, ask(AddressTicket, specialist=None)))
        assert all(stream.kind is not StreamKind.STAFF for stream, _ in house.log.reads)

    in_house(story)


def test_a_ticket_is_linked_to_another_that_is_there() -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        for other, rule in ((TICKET_1.id, "link-to-itself"), (TICKET_2.id, "ticket-unknown")):
            link = ask(LinkTicket, other=other, relation=Relation.RELATES_TO)
            with pytest.raises(Refused, match=rule):
                await house.handle(asking(TICKET_1.id, link))
        await house.open(TICKET_2)
        link = ask(LinkTicket, other=TICKET_2.id, relation=Relation.RELATES_TO)
        await house.handle(asking(TICKET_1.id, link))
        assert house.log.events[-1].event == TicketLinked(TICKET_2.id, Relation.RELATES_TO)

    in_house(story)


def test_a_command_that_names_nobody_else_is_asked_of_its_ticket_alone() -> None:
    async def story(house: House) -> None:
        await _ticket(house)
        await house.handle(asking(TICKET_1.id, ask(ChangeTags, add=("dns",))))
        assert [write.stream for write in house.log.requests[-1].writes] == [TICKET_1]
        assert house.log.requests[-1].guards == ()

    in_house(story)


async def _join(house: House, role: Role) -> None:
    join = ask(JoinStaff, at=NOW, name=said(), login=said(), roles=(role,), languages=("en",))
    await house.handle(steps(Step(STAFF, STAFF_MEMBER, join)))
