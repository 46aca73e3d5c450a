"""The write path while others write: who wins, who is told, what is decided again."""

import asyncio
from datetime import timedelta

import pytest
from unit.cast import (
    AGENT,
    CUSTOMER,
    NOW,
    REASON,
    ask,
    opening,
    said,
    uid,
)
from unit.house import (
    CONTRACT_1,
    TICKET_1,
    TICKET_2,
    House,
    in_house,
    key_of,
    once,
    one,
    steps,
    tag,
)

from domain.contract import CONTRACT
from domain.contract.commands import ImportContract
from domain.contract.events import ContractClosed, Ending
from domain.errors import Refused, Stale, Unavailable
from domain.handling import ATTEMPTS, Reading, States, Step
from domain.log import AtVersion, ContractOpen
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import ChangeStatus, ChangeTags, ClaimTicket, MoveTicket, PostMessage
from domain.ticket.events import (
    Audience,
    Status,
    TagAdded,
    TicketClaimed,
    TicketMovedIn,
    TicketMovedOut,
)


def test_a_write_decided_on_a_stale_state_is_decided_again() -> None:
    async def story(house: House) -> None:
        await house.open()
        house.log.before_append = once(house, TagAdded("mail"))
        assert (await house.handle(tag("dns"))).version == 3
        assert house.types() == ["TicketOpened", "TagAdded", "TagAdded"]

    in_house(story)


def test_a_write_decided_again_sees_what_the_other_did() -> None:
    async def story(house: House) -> None:
        await house.open()
        house.log.before_append = once(house, TagAdded("dns"))
        accepted = await house.handle(tag("dns"))
        assert accepted.event_ids == ()
        assert house.types() == ["TicketOpened", "TagAdded"]

    in_house(story)


def test_the_version_that_the_asker_saw_must_be_the_version_that_is() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.handle(tag("dns"))
        for seen in (1, 3):
            with pytest.raises(Stale) as caught:
                await house.handle(one(ask(ClaimTicket)), expected={TICKET_1: seen})
            assert (caught.value.expected, caught.value.actual) == (seen, 2)
        assert (await house.handle(one(ask(ClaimTicket)), expected={TICKET_1: 2})).version == 3

    in_house(story)


def test_an_asker_who_knows_more_than_is_remembered_is_right() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.elsewhere(TagAdded("mail"))
        assert (await house.handle(one(ask(ClaimTicket)), expected={TICKET_1: 2})).version == 3

    in_house(story)


def test_two_who_saw_the_same_version_do_not_both_win() -> None:
    async def story(house: House) -> None:
        await house.open()
        house.log.before_append = once(house, TagAdded("mail"))
        with pytest.raises(Stale) as caught:
            await house.handle(one(ask(ClaimTicket)), expected={TICKET_1: 1})
        assert (caught.value.expected, caught.value.actual) == (1, 2)
        assert house.types() == ["TicketOpened", "TagAdded"]

    in_house(story)


def test_an_answered_command_with_a_version_is_answered_again_though_the_version_is_old() -> None:
    async def story(house: House) -> None:
        await house.open()
        claim = one(ask(ClaimTicket))
        await house.handle(claim, key_of(), expected={TICKET_1: 1})
        assert (await house.handle(claim, key_of(), expected={TICKET_1: 1})).replayed

    in_house(story)


def test_another_streams_change_does_not_contradict_the_version_that_the_asker_saw() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.open(TICKET_2)
        house.log.before_append = once(house, TagAdded("mail"), stream=TICKET_2)
        plan = steps(
            Step(TICKET, TICKET_1, ask(ClaimTicket)),
            Step(TICKET, TICKET_2, ask(ChangeTags, add=("dns",))),
        )
        assert (await house.handle(plan, expected={TICKET_1: 1})).version == 2

    in_house(story)


