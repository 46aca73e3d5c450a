"""What is noted on a ticket: priority, tags, links, its contract, work done."""

from typing import Any

import pytest
from unit.cast import AGENT, CUSTOMER, PORTAL, REASON, ask, opened, said, uid
from unit.spec import given

from domain.limits import LINKS_PER_TICKET
from domain.log import ContractOpen
from domain.ticket import TICKET
from domain.ticket.commands import (
    ChangePriority,
    ChangeTags,
    LinkTicket,
    MoveTicket,
    RecordWork,
)
from domain.ticket.events import (
    Cause,
    Channel,
    Priority,
    PriorityChanged,
    Relation,
    Status,
    StatusChanged,
    TagAdded,
    TagRemoved,
    TicketLinked,
    TicketMovedIn,
    TicketMovedOut,
    WorkRecorded,
)

OPEN = given(TICKET, opened())
CLOSED = OPEN.and_(StatusChanged(Status.CLOSED, Status.NEW, Cause.STAFF, said("done"), None))
OTHER = uid(60)
WORK = {"work": uid(70), "what": said("replaced the disk"), "where": said("mx1, bay 3")}


def test_a_ticket_becomes_more_urgent() -> None:
    state = OPEN.when(ask(ChangePriority, priority=Priority.CRITICAL, reason=REASON)).then(
        PriorityChanged(Priority.CRITICAL, Priority.NORMAL, REASON)
    )
    assert state.priority is Priority.CRITICAL


def test_the_same_priority_changes_nothing() -> None:
    OPEN.when(ask(ChangePriority, priority=Priority.NORMAL, reason=REASON)).then_nothing()


def test_a_closed_ticket_is_not_urgent() -> None:
    CLOSED.when(ask(ChangePriority, priority=Priority.HIGH)).then_refused("ticket-closed")


def test_tags_are_put_on_and_taken_off_in_one_order_whatever_was_asked() -> None:
    tagged = OPEN.and_(TagAdded("dns"))
    state = tagged.when(ask(ChangeTags, add=("outage", "mail", "mail"), remove=("dns",))).then(
        TagAdded("mail"), TagAdded("outage"), TagRemoved("dns")
    )
    assert state.tags == {"mail", "outage"}


def test_a_tag_that_is_there_and_one_that_is_not_change_nothing() -> None:
    OPEN.and_(TagAdded("dns")).when(ask(ChangeTags, add=("dns",), remove=("mail",))).then_nothing()
    OPEN.when(ask(ChangeTags)).then_nothing()


@pytest.mark.parametrize("fields", [{"add": ("gossip",)}, {"remove": ("gossip",)}])
def test_tags_come_from_the_vocabulary(fields: Any) -> None:
    OPEN.when(ask(ChangeTags, **fields)).then_refused("tag-unknown")


def test_a_tag_does_not_come_and_go_at_once() -> None:
    OPEN.when(ask(ChangeTags, add=("dns",), remove=("dns",))).then_refused("tag-both-ways")


def test_closed_tickets_are_tagged_and_linked() -> None:
    assert CLOSED.when(ask(ChangeTags, add=("duplicate",))).types == ["TagAdded"]
    link = ask(LinkTicket, other=OTHER, relation=Relation.DUPLICATES)
    assert CLOSED.when(link).types == ["TicketLinked"]


def test_a_link_is_made_once_and_another_relation_is_another_link() -> None:
    link = ask(LinkTicket, other=OTHER, relation=Relation.RELATES_TO)
    OPEN.when(link).then(TicketLinked(OTHER, Relation.RELATES_TO))
    linked = OPEN.after(link)
    linked.when(link).then_nothing()
    caused = ask(LinkTicket, other=OTHER, relation=Relation.CAUSED_BY)
    assert linked.when(caused).types == ["TicketLinked"]


def test_a_ticket_has_so_many_links_and_no_more() -> None:
    links = [TicketLinked(uid(200 + n), Relation.RELATES_TO) for n in range(LINKS_PER_TICKET)]
    one_more = ask(LinkTicket, other=OTHER, relation=Relation.RELATES_TO)
    OPEN.and_(*links).when(one_more).then_refused("too-many")
    assert OPEN.and_(*links[1:]).when(one_more).types == ["TicketLinked"]


def test_customers_link_nothing_but_what_their_own_reply_opened() -> None:
    for relation in set(Relation) - {Relation.FOLLOWED_BY}:
        OPEN.when(ask(LinkTicket, by=CUSTOMER, other=OTHER, relation=relation)).then_refused(
            "staff-only"
        )
    followed = ask(LinkTicket, by=CUSTOMER, other=OTHER, relation=Relation.FOLLOWED_BY)
    CLOSED.when(followed).then(TicketLinked(OTHER, Relation.FOLLOWED_BY))


def test_a_move_is_the_last_event_of_one_contract_and_the_first_of_the_other() -> None:
    move = ask(MoveTicket, contract="C-2", reason=REASON)
    out, into = TicketMovedOut("C-2", REASON), TicketMovedIn("C-2", "C-1")
    OPEN.when(move).then(out, into)
    assert TICKET.contract_of(OPEN.and_(out).state) == "C-1"
    assert TICKET.contract_of(OPEN.and_(out, into).state) == "C-2"


def test_a_move_is_only_good_while_the_new_contract_is_open() -> None:
    assert OPEN.guards(ask(MoveTicket, contract="C-2", reason=REASON)) == (ContractOpen("C-2"),)


def test_a_move_to_where_it_is_changes_nothing_and_asks_nothing() -> None:
    stay = ask(MoveTicket, contract="C-1", reason=REASON)
    OPEN.when(stay).then_nothing()
    assert OPEN.guards(stay) == ()


def test_an_enquiry_moves_under_the_contract_it_turns_out_to_belong_to() -> None:
    enquiry = given(TICKET, opened(contract=None, channel=Channel.MAIL))
    state = enquiry.when(ask(MoveTicket, contract="C-9", reason=REASON)).then(
        TicketMovedOut("C-9", REASON), TicketMovedIn("C-9", None)
    )
    assert state.contract == "C-9"


def test_a_closed_ticket_still_moves_to_the_right_contract() -> None:
    assert CLOSED.when(ask(MoveTicket, contract="C-2", reason=REASON)).types == [
        "TicketMovedOut",
        "TicketMovedIn",
    ]


def test_work_says_what_was_done_where_and_the_state_before_and_after() -> None:
    told = {"before": said("degraded"), "after": said("healthy")}
    OPEN.when(ask(RecordWork, **WORK, **told)).then(
        WorkRecorded(uid(70), WORK["what"], WORK["where"], told["before"], told["after"])
    )


def test_work_is_recorded_once_also_late() -> None:
    work = ask(RecordWork, **WORK)
    assert CLOSED.when(work).types == ["WorkRecorded"]
    OPEN.after(work).when(work).then_refused("work-already-there")


@pytest.mark.parametrize(
    ("command", "fields"),
    [
        (ChangePriority, {"priority": Priority.HIGH}),
        (ChangeTags, {"add": ("dns",)}),
        (MoveTicket, {"contract": "C-2", "reason": REASON}),
        (RecordWork, WORK),
    ],
)
@pytest.mark.parametrize("actor", [CUSTOMER, PORTAL])
def test_customers_note_nothing_on_a_ticket(command: Any, fields: Any, actor: Any) -> None:
    OPEN.when(ask(command, by=actor, **fields)).then_refused("staff-only")
    assert OPEN.when(ask(command, by=AGENT, **fields)).types
