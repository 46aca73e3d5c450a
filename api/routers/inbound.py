"""Mail that comes in. It proves nobody's identity: it opens general enquiries alone."""

import asyncio
import hashlib
from dataclasses import dataclass
from typing import Final, assert_never

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import dump
from api.calls import Call
from api.files import store_file
from api.mailing import bounced_plan, declined_plan, enquiry_of
from api.operations import BYTES
from api.problems import WrongMediaType
from api.routes import route
from api.schemas.inbound import MailOutcome, MailTaken
from api.services import Services
from api.writes import Replayed, command_key, read_body, recall, written
from domain.errors import Unavailable
from domain.handling import Plan
from domain.log import Accepted, CommandKey
from domain.mail import MAIL
from domain.mail.decide import MailState
from domain.mail.letter import Letter
from domain.mail.plans import Known
from domain.mail.sorting import Becomes, Bounce, Decline, Drop, DropReason, Enquiry, sort
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.state import TicketState
from infra.mail.incoming import read_letter

router = APIRouter(tags=["mail"])

AT_ONCE: Final = 4
"""So many mails are in memory at the same time; others wait. One of them is taken apart."""

SLOWEST: Final = 60.0
"""Within so many seconds a mail has to be here: while it comes, it takes the place of another."""

_MEDIA: Final = frozenset({"", "message/rfc822", "message/global", BYTES})
_room = asyncio.Semaphore(AT_ONCE)
_reading = asyncio.Lock()
_EXAMPLE: Final = (
    "Return-Path: <ada@example.net>\r\nFrom: Ada Example <ada@example.net>\r\n"
    "Message-ID: <1@example.net>\r\nSubject: Servers in Lisbon\r\n\r\n"
    "Do you rent servers in Lisbon?\r\n"
)


@route(
    router,
    "POST",
    "/v1/inbound/mail",
    answer=MailTaken,
    raw=True,
    raw_media="message/rfc822",
    raw_example=_EXAMPLE,
)
async def receive_mail(call: Call) -> Response:
    """Take a mail as it came: a general enquiry, or to be answered, a bounce, or dropped."""
    async with _room:
        raw = await received(call, call.services.settings.mail_bytes)
        key = command_key(call, hashlib.sha256(raw).hexdigest().encode())
        try:
            await recall(call, key)
        except Replayed as known:
            return await _recorded(call, known.accepted)
        _is_mail(call)
        async with _reading:
            letter, becomes = await asyncio.to_thread(_read, call.services, raw)
        del raw
        return await _Mail(call, key, letter).take(becomes)


async def received(call: Call, limit: int, within: float = SLOWEST) -> bytes:
    """Return a mail as it came; raise TooLarge, Unavailable for one that takes too long."""
    try:
        async with asyncio.timeout(within):
            return await read_body(call, limit)
    except TimeoutError:
        raise Unavailable(f"the mail was not here within {within:g} s: send it again") from None


def _read(services: Services, raw: bytes) -> tuple[Letter, Becomes]:
    letter = read_letter(raw, services.settings.attachment_bytes)
    return letter, sort(letter, services.ours)


def _is_mail(call: Call) -> None:
    media = (call.header("Content-Type") or "").partition(";")[0].strip().lower()
    if media not in _MEDIA:
        raise WrongMediaType("send Content-Type: message/rfc822", "Content-Type")


