"""What a dispute reads of other streams and marks there: both are recorded, or none."""

from typing import Any

import pytest
from unit.cast import REASON, SYSTEM, ask, opening, said, uid
from unit.dispute_cast import (
    CONTRACTOR,
    DEPARTURE,
    FREEZE,
    HANDLER,
    OTHER_CLAIM,
    RIVAL,
    SECOND_HANDLER,
    WHY,
    checked,
    claim,
    close,
    confirm,
    depart,
    depart_too,
    determine,
    refuse,
    uphold,
)
from unit.dispute_cast import opening as disputing
from unit.house import CONTRACT_1, House, in_house, once, steps
from unit.ownership_cast import (
    ASKER,
    BUYER,
    CHANGE,
    DISPUTE,
    HOLDER,
    ORDER,
    TICKET,
    bought,
    days,
    order,
    photo,
    registration,
    visit,
)

from domain.contract import CONTRACT
from domain.contract.ownership.commands import LiftFreeze, PlaceFreeze, RenewFreeze
from domain.contract.ownership.events import FreezePlaced, HolderDoubted, IdentityChanged
from domain.contract.ownership.vocabulary import ChangeKind, Doubt, FreezeGround
from domain.dispute import DISPUTE as DISPUTES
from domain.dispute import plans
from domain.dispute.commands import AttachDispute, IssueClaimCode, TellHolder
from domain.dispute.plans import Case
from domain.dispute.vocabulary import Closing
from domain.errors import NotFound, Refused
from domain.handling import Step
from domain.identity.holder import holder_of_record
from domain.identity_change.events import Means
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET as TICKETS
from domain.ticket.commands import AddAttachment
from domain.ticket.events import Audience

CASE, LOOSE = Case(DISPUTE, CONTRACT_1), Case(DISPUTE)
ELSEWHERE = Stream(StreamKind.CONTRACT, uid(601))
CAME_BY = Stream(StreamKind.TICKET, TICKET)
NOTICE = uid(510)
ATTACH = ask(AttachDispute, by=HANDLER, contract="C-1")
SOLD = IdentityChanged(2, CHANGE, ChangeKind.TRANSFER, (bought(),), None, 1)


def place(**fields: Any) -> PlaceFreeze:
    usual = {
        "by": HANDLER,
        "freeze": FREEZE,
        "dispute": DISPUTE,
        "ground": FreezeGround.HOLDER_ASKS,
        "until": days(30),
        "reason": WHY,
    }
    return ask(PlaceFreeze, **{**usual, **fields})


def lift(**fields: Any) -> LiftFreeze:
    return ask(LiftFreeze, **{"by": SECOND_HANDLER, "freeze": FREEZE, "reason": WHY, **fields})


def renew(**fields: Any) -> RenewFreeze:
    usual = {"by": HANDLER, "freeze": FREEZE, "until": days(60), "reason": WHY}
    return ask(RenewFreeze, **{**usual, **fields})


def tell(**fields: Any) -> TellHolder:
    usual = {"by": ASKER, "means": Means.PORTAL, "ticket": NOTICE}
    return ask(TellHolder, **{**usual, **fields})


async def _refused(house: House, plan: Any, rule: str, meanwhile: int = 0) -> None:
    count = len(house.log.events)
    with pytest.raises(Refused) as refused:
        await house.handle(plan)
    assert refused.value.rule == rule
    assert len(house.log.events) == count + meanwhile


async def _contract(house: House, **fields: Any) -> None:
    await house.handle(steps(Step(CONTRACT, CONTRACT_1, registration())))
    await house.handle(steps(Step(TICKETS, CAME_BY, opening(**fields))))


async def _opened(house: House) -> None:
    await _contract(house)
    await house.handle(plans.open_dispute(CASE, disputing()))


async def _asked(house: House, *commands: Any, case: Case = CASE) -> None:
    for command in commands:
        await house.handle(plans.ask(case, command))


async def _paper(house: House, attachment: Any, stream: Stream = CAME_BY) -> None:
    fields = {
        "attachment": attachment,
        "audience": Audience.INTERNAL,
        "name": REASON,
        "claimed_type": REASON,
        "detected_type": "application.pdf",
        "size": 1,
        "digest": REASON,
    }
    await house.handle(steps(Step(TICKETS, stream, ask(AddAttachment, **fields))))


def story(tell_it: Any) -> Any:
    def test() -> None:
        in_house(tell_it)

    return test


# Opening and attaching


async def _by_tickets(house: House) -> None:
    await _refused(house, plans.open_dispute(CASE, disputing()), "ticket-unknown")
    await _contract(house)
    wrong = disputing(contract="C-2")
    await _refused(house, plans.open_dispute(CASE, wrong), "dispute-of-ticket")
    await house.handle(plans.open_dispute(CASE, disputing()))
    assert house.log.events[-1].contract == ("C-1", 3)


test_a_dispute_is_opened_under_its_tickets_contract = story(_by_tickets)


