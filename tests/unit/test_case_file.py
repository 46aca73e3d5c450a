"""The case file: given what happened under a contract, this is what a handler is shown."""

from dataclasses import fields, replace
from typing import Any

import pytest
from unit.cast import AGENT, CUSTOMER, PORTAL, ask, said, uid
from unit.cast import opening as opening_ticket
from unit.change_cast import approve, checked, draw, request
from unit.dispute_cast import (
    CONTRACTOR,
    DEPARTURE,
    DETERMINATION,
    FREEZE,
    HANDLER,
    OTHER_CLAIM,
    RIVAL,
    SECOND_HANDLER,
    claim,
    close,
    confirm,
    depart,
    depart_too,
    determine,
    freeze,
    held,
    opening,
    refuse,
    uphold,
)
from unit.dispute_cast import checked as claim_checked
from unit.life_cast import (
    CASES,
    HOME,
    THE_CHANGE,
    THE_CONTRACT,
    THE_DISPUTE,
    THE_TICKET,
    Life,
    positions,
)
from unit.ownership_cast import (
    CHECKER,
    HELD,
    HOLDER,
    SECOND,
    TICKET,
    bought,
    days,
    registration,
    visit,
)

from domain.contract.ownership.commands import (
    ApplyIdentity,
    DoubtHolder,
    LiftFreeze,
    PlaceFreeze,
)
from domain.contract.ownership.vocabulary import ChangeKind, Doubt, FreezeGround
from domain.dispute.commands import AttachDispute
from domain.stream import Stream, StreamKind
from domain.ticket.commands import PostMessage
from domain.ticket.events import Audience
from domain.values import Behalf, Role
from projections.case_file.entries import MOST, STEPS, WITHHELD
from projections.case_file.fold import DISPUTES, Scope
from projections.case_file.table import STREAM, TABLE
from projections.opening import Text

AWAY = HOME | {"address": "198.51.100.20", "peer": "198.51.100.20"}
DOUBTED = ask(DoubtHolder, doubt=uid(70), holder=HOLDER, kind=Doubt.DECEASED, basis=said("dead"))


def registered() -> Life:
    return Life().ask(THE_CONTRACT, registration())


def opened(**fields: Any) -> Life:
    return registered().ask(THE_DISPUTE, opening(**fields))


def test_the_holder_of_record_is_named_with_the_events_it_rests_on() -> None:
    file = opened().file()
    assert file.holder is not None
    assert (file.holder.determined, file.holder.holders) == (True, (HOLDER,))
    (ground,) = file.holder.rests_on
    assert (ground.position, ground.type) == (1, "ContractRegistered")
    assert file.contract is not None
    assert file.contract.registered == ground
    assert (file.contract.number, file.contract.category) == ("C-1", "individual")


def test_who_holds_a_doubted_contract_is_undetermined_and_the_file_says_why() -> None:
    file = opened().ask(THE_CONTRACT, DOUBTED).file()
    assert file.holder is not None
    assert (file.holder.determined, file.holder.reason) == (False, "deceased")
    assert [one.type for one in file.holder.rests_on] == ["ContractRegistered", "HolderDoubted"]
    (doubt,) = file.sections["doubts"].items
    assert (doubt.state, doubt.facts["kind"]) == ("open", Doubt.DECEASED)
    assert doubt.events.items[0].what["basis"] == Text("dead")


def applied(**fields: Any) -> ApplyIdentity:
    """Return the command that makes the change the identity of record."""
    usual: dict[str, Any] = {"kind": ChangeKind.RENEWAL, "version": 2, "holders": (HELD,)}
    fields = {"change": THE_CHANGE.id, "together": None, "contacts": 0, **usual, **fields}
    return ask(ApplyIdentity, **fields)


def renewed() -> Life:
    life = opened().ask(THE_CHANGE, request(), checked(visit(1)), draw(), approve())
    return life.ask(THE_CONTRACT, applied())


