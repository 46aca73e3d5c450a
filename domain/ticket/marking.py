"""What is noted on a ticket: opening facts, priority, tags, links, its contract, work done."""

from typing import Final

from domain.errors import Refused
from domain.limits import LINKS_PER_TICKET
from domain.ticket.commands import (
    ChangePriority,
    ChangeTags,
    LinkTicket,
    MoveTicket,
    OpenTicket,
    RecordWork,
)
from domain.ticket.events import (
    Channel,
    PriorityChanged,
    Relation,
    TagAdded,
    TagRemoved,
    TicketEvent,
    TicketLinked,
    TicketMovedIn,
    TicketMovedOut,
    TicketOpened,
    WorkRecorded,
)
from domain.ticket.rules import not_closed, staff_only
from domain.ticket.state import TicketState
from domain.vocabulary import TAGS

PROVES_NOBODY: Final = frozenset({Channel.MAIL, Channel.PHONE})
"""Channels on which anybody can claim to be anybody: they open general enquiries alone."""


def open_ticket(state: TicketState, command: OpenTicket) -> tuple[TicketEvent, ...]:
    """Open a ticket under a contract, or a general enquiry."""
    if state.opened:
        raise Refused("ticket-exists", "a ticket with this id was opened before")
    if command.contract is not None and command.channel in PROVES_NOBODY:
        raise Refused(
            "channel-opens-enquiries-only",
            f"{command.channel} proves no identity: leave the contract out, or use the portal",
        )
    if command.subject is None and command.follows is None:
        raise Refused("subject-required", "say in a line what it is about")
    if command.since is not None and command.since > command.at:
        raise Refused("since-in-future", "what happens cannot have begun in the future")
    return (
        TicketOpened(
            number=command.number,
            contract=command.contract,
            requester=command.requester,
            channel=command.channel,
            language=command.language,
            priority=command.priority,
            subject=command.subject,
            text=command.text,
            happening=command.happening,
            since=command.since,
            resource=command.resource,
            tried=command.tried,
            name=command.name,
            contact=command.contact,
            specialist=command.specialist,
            follows=command.follows,
        ),
    )


def change_priority(state: TicketState, command: ChangePriority) -> tuple[TicketEvent, ...]:
    """Make the ticket more or less urgent."""
    staff_only(command.by)
    not_closed(state)
    if command.priority is state.priority:
        return ()
    return (PriorityChanged(command.priority, state.priority, command.reason),)


def change_tags(state: TicketState, command: ChangeTags) -> tuple[TicketEvent, ...]:
    """Put words of the vocabulary on the ticket and take others off."""
    staff_only(command.by)
    unknown = {*command.add, *command.remove} - TAGS
    if unknown:
        raise Refused("tag-unknown", f"tags are {', '.join(sorted(TAGS))}")
    if set(command.add) & set(command.remove):
        raise Refused("tag-both-ways", "a tag is either added or removed")
    return (
        *(TagAdded(tag) for tag in sorted(set(command.add) - state.tags)),
        *(TagRemoved(tag) for tag in sorted(set(command.remove) & state.tags)),
    )


def link(state: TicketState, command: LinkTicket) -> tuple[TicketEvent, ...]:
    """Say how the ticket relates to another one; a customer's reply does so after the closing."""
    if command.relation is not Relation.FOLLOWED_BY:
        staff_only(command.by)
    if (command.other, command.relation) in state.links:
        return ()
    if len(state.links) >= LINKS_PER_TICKET:
        raise Refused("too-many", f"a ticket has at most {LINKS_PER_TICKET} links")
    return (TicketLinked(command.other, command.relation),)


def move(state: TicketState, command: MoveTicket) -> tuple[TicketEvent, ...]:
    """Put the ticket under the contract that it belongs to, also after it was closed."""
    staff_only(command.by)
    if command.contract == state.contract:
        return ()
    return (
        TicketMovedOut(command.contract, command.reason),
        TicketMovedIn(command.contract, state.contract),
    )


def record_work(state: TicketState, command: RecordWork) -> tuple[TicketEvent, ...]:
    """Record work done; also late, on a closed ticket: what was done stays a fact."""
    staff_only(command.by)
    if command.work in state.works:
        raise Refused("work-already-there", "this ticket has a work record with this id")
    return (WorkRecorded(command.work, command.what, command.where, command.before, command.after),)
