"""What the store says of an event that is to be told: whom, what, and whether at all.

Read when the mail is made, with the rights of consumers: an event in the outbox says nothing. What
was corrected, taken back or turned off meanwhile is not told any more.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from consumers.notifications.addressing import (
    of_enquiry,
    of_person,
    of_record,
    of_sender,
    standing_of,
)
from consumers.notifications.reading import Book, Event
from consumers.notifications.telling import kind_of
from consumers.notifications.told import About, Addressee, Told
from domain.contract.events import PreferencesStated
from domain.contract.ownership.events import AuthorityGiven, FreezePlaced, IdentityChanged
from domain.dispute.events import (
    ClaimReceived,
    ClaimRefused,
    ClaimUpheld,
    DisputeClosed,
    HolderTold,
    ServiceResumed,
    ServiceSuspensionConfirmed,
)
from domain.identity_change.events import ChangeNoticeGiven, IdentityChangeApplied
from domain.log import Recorded
from domain.mail.events import MailDeclined
from domain.notification.events import NotificationKind
from domain.stream import Stream, StreamKind
from domain.ticket.events import (
    Audience,
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    PromiseKind,
    PromiseMade,
    TagAdded,
    TagRemoved,
    TicketMovedIn,
    TicketOpened,
)

SECRET_TAGS: Final = frozenset({"account", "ownership"})
"""What a ticket is about of which no mail says more than that it is there."""

_OF_TICKET: Final = tuple(
    one.__name__
    for one in (
        *(MessagePosted, MessageCorrected, MessageRetracted),
        *(TagAdded, TagRemoved),
    )
)
_ALWAYS: Final = 2**62


async def told_of(book: Book, event: UUID) -> Told | None:
    """Return what is told because of an event, None for nothing.

    Raises Integrity for a text that was altered, Malformed for an event of a newer version.
    """
    found = await book.event(event)
    if found is None:
        return None
    told = await _told(book, found)
    if told is None or told.kind is not NotificationKind.ATTENTION:
        return told
    # What one command did about somebody's account is told once, however many events it led to.
    for one in await book.together(found):
        if one.recorded.id == event:
            return told
        earlier = await _told(book, one)
        if earlier is not None and earlier.kind is NotificationKind.ATTENTION:
            return None
    return told


async def _told(book: Book, found: Event) -> Told | None:
    kind = kind_of(found.recorded)
    if kind is None:
        return None
    if found.recorded.stream.kind is StreamKind.TICKET:
        return await _of_ticket(book, found, kind)
    if kind is NotificationKind.GUIDANCE:
        return await _of_mail(book, found)
    return await _of_case(book, found)


async def _of_mail(book: Book, found: Event) -> Told | None:
    """Return how the sender of a mail about an account is told to open a ticket."""
    recorded = await book.opened(found)
    if not isinstance(recorded.event, MailDeclined):
        return None
    addressee = of_sender(recorded.event.sender, recorded.event.language)
    came = recorded.event.message_id
    answers = came.text if came is not None else None
    return Told(recorded, NotificationKind.GUIDANCE, None, addressee, answers=answers)


async def _of_ticket(book: Book, found: Event, kind: NotificationKind) -> Told | None:
    events = await book.ticket(found.recorded.stream.id, _OF_TICKET)
    if not _still_true(found.recorded, events):
        return None
    opened = (await book.opened(events[0])).event
    if not isinstance(opened, TicketOpened):
        return None
    about = await _about(book, events, opened)
    if about.secret:
        kind = NotificationKind.ATTENTION
    addressee = await _to(book, found, opened, kind)
    if addressee is None:
        return None
    promised = await _promised(book, found)
    return Told(await book.opened(found), kind, about, addressee, promised)


def _still_true(recorded: Recorded, events: Sequence[Event]) -> bool:
    """Say whether a message is public, and what the customer sees of it is what this event says.

    Of a message that is taken back only that is told; of one that is corrected the last correction.
    """
    said = recorded.event
    if not isinstance(said, MessagePosted | MessageCorrected | MessageRetracted):
        return True
    last: Recorded | None = None
    for one in events:
        match one.recorded.event:
            case MessagePosted(message=message, audience=audience) if message == said.message:
                if audience is not Audience.PUBLIC:
                    return False
                last = one.recorded
            case MessageCorrected(message=message) | MessageRetracted(message=message):
                if message == said.message:
                    last = one.recorded
            case _:
                pass
    return last is not None and last.id == recorded.id


async def _about(book: Book, events: Sequence[Event], opened: TicketOpened) -> About:
    tags: set[str] = set()
    for one in events:
        match one.recorded.event:
            case TagAdded(tag=tag):
                tags.add(tag)
            case TagRemoved(tag=tag):
                tags.discard(tag)
            case _:
                pass
    ticket = events[0].recorded.stream.id
    secret = bool(tags & SECRET_TAGS) or await book.is_of_a_case(ticket)
    subject = opened.subject.text if opened.subject is not None else None
    return About(ticket, opened.number, subject, secret)


async def _to(
    book: Book, found: Event, opened: TicketOpened, kind: NotificationKind
) -> Addressee | None:
    """Return to whom a ticket's event is told, None if they do not want to know."""
    number = _counts_under(found)
    if number is None:
        return of_enquiry(opened)
    standing = await standing_of(book, number, _ALWAYS)
    if kind is NotificationKind.ATTENTION:
        return of_record(standing, opened.requester)
    preferred = standing.preferred(opened.requester)
    if preferred is not None and _wanted_as(kind) in preferred.unwanted:
        return None
    return of_person(standing, opened)