@dataclass(frozen=True, slots=True)
class _Mail:
    """A mail on its way to what becomes of it."""

    call: Call
    key: CommandKey
    letter: Letter

    async def take(self, becomes: Becomes) -> Response:
        """Record what is to be recorded, and answer."""
        match becomes:
            case Drop(reason=reason):
                return _dropped(self.call, reason)
            case Bounce() as bounce:
                plan = await bounced_plan(self.call, await self._known(), bounce)
                if plan is None:
                    return _dropped(self.call, DropReason.REPORT)
                return await self._record(plan)
            case Decline() as declined:
                return await self._decline(declined)
            case Enquiry() as enquiry:
                return await self._open(enquiry)
            case other:
                assert_never(other)

    async def _known(self) -> Known:
        return await _marked(self.call, "mail", self.letter.essence)

    async def _decline(self, declined: Decline) -> Response:
        mail = await self._known()
        sender = await _marked(self.call, "sender", declined.to.lower())
        if not await _to_be_answered(self.call, sender, mail):
            return _dropped(self.call, DropReason.ANSWERED_ALREADY)
        plan = declined_plan(self.call, sender, mail, declined, self.letter)
        accepted = await self._handle(plan)
        if not await _to_be_answered(self.call, sender, mail):
            return _dropped(self.call, DropReason.ANSWERED_ALREADY)
        return await _recorded(self.call, accepted)

    async def _open(self, enquiry: Enquiry) -> Response:
        mail = await self._known()
        made = await enquiry_of(self.call, enquiry, self.letter)
        if not await _is_open(self.call, mail):
            ticket = Stream(StreamKind.TICKET, mail.now)
            for command, file in zip(made.files, self.letter.files, strict=True):
                await store_file(self.call.services, ticket, None, command, file.data)
        return await self._record(made.plan(mail))

    async def _record(self, plan: Plan) -> Response:
        return await _recorded(self.call, await self._handle(plan))

    async def _handle(self, plan: Plan) -> Accepted:
        call = self.call
        return await call.services.handler.handle(plan, self.key, call.provenance())


async def _marked(call: Call, kind: str, what: str | bytes) -> Known:
    return await asyncio.to_thread(call.services.marks.of, call.at, kind, what)


async def _is_open(call: Call, mail: Known) -> bool:
    """Say whether this mail has opened a ticket before."""
    states = call.services.handler.states
    streams = [Stream(StreamKind.TICKET, one) for one in mail]
    return any([(await states.load(TICKET, one, fresh=True)).state.opened for one in streams])


async def _to_be_answered(call: Call, sender: Known, mail: Known) -> bool:
    """Say whether no other mail of the sender's was answered today."""
    stream = Stream(StreamKind.MAIL, sender.now)
    folded = await call.services.handler.states.load(MAIL, stream, fresh=True)
    state: MailState = folded.state
    return state.mail in {None, *mail}


async def _recorded(call: Call, accepted: Accepted) -> Response:
    """Answer what became of a mail, by the stream that says it."""
    states = call.services.handler.states
    stream = Stream(StreamKind.TICKET, accepted.id)
    ticket: TicketState = (await states.load(TICKET, stream, fresh=True)).state
    if ticket.opened:
        return _told(call, accepted, MailOutcome.ENQUIRY, number=ticket.number)
    stream = Stream(StreamKind.MAIL, accepted.id)
    mail: MailState = (await states.load(MAIL, stream, fresh=True)).state
    if mail.notification is not None:
        return _told(call, accepted, MailOutcome.BOUNCE)
    return _told(call, accepted, MailOutcome.ANSWERED, reason=mail.reason)


def _told(
    call: Call,
    accepted: Accepted,
    outcome: MailOutcome,
    reason: str | None = None,
    number: str | None = None,
) -> Response:
    call.services.metrics.mail_received(outcome, reason)
    return written(call, accepted, {"outcome": outcome, "reason": reason, "number": number})


def _dropped(call: Call, reason: DropReason) -> Response:
    """Answer that nothing came of it; nothing is recorded, so that a flood leaves nothing."""
    outcome = MailOutcome.DROPPED
    call.services.metrics.mail_received(outcome, reason)
    nothing = {"id": None, "version": None, "position": None, "event_ids": (), "leaf_hash": None}
    content = {"outcome": outcome, "reason": reason, "number": None, **nothing}
    return Response(dump(content), call.operation.status, media_type="application/json")