def test_a_version_says_by_which_change_it_came_and_who_checked_and_approved_it() -> None:
    first, second = renewed().file().identities.items
    assert (first.version, first.kind, first.change, first.checks) == (1, "registration", None, ())
    assert (second.version, second.kind, second.change) == (2, "renewal", THE_CHANGE.id)
    assert (second.ticket, second.since.type) == (TICKET, "IdentityChanged")
    assert [(one.checker, one.finding) for one in second.checks] == [(CHECKER.id, "passed")]
    assert second.approved is not None
    assert (second.approved.approver, second.approved.mark.position) == (SECOND.id, 6)
    assert second.holders[0]["document"]["passport"]["number"] == Text("X1")
    assert second.contacts == first.contacts


def test_identity_data_is_withheld_from_whoever_may_not_read_it() -> None:
    file = renewed().file(identity=False)
    for version in file.identities.items:
        assert version.holders[0]["document"]["passport"]["name"] == WITHHELD
        assert version.contacts[0]["value"] == WITHHELD
    assert "Ann Ode" not in repr(file)
    assert file.identities.items[1].approved is not None


def test_a_new_holder_ends_the_doubts_about_the_former_one() -> None:
    life = opened().ask(THE_CONTRACT, DOUBTED)
    life.ask(THE_CONTRACT, applied(kind=ChangeKind.TRANSFER, holders=(bought(),), contacts=1))
    file = life.file()
    assert file.holder is not None
    assert file.holder.determined
    (doubt,) = file.sections["doubts"].items
    assert doubt.state == "ended_by_identity"
    assert [one.mark.type for one in doubt.events.items] == ["HolderDoubted", "IdentityChanged"]


def test_claims_stand_in_their_dispute_with_what_was_checked_and_how_they_ended() -> None:
    life = opened().ask(
        THE_DISPUTE,
        claim(),
        claim(OTHER_CLAIM, HOLDER),
        claim_checked(visit(2), OTHER_CLAIM),
        refuse(),
        uphold(OTHER_CLAIM),
    )
    (case,) = life.file().disputes.items
    assert case.this
    first, second = case.claims.items
    assert (first.state, first.facts["rule"]) == ("refused", "holder_is_who_gave_document")
    assert (first.facts["claimant"], first.facts["wish"]) == (CONTRACTOR, "transfer")
    assert first.events.items[0].what["name"] == Text("Bob Uilder")
    assert second.state == "upheld"
    told = [(one.mark.type, one.actor.id) for one in second.events.items]
    assert told[1] == ("ClaimChecked", CHECKER.id)
    assert [name for name, _ in told] == ["ClaimReceived", "ClaimChecked", "ClaimUpheld"]


def test_every_entry_names_the_event_that_it_shows() -> None:
    life = opened().ask(THE_DISPUTE, claim())
    (entry,) = life.file().disputes.items[0].claims.items[0].events.items
    (position,) = positions(life, "ClaimReceived")
    recorded = life.happened[position - 1].recorded
    assert (entry.mark.event_id, entry.mark.position) == (recorded.id, position)
    assert entry.mark.recorded_at == recorded.recorded_at


def test_what_was_erased_shows_that_it_was() -> None:
    life = opened().ask(THE_DISPUTE, claim())
    last = life.happened[-1]
    event: Any = last.recorded.event
    gone = replace(event, name=replace(event.name, text=None))
    life.happened[-1] = replace(last, recorded=replace(last.recorded, event=gone))
    what = life.file().disputes.items[0].claims.items[0].events.items[0].what
    assert what["name"].erased
    assert not what["words"].erased


def test_an_unattached_dispute_shows_itself_and_its_ticket_and_says_so() -> None:
    life = Life().ask(THE_TICKET, opening_ticket(contract=None))
    life.ask(THE_DISPUTE, opening(contract=None), claim())
    file = life.file()
    assert (file.scope, file.contract, file.holder) == (Scope.UNATTACHED, None, None)
    assert [one.state for one in file.disputes.items[0].claims.items] == ["open"]
    assert [(one.id, one.under) for one in file.tickets.items] == [(TICKET, 0)]
    assert file.identities.total == 0


def test_what_was_claimed_before_the_dispute_was_attached_belongs_to_it() -> None:
    life = registered().ask(THE_DISPUTE, opening(contract=None), claim())
    life.ask(THE_DISPUTE, ask(AttachDispute, by=HANDLER, contract="C-1"))
    file = life.file()
    assert file.scope is Scope.CONTRACT
    (case,) = file.disputes.items
    assert case.claims.total == 1
    assert case.dispute.facts["contract"] == "C-1"


