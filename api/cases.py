"""What identity changes, recoveries and disputes share: checks, codes, notices, the evidence."""

import secrets
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from api.calls import Call
from api.identity import plain
from api.notices import Notice
from api.permissions import Permit
from api.schemas import ownership as forms
from api.sealing import optional, sealed
from domain.access import ACCESS, NoteEvidenceRead, NoteIdentityRead
from domain.contract import CONTRACT
from domain.contract.state import ContractState
from domain.errors import NotFound
from domain.handling import Folded, Plan, Reading, Step
from domain.identity.proof import Check, Mandate
from domain.identity_change import IDENTITY_CHANGE
from domain.identity_change.plans import Case
from domain.identity_change.state import IdentityChangeState
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.commands import OpenTicket, PostMessage
from domain.ticket.events import Audience, Channel
from domain.values import Purpose, Sealed
from infra.ids import new_id
from infra.reading import recorded_of
from projections.opening import open_envelopes
from projections.telling import what_of

CHANGE: Final = "/v1/contracts/{number}/identity-changes/{change}"
"""The path of one change of identity data."""

_LETTERS: Final = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Digits and letters that are not mistaken for one another in handwriting."""

_PLACES: Final = 8


async def contract_of(call: Call) -> tuple[Stream, ContractState]:
    """Return the contract of the path and its state, else raise NotFound."""
    contract = await call.contract(call.path_number())
    state: ContractState = (await call.services.handler.states.load(CONTRACT, contract)).state
    if state.holder is None:
        raise NotFound("not there, or not yours")
    return contract, state


async def change_of(call: Call) -> tuple[Case, Folded]:
    """Return the change of the path and where it stands, else raise NotFound.

    To a customer whom nobody has told of it, it is not there.
    """
    contract = await call.contract(call.path_number())
    case = Case(call.path_id("change"), contract)
    states = call.services.handler.states
    folded = await states.load(IDENTITY_CHANGE, case.stream, fresh=True)
    state: IdentityChangeState = folded.state
    untold = call.permit is Permit.OWN and not state.told
    if state.contract != call.path_number() or untold:
        raise NotFound("not there, or not yours")
    return case, folded


def applicant_of(folded: Folded) -> UUID:
    """Return who asked for a change that was found."""
    state: IdentityChangeState = folded.state
    return state.asked.applicant if state.asked is not None else new_id()


def mandate_of(sent: forms.Mandate) -> Mandate:
    """Return an authority; somebody new gets an id."""
    return Mandate(
        sent.person or new_id(),
        sent.holder,
        sent.capacity,
        sent.scope,
        sent.expires_at,
        sent.named,
    )


def check_of(sent: forms.Check) -> tuple[Check, Sealed | None]:
    """Return a check with an id of its own, and what was found in words."""
    check = Check(
        new_id(),
        sent.person,
        sent.method,
        sent.finding,
        sent.code,
        sent.shows,
        sent.copies,
        mandate_of(sent.mandate) if sent.mandate else None,
    )
    return check, optional(sent.found, sent.person, Purpose.CHECK)


def photo_code(call: Call, reader: UUID) -> tuple[str, dict[str, Any]]:
    """Return a code that a photo has to show, and the fields of the command that gives it out.

    `reader` is whose photo it is.
    """
    text = "".join(secrets.choice(_LETTERS) for _ in range(_PLACES))
    lasting = timedelta(seconds=call.services.settings.identity_code_seconds)
    return text, {
        **call.who_and_when,
        "code": new_id(),
        "expires_at": call.at + lasting,
        "shown": sealed(text, reader, Purpose.CHECK),
    }


def shown_in_ticket(call: Call, plan: Plan, ticket: UUID, text: str, reader: UUID) -> Plan:
    """Return the plan with which the ticket shows a code to the customer, recorded as one."""
    message = PostMessage(
        **call.who_and_when,
        message=new_id(),
        audience=Audience.PUBLIC,
        text=sealed(text, reader),
    )

    async def both(reading: Reading) -> tuple[Step, ...]:
        return (*await plan(reading), Step(TICKET, Stream(StreamKind.TICKET, ticket), message))

    return both


async def notice_ticket(call: Call, state: ContractState, told: Notice) -> OpenTicket:
    """Return the ticket that tells the holder something in the portal."""
    holder = state.holder or new_id()
    return OpenTicket(
        **call.who_and_when,
        number=spoken(await call.services.log.next_ticket_number()),
        contract=state.number,
        requester=holder,
        channel=Channel.PORTAL,
        language=state.language,
        subject=sealed(told.subject, holder),
        text=sealed(told.text, holder),
    )


async def note_read(call: Call, case: Stream, version: int, contract: str | None) -> int:
    """Record that the asker opens the evidence of a case; return that event's position."""
    note = NoteEvidenceRead(**call.who_and_when, case=case.id, version=version, contract=contract)
    return await note_reads(call, note)


async def note_reads(call: Call, *notes: NoteEvidenceRead | NoteIdentityRead) -> int:
    """Record together, in the asker's access stream, what they open; return the position."""
    access = Stream(StreamKind.ACCESS, call.actor.id)

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return tuple(Step(ACCESS, access, one) for one in notes)

    services = call.services
    key = services.secrets.command_key(str(call.actor.id), f"read/{new_id()}", b"")
    return (await services.handler.handle(plan, key, call.provenance())).position


async def events_of(call: Call, case: Stream, upto: int) -> list[dict[str, Any]]:
    """Return the events of a case up to a version, with their texts opened."""
    services = call.services
    envelopes = [one async for one in services.log.reader.envelopes(case)][:upto]
    async with services.log.reader.pool.connection() as connection:
        opened = await open_envelopes(connection, services.log.codec.sealer, envelopes)
    return [
        {
            "version": one.parts.stream.version,
            "event_id": one.parts.id,
            "type": one.parts.type,
            "recorded_at": one.parts.recorded_at,
            "actor": recorded_of(one.parts, one.envelope).actor,
            "what": plain(what_of(one)),
        }
        for one in opened
    ]
