"""The write path: what a decision may rest on, and what is answered."""

import pytest
from unit.cast import (
    COLLEAGUE,
    REASON,
    ask,
    opened,
    opening,
)
from unit.house import TICKET_1, House, in_house, key_of, one, tag

from domain.errors import KeyReused, NotFound, Refused
from domain.ticket.commands import ClaimTicket
from domain.ticket.events import (
    TicketReleased,
)


def test_a_command_becomes_events_at_the_end_of_its_stream() -> None:
    async def story(house: House) -> None:
        await house.open()
        accepted = await house.handle(tag("dns"))
        assert (accepted.id, accepted.version, accepted.position) == (TICKET_1.id, 2, 2)
        assert house.types() == ["TicketOpened", "TagAdded"]

    in_house(story)


def test_a_command_that_changes_nothing_is_answered_and_known_afterwards() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.handle(tag("dns"))
        accepted = await house.handle(tag("dns"), key_of("again"))
        assert (accepted.version, accepted.event_ids, accepted.leaf_hash) == (2, (), None)
        assert (await house.handle(tag("dns"), key_of("again"))).replayed

    in_house(story)


def test_a_command_sent_again_records_once_and_gets_the_first_answer() -> None:
    async def story(house: House) -> None:
        await house.open()
        first = await house.handle(tag("dns"), key_of())
        await house.handle(tag("mail"))
        again = await house.handle(tag("dns"), key_of())
        assert again.replayed
        assert (again.version, again.event_ids) == (first.version, first.event_ids)
        assert house.types().count("TagAdded") == 2

    in_house(story)


def test_a_command_sent_again_is_answered_even_if_it_would_be_refused_now() -> None:
    async def story(house: House) -> None:
        await house.open()
        claim = one(ask(ClaimTicket))
        first = await house.handle(claim, key_of())
        await house.handle(one(ask(ClaimTicket, by=COLLEAGUE, reason=REASON)))
        again = await house.handle(claim, key_of())
        assert again.event_ids == first.event_ids
        with pytest.raises(KeyReused):
            await house.handle(claim, key_of(payload="another"))

    in_house(story)


def test_a_key_used_again_for_something_else_is_refused() -> None:
    async def story(house: House) -> None:
        await house.open()
        await house.handle(tag("dns"), key_of())
        with pytest.raises(KeyReused):
            await house.handle(tag("mail"), key_of(payload="another"))
        assert house.types() == ["TicketOpened", "TagAdded"]

    in_house(story)


def test_a_refusal_records_nothing() -> None:
    async def story(house: House) -> None:
        await house.open()
        with pytest.raises(Refused, match="tag-unknown"):
            await house.handle(tag("gossip"))
        assert house.types() == ["TicketOpened"]
        assert await house.log.recall(key_of("own-2")) is None

    in_house(story)


def test_what_is_not_there_is_not_found() -> None:
    async def story(house: House) -> None:
        with pytest.raises(NotFound):
            await house.handle(tag("dns"))
        assert house.log.requests == []

    in_house(story)


def test_states_are_remembered_and_only_what_came_since_is_read() -> None:
    async def story(house: House) -> None:
        await house.open()
        house.log.reads.clear()
        await house.handle(tag("dns"))
        assert house.log.reads == []
        with pytest.raises(Refused):
            await house.handle(tag("gossip"))
        assert house.log.reads == [(TICKET_1, 2)]

    in_house(story)


def test_what_was_remembered_of_an_earlier_epoch_is_read_again() -> None:
    async def story(house: House) -> None:
        await house.open()
        house.log.reads.clear()
        house.log.epoch += 1
        await house.handle(tag("dns"))
        assert house.log.reads == [(TICKET_1, 0)]

    in_house(story)


def test_a_refusal_never_rests_on_what_is_remembered() -> None:
    async def story(house: House) -> None:
        await house.handle(one(opening(contract=None)))
        await house.handle(one(ask(ClaimTicket, by=COLLEAGUE)))
        await house.elsewhere(TicketReleased(COLLEAGUE.id, None))
        assert (await house.handle(one(ask(ClaimTicket)))).version == 4

    in_house(story)


def test_what_is_not_remembered_to_exist_is_looked_for_before_it_is_not_found() -> None:
    async def story(house: House) -> None:
        with pytest.raises(NotFound):
            await house.handle(tag("dns"))
        await house.elsewhere(opened(contract=None))
        assert (await house.handle(tag("dns"))).version == 2

    in_house(story)