def test_a_freeze_is_one_thing_in_the_dispute_and_the_contract() -> None:
    life = opened().ask(THE_DISPUTE, freeze())
    place = ask(
        PlaceFreeze,
        by=HANDLER,
        freeze=FREEZE,
        dispute=THE_DISPUTE.id,
        ground=FreezeGround.HOLDER_ASKS,
        until=days(3),
        reason=said("they asked"),
    )
    life.ask(THE_CONTRACT, place)
    (running,) = life.file().sections["freezes"].items
    assert (running.state, running.facts["until"], running.case) == (
        "placed",
        days(3),
        THE_DISPUTE.id,
    )
    life.ask(THE_CONTRACT, ask(LiftFreeze, by=HANDLER, freeze=FREEZE, reason=said("over")))
    (lifted,) = life.file().sections["freezes"].items
    assert lifted.state == "lifted"
    assert [one.mark.type for one in lifted.events.items] == [
        *("FreezeOrdered", "FreezePlaced", "FreezeLifted")
    ]


def determined() -> Life:
    life = opened().ask(THE_DISPUTE, claim(), refuse())
    first = life.happened[0].recorded.id
    return life.ask(THE_DISPUTE, determine(held(rests_on=(first,)), as_of=len(life.happened)))


def test_a_determination_says_on_what_it_rests_and_who_confirmed_it() -> None:
    life = determined().ask(THE_DISPUTE, confirm(), close())
    file = life.file()
    (made,) = file.sections["determinations"].items
    assert (made.id, made.state, made.facts["confirmer"]) == (
        str(DETERMINATION),
        "confirmed",
        HANDLER.id,
    )
    assert made.facts["holders"] == [HOLDER]
    assert [(one.position, one.type) for one in made.facts["rests_on"]] == [
        (1, "ContractRegistered")
    ]
    assert file.disputes.items[0].dispute.state == "closed"


def test_a_departure_of_two_people_is_the_answer_and_shows_as_one() -> None:
    life = determined().ask(THE_DISPUTE, depart(CONTRACTOR), depart_too())
    file = life.file()
    (departure,) = file.sections["departures"].items
    assert (departure.id, departure.state) == (str(DEPARTURE), "confirmed")
    assert departure.facts["confirmer"] == SECOND_HANDLER.id
    assert file.holder is not None
    assert (file.holder.holders, file.holder.departure) == ((CONTRACTOR,), DEPARTURE)
    assert [one.type for one in file.holder.rests_on] == [
        *("ContractRegistered", "DepartureProposed", "DepartureConfirmed")
    ]


def posted(number: int, **fields: Any) -> PostMessage:
    message = {"message": uid(5000 + number), "audience": Audience.PUBLIC, "text": said()}
    return ask(PostMessage, **{"by": CUSTOMER, **message, **fields})


def test_addresses_stand_on_an_axis_with_who_used_them_when() -> None:
    life = opened().ask(THE_TICKET, opening_ticket(), posted(1))
    life.ask(THE_TICKET, posted(2), address=AWAY).ask(THE_TICKET, posted(3))
    axis = life.file().addresses
    theirs = [one for one in axis.runs.items if one.user.id == CUSTOMER.id]
    assert [(one.address.address, one.events) for one in theirs] == [
        ("192.0.2.7", 2),
        ("198.51.100.20", 1),
        ("192.0.2.7", 1),
    ]
    (opened_at,) = positions(life, "TicketOpened")
    _, *later = positions(life, "MessagePosted")
    assert [one.first.position for one in theirs] == [opened_at, *later]
    home, away = axis.networks.items
    assert (home.network, away.network) == ("192.0.2.0/24", "198.51.100.0/24")
    (used,) = [one for one in home.used.items if one.user.id == CUSTOMER.id]
    assert (used.events, used.last.position) == (3, life.happened[-1].recorded.position)


def test_an_address_that_a_service_asserts_is_not_its_own() -> None:
    customer = Behalf(CUSTOMER.id, ("address",))
    told = HOME | {"asserted": "203.0.113.9"}
    life = opened().ask(THE_TICKET, opening_ticket(by=PORTAL), address=told, behalf=customer)
    runs = {one.user.id: one for one in life.file().addresses.runs.items}
    assert (runs[PORTAL.id].address.address, runs[PORTAL.id].user.asserted) == (
        "192.0.2.7",
        False,
    )
    theirs = runs[CUSTOMER.id]
    assert (theirs.address.address, theirs.user.asserted) == ("203.0.113.9", True)


