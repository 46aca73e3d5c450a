"""What a message becomes when the ticket may be closed: a reply then opens a linked ticket."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Refused
from domain.handling import Plan, Reading, Step
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import LinkTicket, OpenTicket, PostMessage
from domain.ticket.events import Audience, Channel, Relation, Side
from domain.ticket.marking import PROVES_NOBODY
from domain.ticket.rules import side_of
from domain.ticket.state import TicketState


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What the ticket that a late reply opens needs: its id, channel, and who wrote.

    `next_number` gives the sequence for its number and is only asked when there is such a ticket.
    """

    ticket: UUID
    requester: UUID
    channel: Channel
    next_number: Callable[[], Awaitable[int]]


def reply(ticket: UUID, message: PostMessage, follow_up: FollowUp) -> Plan:
    """Return the plan of posting `message` in `ticket`.

    Once that is closed, a customer's message opens the ticket `follow_up` instead, whose text it
    is, and both know each other; recorded as one.
    """

    async def plan(reading: Reading) -> tuple[Step, ...]:
        old = Stream(StreamKind.TICKET, ticket)
        state: TicketState = (await reading.state(TICKET, old)).state
        late = state.closed and side_of(message.by) is Side.CUSTOMER
        if not late or message.audience is not Audience.PUBLIC:
            return (Step(TICKET, old, message),)
        if message.attachments:
            raise Refused(
                "late-reply-without-attachments",
                "the ticket is closed: reply without attachments, add them to the ticket it opens",
            )
        return (
            Step(
                TICKET,
                Stream(StreamKind.TICKET, follow_up.ticket),
                _opening(state, ticket, message, follow_up, await follow_up.next_number()),
            ),
            Step(TICKET, old, _link(message, follow_up)),
        )

    return plan


def _opening(
    state: TicketState, old: UUID, message: PostMessage, follow_up: FollowUp, sequence: int
) -> OpenTicket:
    # A channel that proves nobody's identity continues as a general enquiry.
    proved = follow_up.channel not in PROVES_NOBODY
    return OpenTicket(
        by=message.by,
        at=message.at,
        number=spoken(sequence),
        contract=state.contract if proved else None,
        requester=follow_up.requester,
        channel=follow_up.channel,
        language=message.language or state.language,
        subject=None,
        text=message.text,
        priority=state.priority,
        specialist=state.specialist,
        follows=old,
    )


def _link(message: PostMessage, follow_up: FollowUp) -> LinkTicket:
    return LinkTicket(
        by=message.by, at=message.at, other=follow_up.ticket, relation=Relation.FOLLOWED_BY
    )