async def _by_enquiry(house: House) -> None:
    await _contract(house, contract=None)
    await _refused(house, plans.open_dispute(CASE, disputing()), "dispute-of-ticket")
    await house.handle(plans.open_dispute(LOOSE, disputing(contract=None)))
    await _asked(house, claim(), case=LOOSE)
    assert [one.contract for one in house.log.events[-2:]] == [None, None]
    await _refused(house, plans.attach(LOOSE, ATTACH), "contract-unknown")
    await _refused(house, plans.attach(Case(DISPUTE, ELSEWHERE), ATTACH), "contract-unknown")
    await house.handle(plans.attach(CASE, ATTACH))
    await _asked(house, refuse())
    assert [one.contract for one in house.log.events[-2:]] == [("C-1", 2), ("C-1", 3)]


test_a_dispute_counts_under_its_contract_from_when_it_is_known = story(_by_enquiry)


async def _other_contract(house: House) -> None:
    await _opened(house)
    await house.handle(steps(Step(CONTRACT, ELSEWHERE, registration(number="C-2"))))
    wrong = Case(DISPUTE, ELSEWHERE)
    for plan in (
        plans.ask(wrong, claim()),
        plans.freeze(wrong, place()),
        plans.close(wrong, close(Closing.NO_CASE)),
        plans.tell(wrong, tell()),
        plans.ask(LOOSE, claim()),
    ):
        await _refused(house, plan, "contract-of-dispute")


test_a_dispute_does_nothing_to_another_contract = story(_other_contract)


# Claims and their papers


async def _papers(house: House) -> None:
    await _opened(house)
    papers, call = (uid(81),), (uid(82),)
    plan = plans.ask(CASE, claim(attachments=papers, recordings=call))
    await _refused(house, plan, "attachment-unknown")
    await _paper(house, papers[0])
    await _refused(house, plan, "attachment-unknown")
    await _paper(house, call[0])
    await house.handle(plan)
    await _refused(house, plans.ask(CASE, claim(OTHER_CLAIM, ticket=uid(9))), "ticket-unknown")


test_papers_and_recordings_are_attachments_of_the_ticket = story(_papers)


async def _own_ticket(house: House) -> None:
    await _opened(house)
    other = Stream(StreamKind.TICKET, uid(501))
    await house.handle(steps(Step(TICKETS, other, opening(contract=None, number="000-039"))))
    await _paper(house, uid(81), other)
    plan = plans.ask(CASE, claim(attachments=(uid(81),)))
    await _refused(house, plan, "attachment-unknown")
    await _asked(house, claim(OTHER_CLAIM, RIVAL, ticket=other.id, attachments=(uid(81),)))
    code = uid(80)
    fields = {"claim": OTHER_CLAIM, "code": code, "expires_at": days(1), "shown": said("7K")}
    await _asked(house, ask(IssueClaimCode, by=ASKER, **fields))
    nobodys, check = (checked(photo(1, code, RIVAL), number) for number in (uid(9), OTHER_CLAIM))
    await _refused(house, plans.ask(CASE, nobodys), "claim-unknown")
    await _refused(house, plans.ask(CASE, check), "attachment-unknown")
    await _paper(house, uid(1001), other)
    await _asked(house, check)


test_each_claimants_papers_are_those_of_their_own_ticket = story(_own_ticket)


async def _claims_add(house: House) -> None:
    await _opened(house)
    other: Any = claim(OTHER_CLAIM, RIVAL)
    state = (await house.handler.states.load(DISPUTES, CASE.stream)).state
    (fact,) = DISPUTES.decide(state, other)
    house.log.before_append = once(house, fact, stream=CASE.stream)
    await _asked(house, claim())
    assert house.types()[-2:] == ["ClaimReceived", "ClaimReceived"]


test_claims_that_come_at_once_are_all_written_down = story(_claims_add)


async def _measured(house: House) -> None:
    await _opened(house)
    await _asked(house, claim(who=HOLDER), checked(visit(1)))
    doubt = HolderDoubted(uid(70), HOLDER, Doubt.DECEASED, None, REASON)
    house.log.before_append = once(house, doubt, stream=CONTRACT_1)
    await _refused(house, plans.ask(CASE, uphold()), "claim-unproved", 1)


test_a_doubt_that_comes_first_keeps_a_claim_from_being_upheld = story(_measured)


# Telling


async def _told(house: House) -> None:
    await _opened(house)
    await _asked(house, claim())
    notice = opening(by=SYSTEM, requester=HOLDER, number="000-039", text=said("somebody asked"))
    foreign = opening(by=SYSTEM, requester=HOLDER, number="000-039", contract="C-2")
    await _refused(house, plans.tell(CASE, tell(), foreign), "ticket-of-contract")
    await house.handle(plans.tell(CASE, tell(), notice))
    assert house.types()[-2:] == ["HolderTold", "TicketOpened"]
    await house.handle(plans.tell(CASE, tell(means=Means.MAIL, contacts=(0,), ticket=None)))
    assert house.types()[-1] == "HolderTold"


test_the_holder_is_told_by_a_ticket_in_the_same_request = story(_told)


