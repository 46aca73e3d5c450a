"""Erasure of personal data, and the legal holds that prevent it."""

import asyncio
from datetime import datetime
from functools import partial
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.routes import route
from api.schemas import erasures as forms
from api.schemas.common import ID_EXAMPLE, TIME_EXAMPLE
from api.sealing import sealed
from api.writes import answer, asked
from domain import erasing
from domain.contract import CONTRACT, commands
from domain.contract.state import ContractState
from domain.erasing import Under
from domain.erasure import EraseSubject, Limitation
from domain.errors import NotFound
from domain.handling import Step
from domain.stream import Stream, StreamKind
from domain.ticket.commands import EraseMessage
from domain.values import Purpose
from infra.envelope import Envelope, parse
from infra.erasure import ended_at, held_purposes
from infra.ids import new_id

router = APIRouter(tags=["erasures"])


@route(
    router,
    "POST",
    "/v1/subjects/{id}/erasures",
    body=forms.EraseSubject,
    answer=forms.Erased,
    status=201,
    example={
        "contract": "DEMO-1",
        "purposes": ["correspondence"],
        "basis": "data_subject_request",
    },
)
async def erase_subject(call: Call) -> Response:
    """Erase a person's data by contract and purpose; what has to stay is told with its reason."""
    subject = call.path_id()
    write = await asked(call, forms.EraseSubject, partial(_under, call))
    body, log = write.body, call.services.log
    keys = log.codec.keys
    command = EraseSubject(
        by=call.actor,
        at=call.at,
        erasure=new_id(),
        subject=subject,
        purposes=body.purposes,
        basis=body.basis,
        limitation=_limitation(call),
        held=await asyncio.to_thread(held_purposes, keys, subject, body.contract),
    )
    stream = await _under(call, body)
    plan = erasing.erase_subject(stream, command, partial(_ended_at, call))
    return await answer(call, await write.handle(plan))


async def _under(call: Call, body: forms.EraseSubject) -> Stream:
    """Return the stream in which an erasure is recorded; raise NotFound for no contract."""
    if body.contract is None:
        return Stream(StreamKind.LEDGER, call.services.log.codec.ledger)
    return await call.contract(body.contract)


def _limitation(call: Call) -> tuple[Limitation, ...]:
    days = call.services.settings.limitation_days
    return tuple(Limitation(purpose, days.get(purpose, 0)) for purpose in Purpose)


async def _ended_at(call: Call, contract: Stream) -> datetime | None:
    return await ended_at(call.services.log, contract)


@route(
    router,
    "POST",
    "/v1/tickets/{id}/erasures",
    body=forms.EraseMessage,
    answer=forms.MessageErasedView,
    status=201,
    example={"event": ID_EXAMPLE, "basis": "data_subject_request"},
)
async def erase_message(call: Call) -> Response:
    """Erase what one event of a ticket says, such as a message; an attachment's bytes too."""
    ticket, _ = await call.ticket()
    write = await asked(call, forms.EraseMessage, partial(_event_of, call, ticket))
    body = write.body
    parts = await _event_of(call, ticket, body)
    seals = tuple(dict.fromkeys((said.subject, said.purpose) for said in parts.sealed.values()))
    wanted = body.purposes or tuple(one for one in Purpose if one is not Purpose.ADDRESS)
    sealed_for = {purpose for _, purpose in seals}
    command = EraseMessage(
        by=call.actor,
        at=call.at,
        erasure=new_id(),
        event=body.event,
        purposes=tuple(one for one in Purpose if one in wanted and one in sealed_for),
        basis=body.basis,
    )
    under = await _under_what(call, parts, seals)
    return await answer(call, await write.handle(erasing.erase_message(ticket, command, under)))


async def _event_of(call: Call, ticket: Stream, body: forms.EraseMessage) -> Envelope:
    """Return the event if it is one of the ticket's, else raise NotFound."""
    envelope = await call.services.log.reader.by_event(body.event)
    if envelope is not None:
        parts = parse(envelope)
        if (parts.stream.kind, parts.stream.id) == (ticket.kind, ticket.id):
            return parts
    raise NotFound("the ticket has no such event")


async def _under_what(
    call: Call, parts: Envelope, seals: tuple[tuple[UUID, Purpose], ...]
) -> Under:
    """Return under which contract the event was recorded, and what decides whether it may go."""
    number = None if parts.contract is None else parts.contract.number
    contract = None if number is None else await call.contract(number)
    ends, stream_of = partial(_ended_at, call), call.services.contract_stream
    return Under(contract, seals, _limitation(call), ends, stream_of)


@route(
    router,
    "POST",
    "/v1/contracts/{number}/legal-holds",
    body=forms.PlaceLegalHold,
    answer=forms.HoldWritten,
    status=201,
    example={
        "authority": "court",
        "reference": "District court, 12 O 345/26",
        "review_at": TIME_EXAMPLE,
    },
)
async def place_legal_hold(call: Call) -> Response:
    """Keep everything under the contract from being erased, until two people release it."""
    contract = await call.contract(call.path_number())
    write = await asked(call, forms.PlaceLegalHold)
    body, holder = write.body, await _holder(call, contract)
    command = commands.PlaceLegalHold(
        by=call.actor,
        at=call.at,
        hold=new_id(),
        authority=body.authority,
        reference=sealed(body.reference, holder),
        review_at=body.review_at,
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/legal-holds/{hold}/release",
    body=forms.ReleaseLegalHold,
    answer=forms.HoldWritten,
    decided=True,
    example={"reason": "The proceedings ended."},
)
async def request_hold_release(call: Call) -> Response:
    """Ask for the release of a legal hold; somebody else has to confirm it."""
    contract = await call.contract(call.path_number())
    hold = call.path_id("hold")
    write = await asked(call, forms.ReleaseLegalHold)
    command = commands.RequestHoldRelease(
        by=call.actor,
        at=call.at,
        hold=hold,
        reason=sealed(write.body.reason, await _holder(call, contract)),
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/legal-holds/{hold}/confirm",
    body=forms.ConfirmRelease,
    answer=forms.HoldWritten,
    decided=True,
)
async def confirm_hold_release(call: Call) -> Response:
    """Release a legal hold, as the second person."""
    contract = await call.contract(call.path_number())
    hold = call.path_id("hold")
    write = await asked(call, forms.ConfirmRelease)
    command = commands.ConfirmHoldRelease(by=call.actor, at=call.at, hold=hold)
    return await write.step(Step(CONTRACT, contract, command))


async def _holder(call: Call, contract: Stream) -> UUID:
    state: ContractState = (await call.services.handler.states.load(CONTRACT, contract)).state
    if state.holder is None:
        raise NotFound("not there, or not yours")
    return state.holder
