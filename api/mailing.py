"""From a mail to commands: what is recorded of it, and what of it is sealed."""

import hashlib
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from api.calls import Call
from api.sealing import optional, sealed
from domain.contract import CONTRACT
from domain.handling import Plan
from domain.limits import BOUNCES_PER_NOTIFICATION, SHORT, SUBJECT
from domain.mail.commands import DeclineMail, TakeBounce
from domain.mail.letter import File, Letter
from domain.mail.plans import Known, decline, open_enquiry, take_bounce
from domain.mail.sorting import Bounce, Decline, Enquiry
from domain.notification import NOTIFICATION
from domain.notification.commands import RecordBounced
from domain.notification.decide import NotificationState
from domain.notification.events import Medium
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import AddAttachment, KeepMail, OpenTicket
from domain.ticket.events import Audience, Channel
from domain.vocabulary import detected_type
from infra.ids import new_id
from infra.languages import DEFAULT, language_of
from infra.pdf.wording import LANGUAGES

_FIRST: Final = 1024


@dataclass(frozen=True, slots=True)
class MadeEnquiry:
    """The commands of a general enquiry."""

    opening: OpenTicket
    kept: KeepMail
    files: tuple[AddAttachment, ...]

    def plan(self, mail: Known) -> Plan:
        """Return the plan that records them as one."""
        return open_enquiry(mail, self.opening, self.kept, self.files)


async def enquiry_of(call: Call, enquiry: Enquiry, letter: Letter) -> MadeEnquiry:
    """Return the commands of an enquiry; its requester is a person of whom nobody said anything."""
    who = new_id()
    said = letter.text if any(map(str.isalnum, letter.text)) else letter.subject
    subject = letter.subject or next(line for line in said.splitlines() if line.strip())
    opening = OpenTicket(
        **call.who_and_when,
        number=spoken(await call.services.log.next_ticket_number()),
        contract=None,
        requester=who,
        channel=Channel.MAIL,
        language=_language(letter),
        subject=sealed(subject.strip()[:SUBJECT], who),
        text=sealed(said, who),
        name=optional(letter.name, who),
        contact=sealed(enquiry.sender, who),
    )
    kept = KeepMail(
        **call.who_and_when,
        size=letter.size,
        digest=sealed(letter.digest, who),
        headers=sealed(letter.headers, who),
    )
    return MadeEnquiry(opening, kept, tuple(_attached(call, one, who) for one in letter.files))


def _attached(call: Call, file: File, who: UUID) -> AddAttachment:
    return AddAttachment(
        **call.who_and_when,
        attachment=new_id(),
        audience=Audience.PUBLIC,
        name=sealed(file.name, who),
        claimed_type=sealed(file.claimed_type, who),
        detected_type=detected_type(file.data[:_FIRST]),
        size=len(file.data),
        digest=sealed(hashlib.sha256(file.data).hexdigest(), who),
    )


def declined_plan(
    call: Call, sender: Known, mail: Known, declined: Decline, letter: Letter
) -> Plan:
    """Return the plan of declining a mail: of what it says nothing is kept but the headers."""
    who, language = new_id(), _language(letter)
    message_id = letter.first("message-id")
    command = DeclineMail(
        **call.who_and_when,
        mail=mail.now,
        reason=declined.reason,
        language=language if language in LANGUAGES else DEFAULT,
        size=letter.size,
        sender=sealed(declined.to, who),
        message_id=optional(message_id[:SHORT] or None, who),
        headers=sealed(letter.headers, who),
        digest=sealed(letter.digest, who),
    )
    return decline(sender, mail, command)


async def bounced_plan(call: Call, mail: Known, bounce: Bounce) -> Plan | None:
    """Return the plan of recording a bounce; None for one of nothing that was sent."""
    stream = Stream(StreamKind.NOTIFICATION, bounce.notification)
    folded = await call.services.handler.states.load(NOTIFICATION, stream, fresh=True)
    state: NotificationState = folded.state
    if not state.sent or state.bounces >= BOUNCES_PER_NOTIFICATION:
        return None
    who = await _told_person(call, state)
    report = bounce.text if bounce.text.strip() else None
    bounced = RecordBounced(
        **call.who_and_when,
        medium=Medium.MAIL,
        status=bounce.status,
        report=optional(report, who),
    )
    take = TakeBounce(**call.who_and_when, notification=bounce.notification)
    return take_bounce(mail, take, bounced)


async def _told_person(call: Call, state: NotificationState) -> UUID:
    """Return whose data a report is: who was told, or who holds the contract, or who asked."""
    states = call.services.handler.states
    if state.person is not None:
        return state.person
    found: UUID | None = None
    if state.contract is not None:
        contract = await call.services.contract_stream(state.contract)
        if contract is not None:
            found = (await states.load(CONTRACT, contract)).state.holder
    elif state.ticket is not None:
        ticket = await states.load(TICKET, Stream(StreamKind.TICKET, state.ticket))
        found = ticket.state.requester
    return found or new_id()


def _language(letter: Letter) -> str:
    return language_of(letter.text or letter.subject, letter.first("content-language"))
