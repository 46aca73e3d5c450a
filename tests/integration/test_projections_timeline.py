"""A ticket's timeline for staff and for its customer, and what is known under a contract."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from support.databases import Database
from support.histories import History, Ticket
from support.views import Ledger, all_items, ledger_on

from domain.errors import Integrity, NotFound
from domain.log import NewEvent, Request
from domain.stream import Stream, StreamKind
from domain.ticket import events as t
from domain.values import LIVE, Actor, ActorKind, Origin, OriginKind, Purpose, Role, Sealed
from infra.ids import new_id
from projections.contract_findings import Finding
from projections.contract_history import contract_history
from projections.timeline import View, timeline


@dataclass
class Story:
    """One ticket, told event by event."""

    ledger: Ledger
    history: History = field(default_factory=lambda: History(1, contracts=2, late=0.0))
    version: int = 0

    def __post_init__(self) -> None:
        customer = Actor(ActorKind.CUSTOMER, new_id(), Role.CUSTOMER)
        self.ticket = Ticket(Stream(StreamKind.TICKET, new_id()), "C-0", customer)
        self.agent = self.history.staff[0]
        self.ledger.tell(list(self.history.requests(2))[:2])
        self.tell(customer, self.history.opened(self.ticket))

    def tell(self, actor: Actor, *events: object, origin: Origin = LIVE) -> None:
        new = [NewEvent(event, "C-0") for event in events]
        request: Request = self.history.request(self.ticket.stream, self.version, actor, new)
        request = replace(request, provenance=replace(request.provenance, origin=origin))
        self.version += len(events)
        self.ledger.tell([request])

    def said(self, text: str) -> Sealed:
        return Sealed(text, self.ticket.customer.id, Purpose.CORRESPONDENCE)

    def posted(self, text: str, audience: t.Audience = t.Audience.PUBLIC) -> t.MessagePosted:
        return t.MessagePosted(new_id(), t.Side.STAFF, audience, self.said(text), None, ())

    def read(self, view: View, limit: int = 2) -> list[Any]:
        return self.ledger.read(
            lambda reads: all_items(
                partial(timeline, reads, self.ticket.stream.id, view=view), limit=limit
            )
        )


@pytest.fixture
def story(database: Database, keys_dir: Path) -> Iterator[Story]:
    with ledger_on(database, keys_dir) as made:
        yield Story(made)


def texts(entries: list[Any]) -> list[str]:
    return [entry.what["text"]["text"] for entry in entries if entry.type == "MessagePosted"]


def test_staff_see_everything_in_order(story: Story) -> None:
    wrong = story.posted("wrong")
    story.tell(story.agent, wrong, story.posted("between us", t.Audience.INTERNAL))
    story.tell(story.agent, t.MessageCorrected(wrong.message, story.said("right"), story.said("!")))
    story.tell(story.agent, t.MessageRetracted(wrong.message, story.said("not for you")))
    entries = story.read(View.STAFF)
    assert [entry.version for entry in entries] == [1, 2, 3, 4, 5]
    assert texts(entries) == ["wrong", "between us"]
    assert entries[3].what["text"] == {"text": "right", "erased": False}
    assert entries[0].address["address"].startswith("192.0.2.")
    assert entries[1].actor.id == story.agent.id


def test_the_customer_sees_corrections_applied_and_no_inner_talk(story: Story) -> None:
    wrong, taken_back = story.posted("wrong"), story.posted("for another customer")
    story.tell(story.agent, wrong, story.posted("between us", t.Audience.INTERNAL), taken_back)
    story.tell(story.agent, t.TagAdded("mail"), t.TicketClaimed(story.agent.id, None))
    story.tell(story.agent, t.MessageCorrected(wrong.message, story.said("bad"), story.said("!")))
    story.tell(story.agent, t.MessageCorrected(wrong.message, story.said("right"), story.said("!")))
    story.tell(story.agent, t.MessageRetracted(taken_back.message, story.said("!")))
    for limit in (1, 2, 200):
        entries = story.read(View.CUSTOMER, limit)
        assert [entry.type for entry in entries] == ["TicketOpened", "MessagePosted"]
        assert texts(entries) == ["right"]
        assert [entry.address for entry in entries] == [None, None]


def test_what_was_destroyed_reads_as_erased(story: Story) -> None:
    story.tell(story.agent, story.posted("wrong"))
    story.ledger.rows("DELETE FROM ledger.sealed_fields")
    entries = story.read(View.STAFF)
    assert entries[-1].what["text"] == {"text": None, "erased": True}
    assert entries[-1].address == {"erased": True}


def test_an_altered_text_is_never_shown(story: Story) -> None:
    story.ledger.rows("UPDATE ledger.sealed_fields SET ciphertext = ciphertext || '\\x00'")
    with pytest.raises(Integrity):
        story.read(View.STAFF)


def test_an_unknown_ticket_has_no_timeline(story: Story) -> None:
    with pytest.raises(NotFound):
        story.ledger.read(lambda reads: timeline(reads, new_id(), view=View.STAFF))


def history_of(story: Story) -> Any:
    return story.ledger.read(lambda reads: contract_history(reads, "C-0"))


def test_that_nobody_of_ours_worked_is_said_with_what_was_searched(story: Story) -> None:
    story.tell(story.ticket.customer, t.TicketLinked(new_id(), t.Relation.RELATES_TO))
    story.ledger.rows("SELECT 1")
    engineers = history_of(story).engineers
    assert engineers.worked is False
    assert engineers.finding is Finding.NO_WORK_RECORDED  # staff registered the contract
    searched = engineers.searched
    assert (searched.events, searched.last_count, searched.tickets) == (3, 3, 1)
    assert dict(searched.kinds) == {
        "ContractRegistered": 1,
        "TicketLinked": 1,
        "TicketOpened": 1,
    }
    assert (searched.from_position, searched.to_position) == (1, 4)


def test_recorded_work_is_named_with_its_event(story: Story) -> None:
    text = story.said("restarted the mail server")
    story.tell(story.agent, t.WorkRecorded(new_id(), text, text, None, None))
    found = history_of(story)
    assert found.engineers.finding is Finding.WORK_RECORDED
    (work,) = found.engineers.work
    assert (work.ticket, work.staff) == (story.ticket.stream.id, story.agent.id)
    assert [member.staff for member in found.staff] == [story.agent.id]
    assert {under.ticket for under in found.tickets} == {story.ticket.stream.id}
    assert found.addresses


def test_what_another_systems_people_did_is_told_apart_from_our_staff(story: Story) -> None:
    theirs, taken_over = (
        Actor(ActorKind.IMPORTED, new_id(), None),
        Origin(OriginKind.IMPORTED, "csv", 7),
    )
    closed = t.StatusChanged(t.Status.CLOSED, t.Status.NEW, t.Cause.IMPORT, None, None)
    story.tell(theirs, t.TagAdded("mail"), closed, origin=taken_over)
    engineers = history_of(story).engineers
    assert (engineers.worked, engineers.work) == (False, ())
    assert engineers.finding is Finding.IMPORTED_WORK_ONLY
    imported = engineers.imported
    assert (imported.events, imported.actors) == (2, {theirs.id})
    assert imported.tickets == {story.ticket.stream.id}
    assert dict(imported.kinds) == {"StatusChanged": 1, "TagAdded": 1}
    assert dict(imported.sources) == {"csv": 2}
    assert engineers.searched.events == 4
    text = story.said("restarted the mail server")
    story.tell(story.agent, t.WorkRecorded(new_id(), text, text, None, None))
    found = history_of(story).engineers
    assert (found.finding, found.imported.events) == (Finding.WORK_RECORDED, 2)


def test_a_ticket_that_another_system_only_opened_is_no_work(story: Story) -> None:
    theirs, taken_over = (
        Actor(ActorKind.IMPORTED, new_id(), None),
        Origin(OriginKind.IMPORTED, "csv", 1),
    )
    story.ticket = Ticket(Stream(StreamKind.TICKET, new_id()), "C-0", story.ticket.customer)
    story.version = 0
    story.tell(theirs, story.history.opened(story.ticket), origin=taken_over)
    engineers = history_of(story).engineers
    assert (engineers.finding, engineers.imported.events) == (Finding.NO_WORK_RECORDED, 0)


def test_an_unknown_contract_is_not_found(story: Story) -> None:
    with pytest.raises(NotFound):
        story.ledger.read(lambda reads: contract_history(reads, "C-99"))