def test_an_erased_address_counts_and_names_no_network() -> None:
    life = registered().ask(THE_TICKET, opening_ticket(), address={"erased": True})
    (span,) = [one for one in life.file().addresses.runs.items if one.user.id == CUSTOMER.id]
    assert (span.address.erased, span.address.address, span.events) == (True, None, 1)
    assert None in {one.network for one in life.file().addresses.networks.items}


def test_staff_are_told_with_what_they_did_and_customers_are_none() -> None:
    life = opened().ask(THE_TICKET, opening_ticket(), posted(1, by=AGENT), posted(2, by=AGENT))
    staff = {one.id: one for one in life.file().staff.items}
    assert CUSTOMER.id not in staff
    agent = staff[AGENT.id]
    assert (agent.kinds["MessagePosted"], agent.tickets, agent.roles) == (2, 1, {Role.AGENT})
    assert (agent.first.type, agent.last.position) == ("ContractRegistered", len(life.happened))


def test_a_long_list_says_how_many_there_are_and_shows_the_newest() -> None:
    life = opened()
    for number in range(MOST + 3):
        life.ask(THE_DISPUTE, claim(uid(2000 + number), RIVAL))
    (case,) = life.file().disputes.items
    assert (case.claims.total, len(case.claims.items)) == (MOST + 3, MOST)
    assert case.claims.items[-1].id == str(uid(2000 + MOST + 2))
    earlier = life.file(as_of=len(life.happened) - MOST).disputes.items[0]
    assert [one.id for one in earlier.claims.items] == [str(uid(2000 + n)) for n in range(3)]


def test_however_many_disputes_there_are_the_one_of_the_file_is_shown() -> None:
    life = opened().ask(THE_DISPUTE, claim())
    for number in range(DISPUTES + 2):
        other = Stream(StreamKind.DISPUTE, uid(4000 + number))
        life.ask(other, opening(number="000-021"), claim(uid(6000 + number), RIVAL))
    disputes = life.file().disputes
    assert (disputes.total, len(disputes.items)) == (DISPUTES + 3, DISPUTES + 1)
    assert [one.this for one in disputes.items] == [True, *[False] * DISPUTES]
    assert disputes.items[0].claims.items[0].facts["claimant"] == CONTRACTOR
    assert disputes.items[1].claims.items[0].facts["claimant"] == RIVAL


def test_of_one_thing_with_many_events_the_first_and_the_newest_are_shown() -> None:
    life = opened().ask(THE_DISPUTE, claim())
    for number in range(STEPS + 5):
        life.ask(THE_DISPUTE, claim_checked(visit(3000 + number, CONTRACTOR)))
    events = life.file().disputes.items[0].claims.items[0].events
    assert (events.total, len(events.items)) == (STEPS + 6, STEPS)
    assert events.items[0].mark.type == "ClaimReceived"
    assert events.items[-1].mark.position == len(life.happened)


def test_what_comes_later_changes_no_earlier_file() -> None:
    life = opened()
    files = {}
    for command in (claim(), refuse(), freeze()):
        files[len(life.happened)] = life.file()
        life.ask(THE_DISPUTE, command)
    life.ask(THE_TICKET, opening_ticket(), posted(1), address=AWAY)
    for position, file in files.items():
        assert life.file(as_of=position) == file


@pytest.mark.parametrize("cls", [one for kind in CASES for one in kind], ids=lambda c: c.__name__)
def test_every_event_of_a_case_has_its_place(cls: type) -> None:
    elsewhere = {"ContractRegistered", "JointHoldersNamed", "IdentityChanged", "ContractClosed"}
    only_counted = {"PreferencesStated"}  # how somebody wants to be told says nothing of a holder
    row = TABLE.get(cls.__name__)
    assert (row is None) == (cls.__name__ in elsewhere | only_counted)
    if row is not None:
        names = {one.name for one in fields(cls)}
        asked = set(row.facts) | {key.split(".")[0] for key in row.key if row.key != STREAM}
        assert asked <= names
