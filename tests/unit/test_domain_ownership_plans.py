"""What happens to two streams happens to both or to none, on what is so now."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from unit.cast import REASON, SYSTEM, ask, opening, said, uid
from unit.change_cast import (
    CONTEST,
    LONG_AGO,
    MONTH,
    NOTICE,
    RANDOMNESS,
    WEEK,
    candidate,
    checked,
    contest,
)
from unit.change_cast import apply as applying
from unit.change_cast import approve as approving
from unit.change_cast import draw as drawing
from unit.change_cast import request as requesting
from unit.house import CONTRACT_1, House, in_house, once, reads, steps
from unit.ownership_cast import (
    CHANGE,
    FROZEN,
    HOLDER,
    LAWYER,
    ORDER,
    RECOVERY_ID,
    SECOND,
    THIRD,
    TICKET,
    days,
    mandate,
    order,
    papers,
    photo,
    registration,
    visit,
)
from unit.test_domain_recovery import DROP, SUSPENSION, check, confirm, report, restore

from domain.access import EvidenceRead
from domain.contract import CONTRACT
from domain.contract.events import PersonNamed, Right
from domain.contract.ownership.vocabulary import ChangeKind
from domain.errors import Refused
from domain.handling import Step
from domain.identity.commands import IssuePhotoCode
from domain.identity_change import IDENTITY_CHANGE, plans
from domain.identity_change.commands import RecordChangeNotice
from domain.identity_change.events import IdentityChangeApproved, Means
from domain.identity_change.plans import Case
from domain.recovery import plans as recovering
from domain.recovery.events import Act
from domain.staff import STAFF
from domain.staff.commands import JoinStaff
from domain.staff.events import RoleGranted, RoleRevoked, StaffAbsent
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET as TICKETS
from domain.ticket.commands import AddAttachment, OpenTicket
from domain.ticket.events import Audience
from domain.values import Role

CASE = Case(CHANGE, CONTRACT_1)
ASKED_IN = Stream(StreamKind.TICKET, TICKET)
TELLS = Stream(StreamKind.TICKET, NOTICE)


def member(staff: Any) -> Stream:
    return Stream(StreamKind.STAFF, staff)


def notice() -> OpenTicket:
    return opening(by=SYSTEM, requester=HOLDER, number="000-021", text=said("somebody asked"))


async def _refused(house: House, plan: Any, rule: str) -> None:
    with pytest.raises(Refused) as refused:
        await house.handle(plan)
    assert refused.value.rule == rule


async def _open(house: House, **fields: Any) -> None:
    """Register the contract, open the ticket, let the second specialist join."""
    join = {"name": REASON, "login": REASON, "roles": (Role.AGENT,), "languages": ()}
    await house.handle(steps(Step(CONTRACT, CONTRACT_1, registration())))
    await house.handle(
        steps(
            Step(TICKETS, ASKED_IN, opening(**fields)),
            Step(STAFF, member(SECOND.id), ask(JoinStaff, **join)),
            Step(STAFF, member(THIRD.id), ask(JoinStaff, **join)),
        )
    )


async def _drawn(house: House) -> None:
    """Go on until the second specialist was drawn."""
    await _open(house)
    await house.handle(plans.request(CASE, requesting()))
    await house.handle(plans.record_check(CASE, checked(visit(1))))
    await house.handle(plans.draw_approver(CASE, drawing()))


async def _read(house: House, case: Case = CASE, reader: Any = SECOND) -> None:
    version = await house.log.version(case.stream)
    await house.handle(reads(reader.id, by=reader, case=case.change, version=version))


async def _approved(house: House) -> None:
    await _drawn(house)
    await _read(house)
    await house.handle(plans.approve(CASE, approving(), notice()))


def story(tell: Callable[[House], Awaitable[None]]) -> Callable[[], None]:
    def test() -> None:
        in_house(tell)

    return test


# Identity changes


async def _both_or_none(house: House) -> None:
    await _approved(house)
    assert house.types()[-3:] == ["IdentityChangeApproved", "ChangeNoticeGiven", "TicketOpened"]
    await house.handle(plans.apply(CASE, applying()))
    assert house.types()[-2:] == ["IdentityChangeApplied", "IdentityChanged"]
    assert all(one.contract for one in house.log.events[-5:])
    state = (await house.handler.states.load(CONTRACT, CONTRACT_1)).state
    assert (state.ownership.version, state.holder) == (2, HOLDER)


test_what_is_approved_is_told_and_what_is_applied_is_the_contracts = story(_both_or_none)


async def _frozen_meanwhile(house: House) -> None:
    await _approved(house)
    house.log.before_append = once(house, FROZEN, stream=CONTRACT_1)
    await _refused(house, plans.apply(CASE, applying()), "contract-frozen")
    assert "IdentityChangeApplied" not in house.types()


test_a_freeze_that_comes_first_wins = story(_frozen_meanwhile)


async def _nobody_drawn(house: House) -> None:
    await _open(house)
    await house.handle(plans.request(CASE, requesting()))
    await _refused(house, plans.approve(CASE, approving(), notice()), "approver-not-drawn")


test_nobody_approves_before_somebody_was_drawn = story(_nobody_drawn)


async def _named_meanwhile(house: House) -> None:
    await _drawn(house)
    await _read(house)
    named = PersonNamed(SECOND.id, REASON, None, (Right.READ,), None)
    house.log.before_append = once(house, named, stream=CONTRACT_1)
    await _refused(house, plans.approve(CASE, approving(), notice()), "approver-involved")


test_a_conflict_that_arises_first_wins = story(_named_meanwhile)


async def _checked_meanwhile(house: House) -> None:
    await _drawn(house)
    await _read(house)
    await house.handle(plans.record_check(CASE, checked(visit(2), THIRD)))
    await _refused(house, plans.approve(CASE, approving(), notice()), "evidence-unopened")
    await _read(house, reader=THIRD)
    await _refused(house, plans.approve(CASE, approving(), notice()), "evidence-unopened")
    other = Case(uid(801), CONTRACT_1)
    await house.handle(plans.request(other, requesting()))
    for number in (31, 32, 33, 34):
        await house.handle(plans.record_check(other, checked(visit(number))))
    await _read(house, other)
    await _refused(house, plans.approve(CASE, approving(), notice()), "evidence-unopened")
    await _read(house)
    await house.handle(plans.approve(CASE, approving(), notice()))
    events = [one.event for one in house.log.events]
    assert EvidenceRead(CHANGE, 4, "C-1") in events
    assert [one.evidence for one in events if isinstance(one, IdentityChangeApproved)] == [4]


test_only_the_approvers_own_reading_up_to_the_last_check_counts = story(_checked_meanwhile)


async def _role_lost(house: House) -> None:
    await _drawn(house)
    await _read(house)
    await house.elsewhere(
        RoleGranted(Role.SUPERVISOR), RoleRevoked(Role.AGENT), stream=member(SECOND.id)
    )
    await _refused(house, plans.approve(CASE, approving(), notice()), "approver-not-drawn")


test_whoever_lost_the_role_in_which_they_were_drawn_does_not_decide = story(_role_lost)


async def _absent(house: House) -> None:
    await _open(house)
    await house.handle(plans.request(CASE, requesting()))
    await house.handle(plans.record_check(CASE, checked(visit(1))))
    await house.elsewhere(StaffAbsent(None), stream=member(SECOND.id))
    people = (SECOND.id, uid(777), THIRD.id)
    command = drawing(candidates=tuple(map(candidate, people)))
    await house.handle(plans.draw_approver(CASE, command))
    drawn: Any = house.log.events[-1].event
    assert drawn.approver == THIRD.id
    assert THIRD.id in drawn.candidates
    assert drawn.randomness == RANDOMNESS
    assert drawn.role_since == LONG_AGO
    assert (drawn.role_age_seconds, WEEK) == (MONTH, 604_800)


test_nobody_is_drawn_who_is_away_or_not_on_the_staff = story(_absent)


@pytest.mark.parametrize(
    "fields",
    [{"contract": None}, {"contract": "C-2"}],
    ids=["enquiry", "other contract"],
)
def test_a_change_is_asked_for_by_a_ticket_under_that_contract(fields: Any) -> None:
    async def tell(house: House) -> None:
        await house.handle(steps(Step(CONTRACT, CONTRACT_1, registration())))
        if fields["contract"]:
            other = Stream(StreamKind.CONTRACT, uid(601))
            await house.handle(steps(Step(CONTRACT, other, registration(number="C-2"))))
        await house.handle(steps(Step(TICKETS, ASKED_IN, opening(**fields))))
        await _refused(house, plans.request(CASE, requesting()), "ticket-of-contract")
        await _refused(house, plans.request(CASE, requesting(contract="C-2")), "ticket-of-contract")

    in_house(tell)


async def _copies(house: House) -> None:
    await _open(house)
    await house.handle(plans.request(CASE, requesting()))
    code = uid(80)
    issue = ask(IssuePhotoCode, code=code, expires_at=days(1), shown=REASON)
    await house.handle(plans.simple(CASE, issue))
    plan = plans.record_check(CASE, checked(photo(1, code)))
    await _refused(house, plan, "attachment-unknown")
    attach = {
        "attachment": uid(1001),
        "audience": Audience.INTERNAL,
        "name": REASON,
        "claimed_type": REASON,
        "detected_type": "image.png",
        "size": 1,
        "digest": REASON,
    }
    await house.handle(steps(Step(TICKETS, ASKED_IN, ask(AddAttachment, **attach))))
    await house.handle(plan)
    assert house.types()[-1] == "IdentityChecked"


test_copies_are_attachments_of_the_ticket = story(_copies)


async def _secret(house: House) -> None:
    await _open(house)
    await house.elsewhere(order(until=days(90)), stream=CONTRACT_1)
    await house.handle(plans.request(CASE, requesting(orders=(ORDER,))))
    await house.handle(plans.record_check(CASE, checked(visit(1))))
    await house.handle(plans.draw_approver(CASE, drawing()))
    await _read(house)
    await house.handle(plans.approve(CASE, approving(), notice()))
    assert house.types()[-2:] == ["IdentityChangeApproved", "ChangeNoticeWithheld"]


test_a_confidential_order_opens_no_ticket = story(_secret)


async def _authority_approved(house: House) -> None:
    await _open(house)
    asked = requesting(kind=ChangeKind.AUTHORITY, holders=(), mandate=mandate())
    await house.handle(plans.request(CASE, asked))
    for one in (visit(1), visit(2, LAWYER), papers(3, mandate())):
        await house.handle(plans.record_check(CASE, checked(one)))
    await house.handle(plans.draw_approver(CASE, drawing()))
    await _read(house)
    await house.handle(plans.approve(CASE, approving(), notice()))


async def _authority(house: House) -> None:
    await _authority_approved(house)
    await house.handle(plans.simple(CASE, contest()))
    await _refused(house, plans.apply(CASE, applying(at=days(9))), "change-contested")
    state = (await house.handler.states.load(IDENTITY_CHANGE, CASE.stream)).state
    assert state.contests == {CONTEST}


test_an_authority_is_not_given_while_somebody_objects = story(_authority)


async def _authority_given(house: House) -> None:
    await _authority_approved(house)
    await house.handle(plans.apply(CASE, applying()))
    state = (await house.handler.states.load(CONTRACT, CONTRACT_1)).state
    assert (state.ownership.version, state.ownership.acting) == (1, (mandate(),))


test_an_authority_is_given_in_the_contracts_stream = story(_authority_given)


async def _contacts(house: House) -> None:
    await _open(house)
    contacts = registration().contacts * 2
    asked = requesting(kind=ChangeKind.CONTACTS, holders=(), contacts=contacts)
    await house.handle(plans.request(CASE, asked))
    await house.handle(plans.record_check(CASE, checked(visit(1))))
    await house.handle(plans.draw_approver(CASE, drawing()))
    await _read(house)
    await house.handle(plans.approve(CASE, approving(), notice()))
    mail = ask(RecordChangeNotice, means=Means.MAIL, contacts=(0,))
    await house.handle(plans.tell(CASE, mail))
    await house.handle(plans.apply(CASE, applying()))
    state = (await house.handler.states.load(CONTRACT, CONTRACT_1)).state
    assert state.ownership.contacts == (2, 2)
    assert [one.id for one in state.ownership.holders] == [HOLDER]


test_other_contacts_are_a_version_with_the_same_holders = story(_contacts)


# Recoveries


async def _recovered(house: House) -> None:
    await _open(house, contract=None)

    async def ask_it(command: Any) -> None:
        await house.handle(recovering.ask(RECOVERY_ID, CONTRACT_1, command))

    await ask_it(report())
    await ask_it(SUSPENSION)
    assert house.types()[-2:] == ["ProvisioningOrdered", "AccessSuspended"]
    await ask_it(SUSPENSION)
    assert house.types()[-1] == "AccessSuspended"
    await ask_it(confirm(Act.SUSPEND_ACCESS))
    await ask_it(check(visit(1)))
    await ask_it(restore())
    assert house.types()[-4:] == [*["ProvisioningOrdered"] * 2, "AccessRestored", "PersonNamed"]


test_a_recovery_marks_the_contract_as_it_goes = story(_recovered)


async def _dropped(house: House) -> None:
    await _open(house)
    for command in (report(), SUSPENSION, DROP):
        await house.handle(recovering.ask(RECOVERY_ID, CONTRACT_1, command))
    assert house.types()[-1] == "AccessRestored"
    for command in (report(), DROP):
        await house.handle(recovering.ask(uid(901), CONTRACT_1, command))
    assert house.types()[-1] == "RecoveryDropped"


test_a_dropped_recovery_gives_back_what_it_took = story(_dropped)


async def _frozen_restoration(house: House) -> None:
    await _open(house)
    for command in (report(), SUSPENSION, confirm(Act.SUSPEND_ACCESS), check(visit(1))):
        await house.handle(recovering.ask(RECOVERY_ID, CONTRACT_1, command))
    await house.elsewhere(FROZEN, stream=CONTRACT_1)
    await _refused(house, recovering.ask(RECOVERY_ID, CONTRACT_1, restore()), "contract-frozen")
    assert house.types()[-1] == "FreezePlaced"


test_in_a_freeze_nothing_of_a_restoration_is_recorded = story(_frozen_restoration)


@pytest.mark.parametrize(
    ("fields", "rule"),
    [({"contract": "C-2"}, "contract-unknown"), ({"ticket": uid(1)}, "ticket-unknown")],
)
def test_a_theft_is_reported_of_what_is_there(fields: Any, rule: str) -> None:
    async def tell(house: House) -> None:
        await _open(house)
        await _refused(house, recovering.ask(RECOVERY_ID, CONTRACT_1, report(**fields)), rule)

    in_house(tell)


def test_a_recoverys_copies_are_attachments_of_its_ticket() -> None:
    async def tell(house: House) -> None:
        await _open(house)
        await house.handle(recovering.ask(RECOVERY_ID, CONTRACT_1, report()))
        plan = recovering.ask(RECOVERY_ID, CONTRACT_1, check(photo(1, uid(80))))
        await _refused(house, plan, "attachment-unknown")

    in_house(tell)
