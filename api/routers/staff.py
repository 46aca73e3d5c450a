"""Staff and services: who they are, in which roles they act, their keys."""

import secrets
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.auth.principals import KEY_PREFIX, key_digest
from api.calls import Call
from api.permissions import Permit
from api.reads import query, wait
from api.routes import route
from api.schemas import staff as forms
from api.schemas.common import Body, Paged
from api.sealing import identity, sealed
from api.writes import asked, written
from domain.errors import NotAllowed, NotFound
from domain.handling import Folded, Reading, Step
from domain.staff import STAFF, commands
from domain.staff.state import StaffState
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.ids import new_id
from projections import people
from projections.cursors import read_cursor, write_cursor
from projections.opening import Text, open_field
from projections.people import StaffCursor, login_text

router = APIRouter(tags=["staff"])

B = TypeVar("B", bound=Body)
_QUESTION = "staff"
_LOGIN = {"issuer": "https://login.example.net", "subject": "cleo"}


def _member(call: Call) -> Stream:
    """Return the staff member of the path; whose own only, where the table says so."""
    staff = call.path_id()
    if call.permit is Permit.OWN and staff != call.principal.id:
        raise NotAllowed("you may do this for yourself only")
    return Stream(StreamKind.STAFF, staff)


async def _step(
    call: Call, form: type[B], command: Callable[[B], commands.StaffCommand]
) -> Response:
    member = _member(call)
    if not (await call.services.confirmed.load(STAFF, member)).version:
        raise NotFound("there is no such staff member")
    write = await asked(call, form)
    return await write.step(Step(STAFF, member, command(write.body)))


@route(router, "GET", "/v1/staff", query=Paged, answer=forms.StaffList, positioned=True)
async def list_staff(call: Call) -> Response:
    """List staff and services in the order in which they joined."""
    page = query(call, Paged)
    place = read_cursor(page.cursor, StaffCursor, _QUESTION) if page.cursor else None
    await wait(call, people.NAME)
    items, rows = await _views(call, place.after if place else 0, page.limit + 1)
    more = None
    if len(rows) > page.limit:
        more = write_cursor(StaffCursor(_QUESTION, rows[page.limit - 1].position))
    return shown({"items": items[: page.limit], "next": more})


@route(router, "GET", "/v1/staff/{id}", answer=forms.StaffView, positioned=True)
async def read_staff(call: Call) -> Response:
    """Read one staff member; the ETag is what decisions about their roles quote."""
    staff = call.path_id()
    await wait(call, people.NAME)
    items, _ = await _views(call, 0, 1, staff)
    if not items:
        raise NotFound("there is no such staff member")
    return shown(items[0], {"ETag": f'"{items[0]["version"]}"'})


async def _views(
    call: Call, after: int, limit: int, staff: UUID | None = None
) -> tuple[list[dict[str, Any]], list[people.StaffRow]]:
    reads = call.services.reads
    async with reads.pool.connection() as connection:
        rows = await people.staff_page(connection, after, limit, staff)
        names = await open_field(connection, reads.sealer, [row.joined for row in rows], "name")
    views = []
    for row in rows:
        stream = Stream(StreamKind.STAFF, row.staff)
        folded = await call.services.handler.states.load(STAFF, stream, fresh=staff is not None)
        views.append(_view(row, folded, names.get(row.joined)))
    return views, rows


def _view(row: people.StaffRow, folded: Folded, name: Text | None) -> dict[str, Any]:
    state: StaffState = folded.state
    return {
        "id": row.staff,
        "name": name.text if name else None,
        "roles": sorted(state.roles),
        "languages": state.languages,
        "absent": state.absent,
        "absent_until": state.absent_until,
        "left": state.left,
        "joined_at": row.joined_at,
        "keys": [{"key": key.id, "expires_at": key.expires_at} for key in state.keys],
        "version": folded.version,
    }


