"""Where erasures are recorded, and what their decisions rest on elsewhere."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from unit.cast import REASON, SYSTEM, ask, identity, opening, uid
from unit.house import CONTRACT_1, TICKET_1, House, in_house, key_of, one, steps
from unit.test_domain_erasure import (
    CLOSE,
    CORRESPONDENCE,
    ERASURE,
    HOLD,
    HOLDER,
    IDENTITY,
    NAME,
    PERIODS,
    REGISTER,
    days,
    erase,
    hold,
    message,
)

from domain import erasing
from domain.contract import CONTRACT
from domain.contract.events import Authority, LegalHoldPlaced
from domain.erasure import CompleteErasure
from domain.errors import Refused
from domain.handling import Step
from domain.staff import STAFF
from domain.staff.commands import JoinStaff, LeaveStaff
from domain.stream import Stream, StreamKind
from domain.values import Purpose, Role


async def never(_: Stream) -> datetime | None:
    return None


async def long_ago(_: Stream) -> datetime | None:
    return days(-999)


async def stream_of(number: str) -> Stream | None:
    return {"C-1": CONTRACT_1}.get(number)


async def registered(house: House, *commands: object) -> None:
    await house.handle(
        steps(*(Step(CONTRACT, CONTRACT_1, command) for command in (REGISTER, NAME, *commands)))
    )


def test_the_end_of_a_contract_is_asked_for_when_it_is_decided() -> None:
    async def story(house: House) -> None:
        await registered(house, CLOSE)
        with pytest.raises(Refused, match="limitation-running"):
            await house.handle(erasing.erase_subject(CONTRACT_1, erase(), never))
        await house.handle(erasing.erase_subject(CONTRACT_1, erase(), long_ago))
        assert house.types()[-1] == "SubjectErased"

    in_house(story)


def test_staff_are_known_when_data_under_no_contract_is_erased() -> None:
    stream = Stream(StreamKind.LEDGER, uid(1000))
    member = Stream(StreamKind.STAFF, HOLDER)
    joining = ask(
        JoinStaff,
        name=identity("Cleo"),
        login=identity("cleo"),
        roles=(Role.AGENT,),
        languages=("en",),
    )

    async def story(house: House) -> None:
        await house.handle(steps(Step(STAFF, member, joining)))
        plan = erasing.erase_subject(stream, erase(HOLDER, IDENTITY), never)
        with pytest.raises(Refused, match="on-the-staff"):
            await house.handle(plan)
        await house.handle(steps(Step(STAFF, member, ask(LeaveStaff))))
        await house.handle(plan)
        assert house.types()[-1] == "SubjectErased"

    in_house(story)


def test_a_message_under_a_held_contract_stays() -> None:
    def plan(*seals: tuple[UUID, Purpose]) -> Any:
        under = erasing.Under(CONTRACT_1, seals, PERIODS, never, stream_of)
        return erasing.erase_message(TICKET_1, message(), under)

    async def story(house: House) -> None:
        await registered(house)
        await house.handle(one(opening()))
        house.handler.states.clear()
        await house.handle(steps(Step(CONTRACT, CONTRACT_1, hold())))
        with pytest.raises(Refused, match="legal-hold"):
            await house.handle(plan((HOLDER, CORRESPONDENCE)))
        await house.handle(plan((HOLDER, IDENTITY)))  # none of what is to be erased
        assert house.types()[-1] == "MessageErased"

    in_house(story)


def test_a_message_from_before_its_ticket_came_under_a_held_contract_stays() -> None:
    async def story(house: House) -> None:
        await registered(house)
        await house.handle(one(opening()))
        await house.handle(steps(Step(CONTRACT, CONTRACT_1, hold())))
        seals = ((HOLDER, CORRESPONDENCE),)
        elsewhere = erasing.Under(None, seals, PERIODS, never, stream_of)
        with pytest.raises(Refused, match="legal-hold"):
            await house.handle(erasing.erase_message(TICKET_1, message(), elsewhere))

    in_house(story)


def test_a_hold_placed_meanwhile_stops_an_erasure_of_a_message() -> None:
    async def story(house: House) -> None:
        await registered(house)
        await house.handle(one(opening()))
        placed = LegalHoldPlaced(HOLD, Authority.COURT, REASON, days(90))

        async def meddle() -> None:
            house.log.before_append = _nothing
            await house.elsewhere(placed, stream=CONTRACT_1)

        under = erasing.Under(CONTRACT_1, ((HOLDER, CORRESPONDENCE),), PERIODS, never, stream_of)
        house.log.before_append = meddle
        with pytest.raises(Refused, match="legal-hold"):
            await house.handle(erasing.erase_message(TICKET_1, message(), under))
        assert "MessageErased" not in house.types()

    in_house(story)


async def _nothing() -> None:
    """Meddle no more."""


def test_what_was_erased_meanwhile_is_refused_at_once() -> None:
    async def story(house: House) -> None:
        asked = 0

        async def refuse() -> None:
            nonlocal asked
            asked += 1
            raise Refused("subject-erased", "meanwhile")

        house.log.before_append = refuse
        with pytest.raises(Refused, match="subject-erased"):
            await house.handle(one(opening(contract=None)), key_of("raced"))
        assert asked == 1

    in_house(story)


def test_an_erasure_is_completed_in_the_stream_that_recorded_it() -> None:
    async def story(house: House) -> None:
        await registered(house)
        await house.handle(erasing.erase_subject(CONTRACT_1, erase(), never))
        completing = ask(CompleteErasure, by=SYSTEM, erasure=ERASURE)
        for _ in range(2):
            await house.handle(erasing.complete(CONTRACT_1, completing))
        assert house.types()[-2:] == ["SubjectErased", "KeysDestroyed"]

    in_house(story)
