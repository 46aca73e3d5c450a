"""Claims on an account: written down, checked, refused by a rule or upheld; the holder told."""

from typing import Any

import pytest
from unit.cast import BY_PASSPORT, CONTACT, CUSTOMER, PORTAL, ask, said, uid
from unit.dispute_cast import (
    CLAIM,
    CLAIMED,
    CLOSED,
    CONTRACTOR,
    ENQUIRY,
    HANDLER,
    NOW,
    OPENED,
    OTHER_CLAIM,
    RIVAL,
    STANDING,
    WHY,
    checked,
    claim,
    claimed,
    opening,
    refuse,
    uphold,
)
from unit.ownership_cast import (
    ASKER,
    BOSS,
    CHECKER,
    COMPANY,
    ORDER,
    TICKET,
    days,
    mandate,
    on_record,
    order,
    photo,
    specialist,
    standing,
    visit,
)
from unit.spec import given

from domain.dispute import DISPUTE
from domain.dispute.commands import AttachDispute, IssueClaimCode, TellHolder
from domain.dispute.events import (
    ClaimChecked,
    ClaimCodeIssued,
    ClaimReceived,
    ClaimRefused,
    DisputeAttached,
    DisputeOpened,
    HolderTellingWithheld,
    HolderTold,
)
from domain.dispute.vocabulary import ClaimRule, DisputeKind, Wish
from domain.errors import Malformed, NotFound
from domain.identity.proof import Capacity
from domain.identity_change.events import Means
from domain.limits import ATTACHMENTS_PER_MESSAGE, CLAIMS_PER_DISPUTE
from domain.ticket.events import Channel
from domain.values import Role

CODE = uid(80)
ATTACH = ask(AttachDispute, by=HANDLER, contract="C-1")


def tell(**fields: Any) -> TellHolder:
    usual = {"by": ASKER, "means": Means.MAIL, "contacts": (0,), "standing": STANDING}
    return ask(TellHolder, **{**usual, **fields})


# Opening


def test_a_dispute_is_opened_under_the_tickets_contract_and_counts_under_it() -> None:
    fact = DisputeOpened("000-021", DisputeKind.UNPAID_CONTRACTOR, "C-1", TICKET, "nl", None)
    state = given(DISPUTE).when(opening()).then(fact)
    assert DISPUTE.contract_of(state) == "C-1"
    assert DISPUTE.guards(state, opening()) == ()


def test_a_dispute_from_an_enquiry_counts_under_no_contract_until_it_is_attached() -> None:
    assert DISPUTE.contract_of(ENQUIRY.state) is None
    state = ENQUIRY.after(claim()).when(ATTACH).then(DisputeAttached("C-1"))
    assert DISPUTE.contract_of(state) == "C-1"


def test_an_id_opens_one_dispute() -> None:
    OPENED.when(opening()).then_refused("dispute-exists")


def test_nothing_is_asked_of_a_dispute_that_is_not_there() -> None:
    given(DISPUTE).when(claim()).then_raises(NotFound)
    given(DISPUTE).when(tell()).then_raises(NotFound)


@pytest.mark.parametrize("by", [CUSTOMER, PORTAL], ids=["customer", "portal"])
@pytest.mark.parametrize("command", [opening, claim, refuse], ids=["open", "claim", "refuse"])
def test_a_dispute_is_kept_by_staff(command: Any, by: Any) -> None:
    CLAIMED.when(command(by=by)).then_refused("identity-by-staff")


def test_which_contract_it_is_about_is_said_once() -> None:
    OPENED.when(ATTACH).then_refused("dispute-attached")
    ENQUIRY.after(ATTACH).when(ATTACH).then_refused("dispute-attached")


@pytest.mark.parametrize("role", Role)
def test_handlers_supervisors_and_compliance_say_which_contract(role: Role) -> None:
    outcome = ENQUIRY.when(ask(AttachDispute, by=specialist(20, role), contract="C-1"))
    if role in (Role.DISPUTE_HANDLER, Role.SUPERVISOR, Role.COMPLIANCE):
        assert outcome.types == ["DisputeAttached"]
    elif role in (Role.CUSTOMER, Role.SERVICE):
        outcome.then_refused("identity-by-staff")
    else:
        outcome.then_refused("dispute-by-handlers")


