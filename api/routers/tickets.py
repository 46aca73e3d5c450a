"""Tickets: opening, finding, reading, and what is said in them."""

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.permissions import Permit
from api.reads import moment_of, moment_or_now, query, wait
from api.routes import route
from api.schemas import common
from api.schemas import tickets as forms
from api.sealing import optional, sealed
from api.writes import answer, asked
from domain.contract.events import Right
from domain.errors import Malformed, NotFound
from domain.handling import Folded
from domain.number import parse, spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket, PostMessage
from domain.ticket.events import Channel
from domain.ticket.replies import FollowUp, reply
from infra.ids import new_id
from projections import queue
from projections.notifications import notifications
from projections.timeline import View, timeline

router = APIRouter(tags=["tickets"])


@route(
    router,
    "POST",
    "/v1/tickets",
    body=forms.OpenTicket,
    status=201,
    right=Right.WRITE,
    example={
        "contract": "DEMO-1",
        "channel": "portal",
        "language": "en",
        "subject": "Mail does not arrive",
        "text": "Since this morning no mail reaches us.",
    },
)
async def open_ticket(call: Call) -> Response:
    """Open a ticket under a contract, or a general enquiry without one."""

    async def access(body: forms.OpenTicket) -> None:
        if call.permit is Permit.OWN and body.contract is not None:
            await call.contract(body.contract)

    write = await asked(call, forms.OpenTicket, access)
    services, ticket = call.services, Stream(StreamKind.TICKET, new_id())
    services.handler.states.keep(ticket, Folded(0, TICKET.initial))
    number = spoken(await services.log.next_ticket_number())
    return await write.ticket(ticket, _opening(call, write.body, number))


def _opening(call: Call, body: forms.OpenTicket, number: str) -> OpenTicket:
    staff = call.permit is Permit.YES
    unproved = staff or (call.behalf is None and call.customer is None)
    requester = body.requester if staff and body.requester else None
    who = requester or (new_id() if unproved else call.asker())
    return OpenTicket(
        **call.who_and_when,
        number=number,
        contract=body.contract,
        requester=who,
        channel=body.channel,
        language=body.language,
        subject=sealed(body.subject, who),
        text=sealed(body.text, who),
        priority=body.priority,
        happening=optional(body.happening, who),
        since=body.since,
        resource=optional(body.resource, who),
        tried=optional(body.tried, who),
        name=optional(body.name, who),
        contact=optional(body.contact, who),
        specialist=body.specialist,
    )


@route(
    router, "GET", "/v1/tickets", query=forms.FindTickets, answer=forms.TicketList, positioned=True
)
async def find_tickets(call: Call) -> Response:
    """Find tickets by another system's reference, or by the number that is spoken."""
    asked_for = query(call, forms.FindTickets)
    if (asked_for.reference is None) == (asked_for.number is None):
        raise Malformed("name either reference or number", "reference")
    number = parse(asked_for.number) if asked_for.number is not None else None
    await wait(call, "queue")
    page = await queue.find(
        call.services.reads,
        reference=asked_for.reference,
        number=number,
        limit=asked_for.limit,
        cursor=asked_for.cursor,
    )
    items = [
        {"id": item.ticket, **as_item(item), "as_of_position": page.as_of_position}
        for item in page.items
        if call.permit is Permit.YES or await _may_see(call, item.contract)
    ]
    return shown({"items": items, "next": page.next})


async def _may_see(call: Call, contract: str | None) -> bool:
    if contract is None:
        return False
    try:
        await call.contract(contract)
    except NotFound:
        return False
    return True


@route(
    router, "GET", "/v1/tickets/{id}", query=common.AsOf, answer=forms.TicketView, positioned=True
)
async def read_ticket(call: Call) -> Response:
    """Read a ticket as it is, or as of a moment; its ETag is what decisions quote."""
    stream, _ = await call.ticket(fresh=True)
    moment = await moment_or_now(call, query(call, common.AsOf))
    item = await queue.item(call.services.reads, stream.id, moment=moment)
    return shown(
        {"id": item.ticket, **as_item(item), "as_of_position": moment.position},
        {"ETag": f'"{item.version}"', "Ledger-Position": str(moment.position)},
    )


def as_item(item: queue.Item) -> dict[str, object]:
    """Return a queue's row as JSON members."""
    return {name: getattr(item, name) for name in queue.Item.__slots__}


@route(
    router,
    "GET",
    "/v1/tickets/{id}/timeline",
    query=common.AsOfPaged,
    answer=forms.Timeline,
    positioned=True,
)
async def ticket_timeline(call: Call) -> Response:
    """Read who did what, when and from where; customers see what is said to them."""
    stream, _ = await call.ticket(fresh=True)
    asked_for = query(call, common.AsOfPaged)
    found = await timeline(
        call.services.reads,
        stream.id,
        view=View.CUSTOMER if call.permit is Permit.OWN else View.STAFF,
        moment=await moment_of(call, asked_for),
        limit=asked_for.limit,
        cursor=asked_for.cursor,
    )
    headers = {"ETag": f'"{found.version}"', "Ledger-Position": str(found.as_of_position)}
    return shown(found, headers)


@route(
    router,
    "GET",
    "/v1/tickets/{id}/notifications",
    query=common.AsOfPaged,
    answer=forms.Notifications,
    positioned=True,
)
async def ticket_notifications(call: Call) -> Response:
    """Read what was told about the ticket's events; customers see what told themselves."""
    stream, _ = await call.ticket(fresh=True)
    asked_for = query(call, common.AsOfPaged)
    found = await notifications(
        call.services.reads,
        stream.id,
        customer=call.asker() if call.permit is Permit.OWN else None,
        moment=await moment_of(call, asked_for),
        limit=asked_for.limit,
        cursor=asked_for.cursor,
    )
    return shown(found, {"Ledger-Position": str(found.as_of_position)})


@route(
    router,
    "POST",
    "/v1/tickets/{id}/messages",
    body=forms.PostMessage,
    status=201,
    right=Right.WRITE,
    example={"text": "It works again, thank you."},
)
async def post_message(call: Call) -> Response:
    """Write in a ticket; a customer's reply to a closed one opens a ticket linked to it."""
    ticket, state = await call.ticket()
    write = await asked(call, forms.PostMessage)
    body, who = write.body, state.requester or call.asker()
    message = PostMessage(
        **call.who_and_when,
        message=new_id(),
        audience=body.audience,
        text=sealed(body.text, who),
        language=body.language,
        attachments=body.attachments,
        next_update=body.next_update,
    )
    channel = Channel.PORTAL if call.permit is Permit.OWN else Channel.API
    follow_up = FollowUp(new_id(), who, channel, call.services.log.next_ticket_number)
    accepted = await write.handle(call.guarded(ticket, reply(ticket.id, message, follow_up)))
    return await answer(call, accepted)
