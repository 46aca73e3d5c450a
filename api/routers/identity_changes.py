"""Changes of identity data: asked for by a ticket, checked one by one, read with their evidence."""

from typing import Any, Final

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.cases import (
    CHANGE,
    applicant_of,
    change_of,
    check_of,
    contract_of,
    events_of,
    mandate_of,
    note_read,
    photo_code,
    shown_in_ticket,
)
from api.identity import holder_of
from api.reads import query
from api.routes import route
from api.schemas import identity_changes as forms
from api.schemas import ownership
from api.schemas.common import ID_EXAMPLE, Paged
from api.sealing import identity, optional
from api.writes import answer, asked
from domain.contract.documents import Contact
from domain.handling import Folded
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.identity_change import IDENTITY_CHANGE, commands, plans
from domain.identity_change.plans import Case
from domain.identity_change.state import IdentityChangeState
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.ids import new_id
from projections import documents
from projections.cursors import read_cursor, write_cursor
from projections.identity_changes import ChangeCursor, requested

router = APIRouter(tags=["identity changes"])

_ALL: Final = "/v1/contracts/{number}/identity-changes"
_QUESTION: Final = "identity-changes"


@route(router, "GET", "/v1/identity-changes", query=Paged, answer=forms.IdentityChangeList)
async def list_identity_changes(call: Call) -> Response:
    """List every change of identity data, in the order in which they were asked for."""
    page = query(call, Paged)
    place = read_cursor(page.cursor, ChangeCursor, _QUESTION) if page.cursor else None
    reads = call.services.reads
    async with reads.pool.connection() as connection:
        rows = await requested(connection, place.after if place else 0, page.limit + 1)
    items = []
    for row in rows[: page.limit]:
        stream = Stream(StreamKind.IDENTITY_CHANGE, row.change)
        folded = await call.services.handler.states.load(IDENTITY_CHANGE, stream, fresh=True)
        items.append({"requested_at": row.requested_at, **_view(stream, folded)})
    more = None
    if len(rows) > page.limit:
        more = write_cursor(ChangeCursor(_QUESTION, rows[page.limit - 1].position))
    return shown({"items": items, "next": more})


def _view(change: Stream, folded: Folded) -> dict[str, Any]:
    state: IdentityChangeState = folded.state
    asked_for = state.asked
    return {
        "id": change.id,
        "contract": state.contract,
        "kind": asked_for.kind if asked_for else None,
        "ticket": asked_for.ticket if asked_for else None,
        "applicant": asked_for.applicant if asked_for else None,
        "phase": state.phase,
        "drawn": state.drawn[0] if state.drawn else None,
        "approver": state.approver,
        "told": state.told,
        "contestable_until": state.contestable_until,
        "contests": state.contests,
        "version": folded.version,
    }


@route(
    router,
    "POST",
    _ALL,
    body=forms.RequestIdentityChange,
    status=201,
    example={
        "ticket": ID_EXAMPLE,
        "kind": "contacts",
        "capacity": "in_person",
        "contacts": [{"kind": "mail", "value": "ada@example.net"}],
        "words": "My new address.",
    },
)
async def request_identity_change(call: Call) -> Response:
    """Write down what was asked for by a ticket under the contract."""
    contract, state = await contract_of(call)
    write = await asked(call, forms.RequestIdentityChange)
    body = write.body
    applicant = body.applicant or new_id()
    case = Case(new_id(), contract)
    call.services.handler.states.keep(case.stream, Folded(0, IDENTITY_CHANGE.initial))
    holders = tuple(holder_of(one) for one in body.holders)
    reached = holders[0].id if holders else state.holder or applicant
    command = commands.RequestIdentityChange(
        **call.who_and_when,
        contract=call.path_number(),
        ticket=body.ticket,
        kind=body.kind,
        applicant=applicant,
        capacity=body.capacity,
        holders=holders,
        together=body.together,
        contacts=tuple(Contact(one.kind, identity(one.value, reached)) for one in body.contacts),
        mandate=mandate_of(body.mandate) if body.mandate else None,
        orders=body.orders,
        dispute=body.dispute,
        name=optional(body.name, applicant, Purpose.IDENTITY),
        words=optional(body.words, applicant, Purpose.CLAIM),
    )
    accepted = await write.handle(plans.request(case, command), case.stream)
    return await answer(call, accepted, command)


@route(router, "GET", CHANGE, answer=forms.IdentityChangeView)
async def read_identity_change(call: Call) -> Response:
    """Read a change with its evidence and hints; that you did is recorded."""
    case, folded = await change_of(call)
    position = await note_read(call, case.stream, folded.version, call.path_number())
    events = await events_of(call, case.stream, folded.version)
    async with call.services.reads.pool.connection() as connection:
        hints = await documents.known(connection, call.path_number(), events[0]["event_id"])
    view = {
        **_view(case.stream, folded),
        "requested_at": events[0]["recorded_at"],
        "events": events,
        "known_under": hints,
    }
    return shown(view, {"ETag": f'"{folded.version}"', "Ledger-Position": str(position)})


@route(
    router,
    "POST",
    f"{CHANGE}/codes",
    body=ownership.Nothing,
    answer=ownership.CodeWritten,
    status=201,
)
async def issue_photo_code(call: Call) -> Response:
    """Give out a code for the person's own photo; the ticket shows it."""
    case, folded = await change_of(call)
    write = await asked(call, ownership.Nothing)
    state: IdentityChangeState = folded.state
    reader = applicant_of(folded)
    text, fields = photo_code(call, reader)
    command = IssuePhotoCode(**fields)
    ticket = state.asked.ticket if state.asked is not None else new_id()
    plan = shown_in_ticket(call, plans.simple(case, command), ticket, text, reader)
    return await answer(call, await write.handle(plan), command)


@route(
    router,
    "POST",
    f"{CHANGE}/checks",
    body=ownership.Check,
    status=201,
    example={"person": ID_EXAMPLE, "method": "office_visit", "finding": "passed"},
)
async def record_identity_check(call: Call) -> Response:
    """Record one check; of several looks at the same thing the last one counts."""
    case, _ = await change_of(call)
    write = await asked(call, ownership.Check)
    check, found = check_of(write.body)
    command = RecordIdentityCheck(**call.who_and_when, check=check, found=found)
    return await answer(call, await write.handle(plans.record_check(case, command)), command)