# Claims


def test_a_claim_is_written_down_as_it_came() -> None:
    words, papers_, calls = claimed(), (uid(81),), (uid(82),)
    asked = claim(
        ticket=uid(501),
        document=BY_PASSPORT,
        contact=CONTACT,
        attachments=papers_,
        recordings=calls,
        wish=Wish.STOP_SERVICE,
    )
    fact = ClaimReceived(
        CLAIM,
        CONTRACTOR,
        Capacity.IN_PERSON,
        Wish.STOP_SERVICE,
        Channel.PHONE,
        uid(501),
        None,
        papers_,
        calls,
        claimed("Bob Uilder"),
        BY_PASSPORT,
        CONTACT,
        words,
    )
    state = OPENED.when(asked).then(fact)
    assert state.claimants == {CONTRACTOR}


def test_a_claim_that_names_no_ticket_came_by_the_disputes_own() -> None:
    assert CLAIMED.state.claims.get(CLAIM).ticket == TICKET


def test_somebody_may_claim_without_saying_who_they_are_but_not_without_a_word() -> None:
    assert OPENED.when(claim(name=None)).types == ["ClaimReceived"]
    OPENED.when(claim(words=claimed(" "))).then_raises(Malformed)


def test_a_name_of_ten_thousand_characters_is_no_name() -> None:
    OPENED.when(claim(name=claimed("Ж" * 10_000))).then_raises(Malformed)
    assert OPENED.when(claim(name=claimed("\u202e\u05e2\u05d1\u05e8 e\u0301 \u4e2d 🙂"))).types == [
        "ClaimReceived"
    ]


def test_an_id_names_one_claim() -> None:
    CLAIMED.when(claim()).then_refused("claim-exists")
    assert CLAIMED.when(claim(OTHER_CLAIM)).types == ["ClaimReceived"]


def test_there_is_an_end_to_claims_and_to_what_they_name() -> None:
    full = OPENED.after(*(claim(uid(5000 + n)) for n in range(CLAIMS_PER_DISPUTE)))
    full.when(claim()).then_refused("too-many")
    ids = tuple(uid(n) for n in range(ATTACHMENTS_PER_MESSAGE))
    assert OPENED.when(claim(attachments=ids)).types == ["ClaimReceived"]
    OPENED.when(claim(attachments=ids, recordings=(uid(99),))).then_refused("too-many")


def test_a_claim_on_a_closed_dispute_is_refused() -> None:
    CLOSED.when(claim(OTHER_CLAIM)).then_refused("dispute-closed")


def test_a_claim_rests_on_an_order_that_is_on_record() -> None:
    OPENED.when(claim(order=ORDER)).then_refused("order-unknown")
    known = OPENED.when(claim(order=ORDER, standing=standing(order())))
    assert known.state.claims.get(CLAIM).order == ORDER


def test_a_claim_changes_neither_the_holder_nor_anything_else() -> None:
    state = CLAIMED.state
    assert (state.determination, state.suspension, len(state.freezes)) == (None, None, 0)


# Checks


def test_one_thing_is_checked_at_a_time_and_who_checked_is_known() -> None:
    one = visit(1, CONTRACTOR)
    state = CLAIMED.when(checked(one, found=WHY)).then(ClaimChecked(CLAIM, CHECKER.id, one, WHY))
    assert state.evidence(CLAIM).checkers == {CHECKER.id}
    assert state.evidence(OTHER_CLAIM).checks == ()


def test_an_id_names_one_check_of_the_dispute() -> None:
    both = CLAIMED.after(claim(OTHER_CLAIM), checked(visit(1, CONTRACTOR)))
    both.when(checked(visit(1, CONTRACTOR))).then_refused("check-exists")
    both.when(checked(visit(1, RIVAL), OTHER_CLAIM)).then_refused("check-exists")


@pytest.mark.parametrize(
    "command", [checked(visit(1)), refuse(), uphold()], ids=["check", "refuse", "uphold"]
)
def test_only_a_claim_of_this_dispute_that_is_not_decided_is_looked_at(command: Any) -> None:
    OPENED.when(command).then_refused("claim-unknown")
    CLAIMED.after(refuse()).when(command).then_refused("claim-decided")


