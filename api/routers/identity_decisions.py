"""Deciding about changes of identity data: draw, approval, notices, objections, and the end."""

import secrets
from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from api.approvers import candidates, since
from api.calls import Call
from api.cases import CHANGE, applicant_of, change_of, contract_of, notice_ticket
from api.notices import change_notice
from api.permissions import Permit
from api.routes import route
from api.schemas import identity_changes as forms
from api.schemas import ownership
from api.sealing import optional, sealed
from api.writes import answer, asked
from domain.handling import Folded
from domain.identity_change import commands, plans
from domain.identity_change.state import IdentityChangeState
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket
from domain.values import Purpose
from infra.ids import new_id

router = APIRouter(tags=["identity changes"])


@route(
    router,
    "POST",
    f"{CHANGE}/draw",
    body=ownership.Nothing,
    answer=forms.ApproverWritten,
    decided=True,
)
async def draw_approver(call: Call) -> Response:
    """Let the system draw the second specialist, who decides."""
    case, _ = await change_of(call)
    write = await asked(call, ownership.Nothing)
    command = commands.DrawApprover(
        **call.who_and_when,
        candidates=await candidates(call),
        randomness=secrets.token_hex(32),
        role_age_seconds=call.services.settings.identity_role_seconds,
    )
    accepted = await write.handle(plans.draw_approver(case, command), case.stream)
    return await answer(call, accepted)


@route(
    router,
    "POST",
    f"{CHANGE}/excuse",
    body=forms.ExcuseApprover,
    decided=True,
    example={"excuse": "absent"},
)
async def excuse_approver(call: Call) -> Response:
    """Let somebody else be drawn: at one's own word, or at a supervisor's."""
    case, folded = await change_of(call)
    write = await asked(call, forms.ExcuseApprover)
    command = commands.ExcuseApprover(
        **call.who_and_when,
        excuse=write.body.excuse,
        reason=optional(write.body.reason, applicant_of(folded), Purpose.CHECK),
    )
    accepted = await write.handle(plans.simple(case, command), case.stream)
    return await answer(call, accepted, command)


@route(router, "POST", f"{CHANGE}/approve", body=ownership.Nothing, decided=True)
async def approve_identity_change(call: Call) -> Response:
    """Agree as the second specialist who was drawn, having opened the evidence."""
    case, folded = await change_of(call)
    write = await asked(call, ownership.Nothing)
    state: IdentityChangeState = folded.state
    settings = call.services.settings
    ticket = Stream(StreamKind.TICKET, new_id())
    call.services.handler.states.keep(ticket, Folded(0, TICKET.initial))
    member = Stream(StreamKind.STAFF, call.actor.id)
    had = await since(call, member, state.drawn[1]) if state.drawn is not None else None
    command = commands.ApproveIdentityChange(
        **call.who_and_when,
        role_since=had or call.at,
        role_age_seconds=settings.identity_role_seconds,
        waiting_seconds=settings.identity_waiting_seconds,
        ticket=ticket.id,
    )
    plan = plans.approve(case, command, await _notice(call))
    return await answer(call, await write.handle(plan, case.stream), command)


async def _notice(call: Call) -> OpenTicket:
    """Return the ticket that tells the holder in the portal, in the contract's language."""
    _, state = await contract_of(call)
    until = call.at + timedelta(seconds=call.services.settings.identity_waiting_seconds)
    return await notice_ticket(call, state, change_notice(state.language, until))


@route(
    router,
    "POST",
    f"{CHANGE}/notices",
    body=forms.RecordChangeNotice,
    status=201,
    example={"means": "mail", "contacts": [0]},
)
async def record_change_notice(call: Call) -> Response:
    """Record that the holder was told once more, or at last when nothing is confidential now."""
    case, _ = await change_of(call)
    write = await asked(call, forms.RecordChangeNotice)
    command = commands.RecordChangeNotice(
        **call.who_and_when,
        means=write.body.means,
        contacts=write.body.contacts,
        ticket=write.body.ticket,
    )
    return await answer(call, await write.handle(plans.tell(case, command)), command)


@route(
    router,
    "POST",
    f"{CHANGE}/contests",
    body=forms.ContestIdentityChange,
    answer=forms.ContestWritten,
    status=201,
    example={"capacity": "in_person", "words": "I asked for nothing."},
)
async def contest_identity_change(call: Call) -> Response:
    """Object: until that is decided nothing changes."""
    case, _ = await change_of(call)
    write = await asked(call, forms.ContestIdentityChange)
    body = write.body
    named = body.contester if call.permit is Permit.YES else None
    contester = named or call.asker()
    command = commands.ContestIdentityChange(
        **call.who_and_when,
        contest=new_id(),
        contester=contester,
        capacity=body.capacity,
        words=sealed(body.words, contester, Purpose.CLAIM),
        ticket=body.ticket,
    )
    return await answer(call, await write.handle(plans.simple(case, command)), command)


@route(
    router,
    "POST",
    f"{CHANGE}/contests/{{contest}}/dismiss",
    body=forms.DismissContest,
    decided=True,
    example={"explanation": "The holder withdrew it at the office."},
)
async def dismiss_contest(call: Call) -> Response:
    """Decide, as somebody without a part in it, that an objection does not hold."""
    case, folded = await change_of(call)
    contest = call.path_id("contest")
    write = await asked(call, forms.DismissContest)
    command = commands.DismissContest(
        **call.who_and_when,
        contest=contest,
        explanation=sealed(write.body.explanation, applicant_of(folded), Purpose.CHECK),
    )
    accepted = await write.handle(plans.simple(case, command), case.stream)
    return await answer(call, accepted, command)


@route(
    router,
    "POST",
    f"{CHANGE}/refuse",
    body=forms.RefuseIdentityChange,
    decided=True,
    example={"refusal": "not_proved", "explanation": "Nobody came to the office."},
)
async def refuse_identity_change(call: Call) -> Response:
    """Let it not happen, and say why."""
    case, folded = await change_of(call)
    write = await asked(call, forms.RefuseIdentityChange)
    command = commands.RefuseIdentityChange(
        **call.who_and_when,
        refusal=write.body.refusal,
        explanation=sealed(write.body.explanation, applicant_of(folded), Purpose.CHECK),
        copies_seconds=call.services.settings.identity_copies_seconds,
    )
    accepted = await write.handle(plans.simple(case, command), case.stream)
    return await answer(call, accepted, command)


@route(router, "POST", f"{CHANGE}/withdraw", body=forms.WithdrawIdentityChange, decided=True)
async def withdraw_identity_change(call: Call) -> Response:
    """Note that nobody asks for it any more."""
    case, folded = await change_of(call)
    write = await asked(call, forms.WithdrawIdentityChange)
    command = commands.WithdrawIdentityChange(
        **call.who_and_when,
        copies_seconds=call.services.settings.identity_copies_seconds,
        reason=optional(write.body.reason, applicant_of(folded), Purpose.CHECK),
    )
    accepted = await write.handle(plans.simple(case, command), case.stream)
    return await answer(call, accepted, command)


@route(router, "POST", f"{CHANGE}/apply", body=ownership.Nothing, decided=True)
async def apply_identity_change(call: Call) -> Response:
    """Make it the identity of record, once the time to contest it is over."""
    case, _ = await change_of(call)
    write = await asked(call, ownership.Nothing)
    command = commands.ApplyIdentityChange(
        **call.who_and_when, copies_seconds=call.services.settings.identity_copies_seconds
    )
    accepted = await write.handle(plans.apply(case, command), case.stream)
    return await answer(call, accepted, command)
