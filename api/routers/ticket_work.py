"""What staff do with a ticket: status, who has it, how urgent it is, where it belongs, work."""

from collections.abc import Callable
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
from infra.ids import new_id

router = APIRouter(tags=["tickets"])

B = TypeVar("B", bound=Body)


async def _step(
    call: Call, form: type[B], command: Callable[[B, UUID], commands.TicketCommand]
) -> Response:
    """Record a command made of the body; its texts are kept as the requester's data."""
    ticket, state = await call.ticket()
    write = await asked(call, form)
    return await write.ticket(ticket, command(write.body, state.requester or call.asker()))


def _by(call: Call) -> dict[str, Any]:
    return {"by": call.actor, "at": call.at}


@route(
    router,
    "POST",
    "/v1/tickets/{id}/acknowledge",
    body=forms.Acknowledge,
    example={"reaction_seconds": 3600, "template": "received"},
)
async def acknowledge_ticket(call: Call) -> Response:
    """Tell the customer that the request arrived, and promise a reaction."""
    return await _step(
        call,
        forms.Acknowledge,
        lambda body, _: commands.AcknowledgeTicket(
            **_by(call), reaction_seconds=body.reaction_seconds, template=body.template
        ),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/status",
    body=forms.ChangeStatus,
    decided=True,
    example={
        "status": "resolved",
        "explanation": "The mail server was restarted.",
    },
)
async def change_status(call: Call) -> Response:
    """Move the ticket on, telling the customer why and when the next update comes."""
    return await _step(
        call,
        forms.ChangeStatus,
        lambda body, who: commands.ChangeStatus(
            **_by(call),
            status=body.status,
            explanation=optional(body.explanation, who),
            template=body.template,
            next_update=body.next_update,
        ),
    )


@route(router, "POST", "/v1/tickets/{id}/claim", body=forms.Reasoned, decided=True)
async def claim_ticket(call: Call) -> Response:
    """Take the ticket oneself."""
    return await _step(
        call,
        forms.Reasoned,
        lambda body, who: commands.ClaimTicket(**_by(call), reason=optional(body.reason, who)),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/assign",
    body=forms.Assign,
    decided=True,
    example={"agent": ID_EXAMPLE, "reason": "Knows this customer's setup."},
)
async def assign_ticket(call: Call) -> Response:
    """Give the ticket to an agent."""
    return await _step(
        call,
        forms.Assign,
        lambda body, who: commands.AssignTicket(
            **_by(call), agent=body.agent, reason=optional(body.reason, who)
        ),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/address",
    body=forms.Address,
    decided=True,
    right=Right.WRITE,
    example={"specialist": None},
)
async def address_ticket(call: Call) -> Response:
    """Ask for a named specialist, or for nobody in particular."""
    return await _step(
        call,
        forms.Address,
        lambda body, who: commands.AddressTicket(
            **_by(call), specialist=body.specialist, reason=optional(body.reason, who)
        ),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/hand-over",
    body=forms.HandOver,
    decided=True,
    example={"receiver": ID_EXAMPLE, "reason": "My shift ends; the logs are read up to noon."},
)
async def hand_over_ticket(call: Call) -> Response:
    """Pass the ticket on to another agent, saying what they need to know."""
    return await _step(
        call,
        forms.HandOver,
        lambda body, who: commands.HandOverTicket(
            **_by(call), receiver=body.receiver, reason=sealed(body.reason, who)
        ),
    )


@route(router, "POST", "/v1/tickets/{id}/release", body=forms.Reasoned, decided=True)
async def release_ticket(call: Call) -> Response:
    """Let the ticket go, so that anybody may take it."""
    return await _step(
        call,
        forms.Reasoned,
        lambda body, who: commands.ReleaseTicket(**_by(call), reason=optional(body.reason, who)),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/priority",
    body=forms.ChangePriority,
    decided=True,
    example={"priority": "high", "reason": "Their shop is down."},
)
async def change_priority(call: Call) -> Response:
    """Make the ticket more or less urgent."""
    return await _step(
        call,
        forms.ChangePriority,
        lambda body, who: commands.ChangePriority(
            **_by(call), priority=body.priority, reason=optional(body.reason, who)
        ),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/tags",
    body=forms.ChangeTags,
    example={"add": ["mail"], "remove": []},
)
async def change_tags(call: Call) -> Response:
    """Put words of the vocabulary on the ticket and take others off."""
    return await _step(
        call,
        forms.ChangeTags,
        lambda body, _: commands.ChangeTags(**_by(call), add=body.add, remove=body.remove),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/links",
    body=forms.Link,
    example={"other": ID_EXAMPLE, "relation": "relates_to"},
)
async def link_ticket(call: Call) -> Response:
    """Say how the ticket relates to another one."""
    return await _step(
        call,
        forms.Link,
        lambda body, _: commands.LinkTicket(**_by(call), other=body.other, relation=body.relation),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/move",
    body=forms.Move,
    decided=True,
    example={"contract": "DEMO-1", "reason": "Opened under the wrong contract."},
)
async def move_ticket(call: Call) -> Response:
    """Put the ticket under the contract that it belongs to."""
    return await _step(
        call,
        forms.Move,
        lambda body, who: commands.MoveTicket(
            **_by(call), contract=body.contract, reason=sealed(body.reason, who)
        ),
    )


@route(
    router,
    "POST",
    "/v1/tickets/{id}/work",
    body=forms.RecordWork,
    status=201,
    example={"what": "Restarted the mail server.", "where": "mail-3", "after": "Mail arrives."},
)
async def record_work(call: Call) -> Response:
    """Record work done on the customer's systems: what, where, before and after."""
    return await _step(
        call,
        forms.RecordWork,
        lambda body, who: commands.RecordWork(
            **_by(call),
            work=new_id(),
            what=sealed(body.what, who),
            where=sealed(body.where, who),
            before=optional(body.before, who),
            after=optional(body.after, who),
        ),
    )