def test_streams_of_one_plan_are_written_as_one() -> None:
    async def story(house: House) -> None:
        await house.open()
        plan = steps(
            Step(TICKET, TICKET_2, opening(contract=None)),
            Step(TICKET, TICKET_1, ask(ChangeTags, add=("gossip",))),
        )
        with pytest.raises(Refused):
            await house.handle(plan)
        assert house.types() == ["TicketOpened"]

    in_house(story)


def test_two_commands_to_one_stream_in_one_plan_see_each_other() -> None:
    async def story(house: House) -> None:
        plan = steps(
            Step(TICKET, TICKET_1, opening(contract=None)),
            Step(TICKET, TICKET_1, ask(ClaimTicket)),
            Step(TICKET, TICKET_1, ask(ClaimTicket)),
        )
        assert (await house.handle(plan)).version == 2
        assert house.types() == ["TicketOpened", "TicketClaimed"]
        assert len(house.log.requests[-1].writes) == 1

    in_house(story)


def test_what_a_plan_only_read_still_holds_when_its_decision_is_recorded() -> None:
    async def plan(reading: Reading) -> tuple[Step, ...]:
        other = (await reading.state(TICKET, TICKET_2)).state
        assert other.opened
        word = "dns" if other.holder is None else "mail"
        return (Step(TICKET, TICKET_1, ask(ChangeTags, add=(word,))),)

    async def story(house: House) -> None:
        await house.open()
        await house.open(TICKET_2)
        house.log.before_append = once(house, TicketClaimed(AGENT.id, None), stream=TICKET_2)
        await house.handle(plan)
        assert AtVersion(TICKET_2, 2) in house.log.requests[-1].guards
        assert house.log.events[-1].event == TagAdded("mail")

    in_house(story)


def test_one_plan_sees_one_state_of_a_stream() -> None:
    async def story(house: House) -> None:
        await house.open()
        reading = Reading(house.handler.states, fresh=True)
        first = await reading.state(TICKET, TICKET_1)
        await house.elsewhere(TagAdded("dns"))
        assert await reading.state(TICKET, TICKET_1) is first

    in_house(story)


def test_guards_are_asked_of_the_state_before_the_command() -> None:
    async def story(house: House) -> None:
        with pytest.raises(Refused, match="contract-open"):
            await house.handle(one(opening()))
        contract = ask(ImportContract, number="C-1", holder=uid(4), language="en")
        await house.handle(steps(Step(CONTRACT, CONTRACT_1, contract)))
        await house.handle(one(opening()))
        assert house.log.requests[-1].guards == (ContractOpen("C-1"),)
        assert [recorded.contract for recorded in house.log.events] == [("C-1", 1), ("C-1", 2)]

    in_house(story)


def test_a_move_counts_under_the_old_contract_and_then_under_the_new() -> None:
    async def story(house: House) -> None:
        for number, stream in (("C-1", CONTRACT_1), ("C-2", Stream(StreamKind.CONTRACT, uid(601)))):
            contract = ask(ImportContract, number=number, holder=uid(4), language="en")
            await house.handle(steps(Step(CONTRACT, stream, contract)))
        await house.handle(one(opening()))
        await house.handle(one(ask(MoveTicket, contract="C-2", reason=REASON)))
        assert [(type(r.event), r.contract) for r in house.log.events[-2:]] == [
            (TicketMovedOut, ("C-1", 3)),
            (TicketMovedIn, ("C-2", 2)),
        ]

    in_house(story)