@route(
    router,
    "POST",
    "/v1/staff",
    body=forms.JoinStaff,
    status=201,
    example={"name": "Cleo Example", "login": _LOGIN, "roles": ["agent"], "languages": ["en"]},
)
async def join_staff(call: Call) -> Response:
    """Let somebody, or a service, act from now on."""
    write = await asked(call, forms.JoinStaff)
    body, member = write.body, Stream(StreamKind.STAFF, new_id())
    call.services.handler.states.keep(member, Folded(0, STAFF.initial))
    login = login_text(body.login.issuer, body.login.subject)
    command = commands.JoinStaff(
        **call.who_and_when,
        name=identity(body.name, member.id),
        login=sealed(login, member.id, Purpose.IDENTITY),
        roles=body.roles,
        languages=body.languages,
    )
    return await write.step(Step(STAFF, member, command))


@route(
    router,
    "POST",
    "/v1/staff/{id}/roles",
    body=forms.ChangeRole,
    decided=True,
    example={"role": "supervisor"},
)
async def grant_role(call: Call) -> Response:
    """Let them act in one more role."""
    return await _step(
        call, forms.ChangeRole, lambda body: commands.GrantRole(**call.who_and_when, role=body.role)
    )


@route(
    router,
    "POST",
    "/v1/staff/{id}/roles/revoke",
    body=forms.ChangeRole,
    decided=True,
    example={"role": "supervisor"},
)
async def revoke_role(call: Call) -> Response:
    """Take a role from them; it works no more within a second."""
    return await _step(
        call,
        forms.ChangeRole,
        lambda body: commands.RevokeRole(**call.who_and_when, role=body.role),
    )


@route(
    router,
    "POST",
    "/v1/staff/{id}/languages",
    body=forms.StateLanguages,
    example={"languages": ["en", "pt"]},
)
async def state_languages(call: Call) -> Response:
    """Say in which languages they answer from now on."""
    return await _step(
        call,
        forms.StateLanguages,
        lambda body: commands.StateLanguages(**call.who_and_when, languages=body.languages),
    )


@route(router, "POST", "/v1/staff/{id}/absences", body=forms.StateAbsence)
async def state_absence(call: Call) -> Response:
    """Say that they are away, until when if known."""
    return await _step(
        call,
        forms.StateAbsence,
        lambda body: commands.StateAbsence(**call.who_and_when, until=body.until),
    )


@route(router, "POST", "/v1/staff/{id}/absences/end", body=forms.Nothing)
async def state_return(call: Call) -> Response:
    """Say that they are back."""
    return await _step(call, forms.Nothing, lambda _: commands.StateReturn(**call.who_and_when))


@route(router, "POST", "/v1/staff/{id}/leave", body=forms.Nothing, decided=True)
async def leave_staff(call: Call) -> Response:
    """Say that they left for good: no role and no key of theirs works any more."""
    return await _step(call, forms.Nothing, lambda _: commands.LeaveStaff(**call.who_and_when))


@route(
    router,
    "POST",
    "/v1/staff/{id}/api-keys",
    body=forms.IssueApiKey,
    answer=forms.KeyIssued,
    status=201,
)
async def issue_api_key(call: Call) -> Response:
    """Make an API key; its secret is shown in this answer and never again."""
    member = _member(call)
    write = await asked(call, forms.IssueApiKey)
    key, secret = new_id(), secrets.token_urlsafe(32)
    command = commands.IssueApiKey(
        **call.who_and_when,
        key=key,
        digest=key_digest(call.services.secrets, key, secret),
        expires_at=write.body.expires_at,
    )

    async def plan(_reading: Reading) -> tuple[Step, ...]:
        return (Step(STAFF, member, command),)

    accepted = await write.handle(plan)
    if accepted.replayed:
        return written(call, accepted, {"secret": None})
    return written(call, accepted, {"key": key, "secret": f"{KEY_PREFIX}{key.hex}_{secret}"})


@route(
    router,
    "POST",
    "/v1/staff/{id}/api-keys/{key}/revoke",
    body=forms.Nothing,
)
async def revoke_api_key(call: Call) -> Response:
    """Make an API key useless, within a second."""
    key = call.path_id("key")
    return await _step(
        call, forms.Nothing, lambda _: commands.RevokeApiKey(**call.who_and_when, key=key)
    )
