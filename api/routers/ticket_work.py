"""What staff do with a ticket: status, who has it, how urgent it is, where it belongs, work."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.routes import route
from api.schemas import tickets as forms
from api.schemas.common import ID_EXAMPLE, Body
from api.sealing import optional, sealed
from api.writes import asked
from domain.contract.events import Right
from domain.ticket import commands
from domain.ticket.commands import TicketCommand
from infra.ids import new_id

router = APIRouter(tags=["tickets"])

B = TypeVar("B", bound=Body)
Step = Callable[[Call, B, UUID], TicketCommand]


def step(name: str, form: type[B], **more: Any) -> Callable[[Step[B]], Step[B]]:
    """Serve a function from body and requester to a command as POST /v1/tickets/{id}/NAME.

    Texts are kept as the requester's data.
    """

    def register(command: Step[B]) -> Step[B]:
        @route(router, "POST", f"/v1/tickets/{{id}}/{name}", body=form, **more)
        @wraps(command)
        async def operation(call: Call) -> Response:
            ticket, state = await call.ticket()
            write = await asked(call, form)
            who = state.requester or call.asker()
            return await write.ticket(ticket, command(call, write.body, who))

        return command

    return register


@step("acknowledge", forms.Acknowledge, example={"reaction_seconds": 3600, "template": "received"})
def acknowledge_ticket(call: Call, body: forms.Acknowledge, _: UUID) -> TicketCommand:
    """Tell the customer that the request arrived, and promise a reaction."""
    return commands.AcknowledgeTicket(
        **call.who_and_when, reaction_seconds=body.reaction_seconds, template=body.template
    )


@step(
    "status",
    forms.ChangeStatus,
    decided=True,
    example={
        "status": "resolved",
        "explanation": "The mail server was restarted.",
    },
)
def change_status(call: Call, body: forms.ChangeStatus, who: UUID) -> TicketCommand:
    """Move the ticket on, telling the customer why and when the next update comes."""
    return commands.ChangeStatus(
        **call.who_and_when,
        status=body.status,
        explanation=optional(body.explanation, who),
        template=body.template,
        next_update=body.next_update,
    )


@step(
    "corrections",
    forms.Correct,
    example={
        "message": ID_EXAMPLE,
        "text": "The address is mail.example.net.",
        "reason": "The name was misspelt.",
    },
)
def correct_message(call: Call, body: forms.Correct, who: UUID) -> TicketCommand:
    """Show the customer another text in place of a message's; staff keep seeing both."""
    return commands.CorrectMessage(
        **call.who_and_when,
        message=body.message,
        text=sealed(body.text, who),
        reason=sealed(body.reason, who),
    )


@step(
    "retractions",
    forms.Retract,
    example={"message": ID_EXAMPLE, "reason": "Meant for another customer."},
)
def retract_message(call: Call, body: forms.Retract, who: UUID) -> TicketCommand:
    """Take a message out of the customer's view; staff keep seeing it."""
    return commands.RetractMessage(
        **call.who_and_when, message=body.message, reason=sealed(body.reason, who)
    )


@step("claim", forms.Reasoned, decided=True)
def claim_ticket(call: Call, body: forms.Reasoned, who: UUID) -> TicketCommand:
    """Take the ticket oneself."""
    return commands.ClaimTicket(**call.who_and_when, reason=optional(body.reason, who))


@step(
    "assign",
    forms.Assign,
    decided=True,
    example={"agent": ID_EXAMPLE, "reason": "Knows this customer's setup."},
)
def assign_ticket(call: Call, body: forms.Assign, who: UUID) -> TicketCommand:
    """Give the ticket to an agent."""
    return commands.AssignTicket(
        **call.who_and_when, agent=body.agent, reason=optional(body.reason, who)
    )


@step("address", forms.Address, decided=True, right=Right.WRITE, example={"specialist": None})
def address_ticket(call: Call, body: forms.Address, who: UUID) -> TicketCommand:
    """Ask for a named specialist, or for nobody in particular."""
    return commands.AddressTicket(
        **call.who_and_when, specialist=body.specialist, reason=optional(body.reason, who)
    )


@step(
    "hand-over",
    forms.HandOver,
    decided=True,
    example={"receiver": ID_EXAMPLE, "reason": "My shift ends; the logs are read up to noon."},
)
def hand_over_ticket(call: Call, body: forms.HandOver, who: UUID) -> TicketCommand:
    """Pass the ticket on to another agent, saying what they need to know."""
    return commands.HandOverTicket(
        **call.who_and_when, receiver=body.receiver, reason=sealed(body.reason, who)
    )


@step("release", forms.Reasoned, decided=True)
def release_ticket(call: Call, body: forms.Reasoned, who: UUID) -> TicketCommand:
    """Let the ticket go, so that anybody may take it."""
    return commands.ReleaseTicket(**call.who_and_when, reason=optional(body.reason, who))


@step(
    "priority",
    forms.ChangePriority,
    decided=True,
    example={"priority": "high", "reason": "Their shop is down."},
)
def change_priority(call: Call, body: forms.ChangePriority, who: UUID) -> TicketCommand:
    """Make the ticket more or less urgent."""
    return commands.ChangePriority(
        **call.who_and_when, priority=body.priority, reason=optional(body.reason, who)
    )


@step("tags", forms.ChangeTags, example={"add": ["mail"], "remove": []})
def change_tags(call: Call, body: forms.ChangeTags, _: UUID) -> TicketCommand:
    """Put words of the vocabulary on the ticket and take others off."""
    return commands.ChangeTags(**call.who_and_when, add=body.add, remove=body.remove)


@step("links", forms.Link, example={"other": ID_EXAMPLE, "relation": "relates_to"})
def link_ticket(call: Call, body: forms.Link, _: UUID) -> TicketCommand:
    """Say how the ticket relates to another one."""
    return commands.LinkTicket(**call.who_and_when, other=body.other, relation=body.relation)


@step(
    "move",
    forms.Move,
    decided=True,
    example={"contract": "DEMO-1", "reason": "Opened under the wrong contract."},
)
def move_ticket(call: Call, body: forms.Move, who: UUID) -> TicketCommand:
    """Put the ticket under the contract that it belongs to."""
    return commands.MoveTicket(
        **call.who_and_when, contract=body.contract, reason=sealed(body.reason, who)
    )


@step(
    "work",
    forms.RecordWork,
    status=201,
    example={"what": "Restarted the mail server.", "where": "mail-3", "after": "Mail arrives."},
)
def record_work(call: Call, body: forms.RecordWork, who: UUID) -> TicketCommand:
    """Record work done on the customer's systems: what, where, before and after."""
    return commands.RecordWork(
        **call.who_and_when,
        work=new_id(),
        what=sealed(body.what, who),
        where=sealed(body.where, who),
        before=optional(body.before, who),
        after=optional(body.after, who),
    )
