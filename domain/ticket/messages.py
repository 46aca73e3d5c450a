"""What is said in a ticket: messages, their corrections and retractions, attachments."""

from uuid import UUID

from domain.errors import Refused
from domain.limits import (
    ATTACHMENT_BYTES,
    ATTACHMENTS_PER_MESSAGE,
    ATTACHMENTS_PER_TICKET,
)
from domain.ticket.commands import (
    AddAttachment,
    CorrectMessage,
    KeepMail,
    PostMessage,
    RetractMessage,
)
from domain.ticket.events import (
    AttachmentAdded,
    Audience,
    Cause,
    MailReceived,
    MessageCorrected,
    MessagePosted,
    MessageRetracted,
    Side,
    Status,
    StatusChanged,
    TicketEvent,
)
from domain.ticket.rules import not_closed, side_of, staff_only
from domain.ticket.state import TicketState
from domain.ticket.status import settled, updated_by


def post(state: TicketState, command: PostMessage) -> tuple[TicketEvent, ...]:
    """Record a message and what follows from it.

    A customer's reply sets a ticket that waited or was resolved moving again; staff's answer keeps
    or misses what was promised and may promise the next update.
    """
    side = _may_speak(state, command.audience, side_of(command.by))
    if command.message in state.messages:
        raise Refused("message-already-there", "this ticket has a message with this id")
    _may_attach(state, command)
    posted = MessagePosted(
        command.message,
        side,
        command.audience,
        command.text,
        command.language,
        command.attachments,
    )
    answers = side is Side.STAFF and command.audience is Audience.PUBLIC
    if command.next_update is not None and not answers:
        raise Refused("promise-not-public", "only staff's message to the customer can promise")
    if side is Side.CUSTOMER:
        return (posted, *_moved_by_reply(state))
    if not answers:
        return (posted,)
    promise = () if command.next_update is None else updated_by(command.at, command.next_update)
    return (posted, *settled(state, command.at), *promise)


def correct(state: TicketState, command: CorrectMessage) -> tuple[TicketEvent, ...]:
    """Replace what the customer sees of a message of staff; every version stays for staff."""
    staff_only(command.by)
    _of_staff(state, command.message)
    if command.message in state.retracted:
        raise Refused("message-retracted", "the message was taken back: write another one")
    return (MessageCorrected(command.message, command.text, command.reason),)


def retract(state: TicketState, command: RetractMessage) -> tuple[TicketEvent, ...]:
    """Take a message of staff out of the customer's view."""
    staff_only(command.by)
    _of_staff(state, command.message)
    if command.message in state.retracted:
        return ()
    return (MessageRetracted(command.message, command.reason),)


def attach(state: TicketState, command: AddAttachment) -> tuple[TicketEvent, ...]:
    """Record that a file was received."""
    side = _may_speak(state, command.audience, side_of(command.by))
    if command.attachment in state.attachments:
        raise Refused("attachment-already-there", "this ticket has an attachment with this id")
    if len(state.attachments) >= ATTACHMENTS_PER_TICKET:
        raise Refused("too-many", f"a ticket has at most {ATTACHMENTS_PER_TICKET} attachments")
    if not 0 <= command.size <= ATTACHMENT_BYTES:
        raise Refused("attachment-too-large", f"a file has at most {ATTACHMENT_BYTES} bytes")
    return (
        AttachmentAdded(
            command.attachment,
            command.audience,
            side,
            command.name,
            command.claimed_type,
            command.detected_type,
            command.size,
            command.digest,
        ),
    )


def keep_mail(state: TicketState, command: KeepMail) -> tuple[TicketEvent, ...]:
    """Keep what came with the mail that opened the ticket; nothing when it is the same again."""
    if state.mailed:
        return ()
    return (MailReceived(command.size, command.digest, command.headers),)


def _may_speak(state: TicketState, audience: Audience, side: Side) -> Side:
    if audience is Audience.PUBLIC:
        not_closed(state)
    elif side is Side.CUSTOMER:
        raise Refused("customer-speaks-publicly", "internal notes are written by staff")
    return side


def _may_attach(state: TicketState, command: PostMessage) -> None:
    if len(command.attachments) > ATTACHMENTS_PER_MESSAGE:
        raise Refused("too-many", f"a message has at most {ATTACHMENTS_PER_MESSAGE} attachments")
    for attachment in command.attachments:
        audience = state.attachments.get(attachment)
        hidden = audience is Audience.INTERNAL and side_of(command.by) is Side.CUSTOMER
        # What a customer may not see is not there for them, whatever id they guess.
        if audience is None or hidden:
            raise Refused("attachment-unknown", "add the attachment to this ticket first")
        if audience is Audience.INTERNAL and command.audience is Audience.PUBLIC:
            raise Refused("attachment-internal", "the customer may not see this attachment")


def _moved_by_reply(state: TicketState) -> tuple[TicketEvent, ...]:
    match state.status:
        case Status.RESOLVED:
            status = Status.REOPENED
        case Status.WAITING_FOR_CUSTOMER:
            status = Status.IN_PROGRESS
        case _:
            return ()
    return (StatusChanged(status, state.status, Cause.CUSTOMER_REPLY, None, None),)


def _of_staff(state: TicketState, message: UUID) -> None:
    posted = state.messages.get(message)
    if posted is None:
        raise Refused("message-unknown", "this ticket has no such message")
    if posted.side is not Side.STAFF:
        raise Refused("message-not-of-staff", "only messages of staff are corrected or retracted")