def test_a_photo_shows_a_code_of_its_own_claim_that_was_not_used() -> None:
    shown = said("7K-22")
    issue = ask(IssueClaimCode, by=ASKER, claim=CLAIM, code=CODE, expires_at=days(1), shown=shown)
    issued = ClaimCodeIssued(CLAIM, CODE, ASKER.id, days(1), shown)
    CLAIMED.when(issue).then(issued)
    given_ = CLAIMED.after(issue, claim(OTHER_CLAIM, RIVAL))
    one = photo(1, CODE, CONTRACTOR)
    given_.when(checked(one, OTHER_CLAIM)).then_refused("photo-code-unknown")
    used = given_.after(checked(one))
    used.when(checked(photo(2, CODE, CONTRACTOR))).then_refused("photo-code-unknown")
    used.when(issue).then_refused("photo-code-exists")
    used.when(checked(photo(3, uid(81)))).then_refused("photo-code-unknown")


def test_an_authority_on_record_is_on_the_record() -> None:
    CLAIMED.when(checked(on_record(1, mandate()))).then_refused("authority-unknown")


def test_an_organisation_is_checked_by_its_people() -> None:
    held_by_company = standing(since=COMPANY)
    CLAIMED.when(checked(visit(1), standing=held_by_company)).then_refused(
        "organisation-through-people"
    )


# Refusing


@pytest.mark.parametrize("rule", ClaimRule)
def test_a_claim_can_always_be_refused_and_cites_a_rule(rule: ClaimRule) -> None:
    refused = ClaimRefused(CLAIM, rule, ASKER.id, (), WHY)
    CLAIMED.when(refuse(rule=rule)).then(refused)


def test_a_refusal_names_the_checks_of_its_claim() -> None:
    both = CLAIMED.after(
        checked(visit(1, CONTRACTOR)),
        claim(OTHER_CLAIM, RIVAL),
        checked(visit(2, RIVAL), OTHER_CLAIM),
    )
    rule = ClaimRule.HOLDER_IS_WHO_GAVE_DOCUMENT
    both.when(refuse()).then(ClaimRefused(CLAIM, rule, ASKER.id, (uid(1),), WHY))


def test_a_claim_can_be_refused_before_anybody_knows_the_contract() -> None:
    assert ENQUIRY.after(claim()).when(refuse()).types == ["ClaimRefused"]


# Telling the holder


def test_the_holder_is_told_how_many_claims_came_and_by_whom_never() -> None:
    two = CLAIMED.after(claim(OTHER_CLAIM, RIVAL))
    fact = HolderTold(2, Means.MAIL, 1, (0,), None)
    two.when(tell(contacts=(0, 0))).then(fact)
    assert {CONTRACTOR, RIVAL, CLAIM, OTHER_CLAIM} & set(vars_of(fact)) == set()


def vars_of(fact: Any) -> list[Any]:
    return [getattr(fact, name) for name in type(fact).__slots__]


def test_there_is_something_to_tell_and_somebody_to_tell_it() -> None:
    OPENED.when(tell()).then_refused("nothing-to-tell")
    ENQUIRY.after(claim()).when(tell()).then_refused("dispute-unattached")
    CLAIMED.when(tell(contacts=(1,))).then_refused("contact-unknown")


def test_of_claims_that_rest_on_a_confidential_order_nobody_is_told_yet() -> None:
    secret = standing(order(until=days(30)))
    quiet = OPENED.after(claim(order=ORDER, standing=secret))
    quiet.when(tell(standing=secret)).then(HolderTellingWithheld(ORDER))
    loud = quiet.after(claim(OTHER_CLAIM, RIVAL))
    loud.when(tell(standing=secret)).then(
        HolderTold(1, Means.MAIL, 1, (0,), None), HolderTellingWithheld(ORDER)
    )
    loud.when(tell(standing=secret, at=days(30))).then(HolderTold(2, Means.MAIL, 1, (0,), None))


def test_the_holder_may_be_told_after_the_dispute_is_over() -> None:
    assert CLOSED.when(tell(by=BOSS, at=NOW)).types == ["HolderTold"]