def _wanted_as(kind: NotificationKind) -> NotificationKind:
    """Return the kind by which a person turns it off."""
    return NotificationKind.ACKNOWLEDGEMENT if kind is NotificationKind.OPENED else kind


async def _promised(book: Book, found: Event) -> datetime | None:
    """Return by when the next update comes that was promised with an event, None without one."""
    for one in await book.together(found):
        match one.recorded.event:
            case PromiseMade(promise=PromiseKind.UPDATE, due=due):
                if one.recorded.stream == found.recorded.stream:
                    return due
            case _:
                pass
    return None


async def _of_case(book: Book, found: Event) -> Told | None:
    """Return the telling of what concerns identity, access or a dispute: that there is something.

    It goes to the contacts of record, of a new identity to those from before it.
    """
    recorded = found.recorded
    event = recorded.event
    if isinstance(event, ClaimRefused | ClaimUpheld):
        return await _of_claim(book, found)
    if recorded.contract is None or not await _known(book, recorded):
        return None
    if isinstance(event, PreferencesStated) and not await _moved(book, found):
        return None
    before = _ALWAYS
    if isinstance(event, IdentityChanged | IdentityChangeApplied):
        before = (await book.together(found))[0].recorded.position
    addressee = of_record(await standing_of(book, recorded.contract[0], before), None)
    return Told(recorded, NotificationKind.ATTENTION, None, addressee)


async def _of_claim(book: Book, found: Event) -> Told | None:
    """Return the telling of who claimed something in a general enquiry, where they can be told."""
    claimed = found.recorded.event
    wanted = claimed.claim if isinstance(claimed, ClaimRefused | ClaimUpheld) else None
    for one in await book.case(found.recorded.stream, found.recorded.position):
        event = one.recorded.event
        if not isinstance(event, ClaimReceived) or event.claim != wanted:
            continue
        opening = await book.ticket(event.ticket, (TicketMovedIn.__name__,))
        opened = (await book.opened(opening[0])).event if opening else None
        if isinstance(opened, TicketOpened) and opened.contract is None and len(opening) == 1:
            addressee = replace(of_enquiry(opened), contract=_counts_under(found))
            return Told(found.recorded, NotificationKind.ATTENTION, None, addressee)
    return None


async def _known(book: Book, recorded: Recorded) -> bool:
    """Say whether the holders were told of a case before: what is confidential is told never."""
    case: Stream | None = None
    match recorded.event:
        case IdentityChanged(change=change) | AuthorityGiven(change=change):
            case = Stream(StreamKind.IDENTITY_CHANGE, change)
        case DisputeClosed():
            case = recorded.stream
        case FreezePlaced(dispute=dispute):
            return not await _kept_quiet(book, Stream(StreamKind.DISPUTE, dispute), recorded)
        case ServiceSuspensionConfirmed() | ServiceResumed():
            return not await _kept_quiet(book, recorded.stream, recorded)
        case _ if recorded.stream.kind is StreamKind.IDENTITY_CHANGE:
            case = recorded.stream
        case _:
            return True
    events = await book.case(case, recorded.position)
    return any(isinstance(one.recorded.event, ChangeNoticeGiven | HolderTold) for one in events)


async def _kept_quiet(book: Book, dispute: Stream, recorded: Recorded) -> bool:
    """Say whether it is of a dispute by an order of which the holder was not told.

    So for what ends and never was: a suspension of the service that nobody confirmed.
    """
    events = [one.recorded.event for one in await book.case(dispute, recorded.position)]
    if isinstance(recorded.event, ServiceResumed) and not any(
        isinstance(one, ServiceSuspensionConfirmed) for one in events
    ):
        return True
    if any(isinstance(one, HolderTold) for one in events):
        return False
    return any(isinstance(one, ClaimReceived) and one.order is not None for one in events)


async def _moved(book: Book, found: Event) -> bool:
    """Say whether somebody's mail goes to another address of their own from this event on."""
    stated = (await book.opened(found)).event
    number = _counts_under(found)
    if not isinstance(stated, PreferencesStated) or stated.mail is None or number is None:
        return False
    before = await standing_of(book, number, found.recorded.position)
    known = before.preferences.get(stated.person)
    return known is None or known.mail is None or known.mail.text != stated.mail.text


def _counts_under(found: Event) -> str | None:
    contract = found.recorded.contract
    return contract[0] if contract is not None else None