async def _silent(house: House) -> None:
    await _opened(house)
    await house.elsewhere(order(until=days(30)), stream=CONTRACT_1)
    await _asked(house, claim(order=ORDER))
    notice = opening(by=SYSTEM, requester=HOLDER, number="000-039")
    await house.handle(plans.tell(CASE, tell(), notice))
    assert house.types()[-1] == "HolderTellingWithheld"


test_a_confidential_order_opens_no_ticket = story(_silent)


# Freezes


async def _frozen(house: House) -> None:
    await _opened(house)
    await house.handle(plans.freeze(CASE, place(dispute=uid(1))))
    assert house.types()[-2:] == ["FreezeOrdered", "FreezePlaced"]
    state = (await house.handler.states.load(CONTRACT, CONTRACT_1)).state
    assert state.ownership.freeze == (FREEZE, DISPUTE, days(30))
    await house.handle(plans.renew(CASE, renew()))
    await _refused(house, plans.lift(CASE, lift(by=HANDLER)), "second-person-required")
    await house.handle(plans.lift(CASE, lift()))
    assert house.types()[-2:] == ["FreezeRenewed", "FreezeLifted"]


test_a_freeze_is_placed_in_both_streams_and_lifted_by_somebody_else = story(_frozen)


async def _not_frozen(house: House) -> None:
    await _contract(house)
    with pytest.raises(NotFound):
        await house.handle(plans.freeze(CASE, place()))
    await house.handle(plans.open_dispute(LOOSE, disputing(contract=None)))
    await _asked(house, claim(), case=LOOSE)
    await _refused(house, plans.freeze(LOOSE, place()), "dispute-unattached")
    await house.handle(plans.attach(CASE, ATTACH))
    several = place(ground=FreezeGround.SEVERAL_CLAIMANTS)
    await _refused(house, plans.freeze(CASE, several), "freeze-grounded")
    ordered = place(ground=FreezeGround.ORDER, order=ORDER)
    await _refused(house, plans.freeze(CASE, ordered), "order-not-in-force")
    await _refused(house, plans.freeze(CASE, place(until=days(91))), "freeze-too-long")
    assert "FreezeOrdered" not in house.types()


test_without_a_ground_nothing_is_frozen = story(_not_frozen)


async def _of_another(house: House) -> None:
    await _opened(house)
    foreign = FreezePlaced(uid(74), uid(701), FreezeGround.ORDER, ORDER, days(30), WHY)
    await house.elsewhere(foreign, stream=CONTRACT_1)
    for plan in (plans.lift(CASE, lift(freeze=uid(74))), plans.renew(CASE, renew(freeze=uid(74)))):
        await _refused(house, plan, "freeze-of-dispute")
    await house.handle(plans.close(CASE, close(Closing.NO_CASE)))
    assert house.types()[-1] == "DisputeClosed"


test_another_disputes_freeze_stays = story(_of_another)


# Determinations


async def _determined(house: House) -> None:
    await _opened(house)
    await _asked(house, claim(), refuse())
    answer = holder_of_record(house.log.events, len(house.log.events))
    await _asked(house, determine(answer), confirm())
    await house.handle(plans.freeze(CASE, place()))
    await house.handle(plans.close(CASE, close(by=HANDLER)))
    assert house.types()[-2:] == ["DisputeClosed", "FreezeLifted"]
    await _refused(house, plans.freeze(CASE, place(freeze=uid(74))), "dispute-closed")
    await _refused(house, plans.lift(CASE, lift()), "dispute-closed")


test_closing_lifts_the_disputes_freeze_whoever_placed_it = story(_determined)


async def _ran_out(house: House) -> None:
    await _opened(house)
    await house.handle(plans.freeze(CASE, place()))
    await house.handle(plans.close(CASE, close(Closing.NO_CASE, at=days(31))))
    assert house.types()[-1] == "DisputeClosed"


test_a_freeze_that_ran_out_keeps_no_dispute_open = story(_ran_out)


async def _sold_meanwhile(house: House) -> None:
    await _opened(house)
    answer = holder_of_record(house.log.events, len(house.log.events))
    house.log.before_append = once(house, SOLD, stream=CONTRACT_1)
    await _refused(house, plans.ask(CASE, determine(answer)), "determination-outdated", 1)
    assert "DeterminationMade" not in house.types()


test_what_was_sold_meanwhile_is_not_determined = story(_sold_meanwhile)


async def _departed(house: House) -> None:
    await _opened(house)
    await _asked(house, claim(), refuse())
    answer = holder_of_record(house.log.events, len(house.log.events))
    await _asked(house, determine(answer), depart(CONTRACTOR))
    assert holder_of_record(house.log.events, 99).holders == (HOLDER,)
    await _asked(house, depart_too())
    after = holder_of_record(house.log.events, 99)
    assert (after.holders, after.departure) == ((CONTRACTOR,), DEPARTURE)
    assert after.rests_on[-1] == house.log.events[-1].id
    await _asked(house, determine(after, uid(721)), confirm(uid(721)))
    await house.elsewhere(SOLD, stream=CONTRACT_1)
    assert holder_of_record(house.log.events, 99).holders == (BUYER,)


test_a_departure_is_the_answer_of_the_contracts_history = story(_departed)
