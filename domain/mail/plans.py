"""The plans of mail: what is recorded in which streams, as one, and the same mail once."""

from typing import NamedTuple
from uuid import UUID

from domain.handling import Plan, Reading, Step
from domain.mail import MAIL
from domain.mail.commands import DeclineMail, TakeBounce
from domain.mail.decide import MailState
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordBounced
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import AddAttachment, KeepMail, OpenTicket


class Known(NamedTuple):
    """The ids of a mail, or of a sender, by today's key and by that of the day before."""

    now: UUID
    before: UUID


def open_enquiry(
    mail: Known, opening: OpenTicket, kept: KeepMail, files: tuple[AddAttachment, ...]
) -> Plan:
    """Return the plan of opening a ticket with its files; the same mail changes nothing."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        for known in mail:
            stream = Stream(StreamKind.TICKET, known)
            if (await reading.state(TICKET, stream)).state.opened:
                return (Step(TICKET, stream, kept),)
        stream = Stream(StreamKind.TICKET, mail.now)
        return tuple(Step(TICKET, stream, command) for command in (opening, kept, *files))

    return plan


def decline(sender: Known, mail: Known, command: DeclineMail) -> Plan:
    """Return the plan of declining a mail: once a day for each sender."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        before = Stream(StreamKind.MAIL, sender.before)
        state: MailState = (await reading.state(MAIL, before)).state
        same = state.mail == mail.before
        return (Step(MAIL, before if same else Stream(StreamKind.MAIL, sender.now), command),)

    return plan


def take_bounce(mail: Known, command: TakeBounce, bounced: RecordBounced) -> Plan:
    """Return the plan of recording a bounce: once for each report."""

    async def plan(reading: Reading) -> tuple[Step, ...]:
        for known in mail:
            stream = Stream(StreamKind.MAIL, known)
            state: MailState = (await reading.state(MAIL, stream)).state
            if state.notification is not None:
                return (Step(MAIL, stream, command),)
        told = Stream(StreamKind.NOTIFICATION, command.notification)
        return (
            Step(MAIL, Stream(StreamKind.MAIL, mail.now), command),
            Step(NOTIFICATION, told, bounced),
        )

    return plan