def test_what_the_store_refuses_is_decided_again_on_what_is_there() -> None:
    async def story(house: House) -> None:
        contract_2 = Stream(StreamKind.CONTRACT, uid(601))
        for number, stream in (("C-1", CONTRACT_1), ("C-2", contract_2)):
            contract = ask(ImportContract, number=number, holder=uid(4), language="en")
            await house.handle(steps(Step(CONTRACT, stream, contract)))
        await house.handle(one(opening()))
        await house.elsewhere(TicketMovedOut("C-2", REASON), TicketMovedIn("C-2", "C-1"))
        await house.elsewhere(ContractClosed(Ending.EXPIRED, None), stream=contract_2)
        moved_already = await house.handle(one(ask(MoveTicket, contract="C-2", reason=REASON)))
        assert moved_already.event_ids == ()
        with pytest.raises(Refused, match="contract-open"):
            await house.handle(one(opening(contract="C-2"), TICKET_2))

    in_house(story)


def test_a_stream_that_others_never_leave_alone_is_given_up_as_unavailable() -> None:
    async def story(house: House) -> None:
        await house.open()

        async def meddle() -> None:
            await house.elsewhere(TagAdded("mail"))

        house.log.before_append = meddle
        with pytest.raises(Unavailable):
            await house.handle(tag("dns"))
        assert len(house.log.requests) == 1 + ATTEMPTS

    in_house(story)


def test_many_who_write_at_once_to_one_ticket_all_get_through() -> None:
    async def story(house: House) -> None:
        await house.open()

        async def yielding() -> None:
            await asyncio.sleep(0)

        house.log.before_append = yielding
        message = {"audience": Audience.PUBLIC, "text": said()}
        answers = await asyncio.gather(
            *(
                house.handle(one(ask(PostMessage, by=CUSTOMER, message=uid(700 + n), **message)))
                for n in range(40)
            )
        )
        assert sorted(answer.version for answer in answers) == list(range(2, 42))

    in_house(story)


def test_a_store_that_went_back_is_believed() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.handle(tag("dns"))
        del house.log.events[1:]
        assert (await house.handle(tag("mail"))).version == 2
        assert (await house.handle(tag("dns"))).version == 3

    in_house(story)


def test_what_is_remembered_is_bounded_and_the_least_used_goes_first() -> None:
    async def story(house: House) -> None:
        house.handler.states = States(house.log, limit=2)
        for number in range(3):
            await house.open(Stream(StreamKind.TICKET, uid(510 + number)))
        house.log.reads.clear()
        for number in (2, 1, 0):
            await house.handler.states.load(TICKET, Stream(StreamKind.TICKET, uid(510 + number)))
        assert house.log.reads == [(Stream(StreamKind.TICKET, uid(510)), 0)]

    in_house(story)


def test_what_was_used_last_is_remembered_longest() -> None:
    async def story(house: House) -> None:
        states = house.handler.states = States(house.log, limit=2)
        streams = [Stream(StreamKind.TICKET, uid(510 + number)) for number in range(3)]
        for stream in streams[:2]:
            await house.open(stream)
        await states.load(TICKET, streams[0])
        await house.open(streams[2])
        house.log.reads.clear()
        await states.load(TICKET, streams[0])
        assert house.log.reads == []
        await states.load(TICKET, streams[1])
        assert house.log.reads == [(streams[1], 0)]

    in_house(story)


def test_an_older_state_never_replaces_a_newer_one() -> None:
    async def story(house: House) -> None:
        await house.open()
        old = await house.handler.states.load(TICKET, TICKET_1)
        await house.handle(tag("dns"))
        house.handler.states.keep(TICKET_1, old)
        assert (await house.handler.states.load(TICKET, TICKET_1)).version == 2

    in_house(story)


def test_a_promise_is_kept_by_the_clock_of_the_caller() -> None:
    async def story(house: House) -> None:
        await house.open()
        promised = {"explanation": said(), "next_update": NOW + timedelta(hours=1)}
        await house.handle(one(ask(ChangeStatus, status=Status.IN_PROGRESS, **promised)))
        two_hours_on = NOW + timedelta(hours=2)
        late = ask(ChangeStatus, at=two_hours_on, status=Status.RESOLVED, explanation=said())
        await house.handle(one(late))
        assert house.types()[-1] == "PromiseMissed"

    in_house(story)
