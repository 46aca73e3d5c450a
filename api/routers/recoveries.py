"""Getting an account back after credentials were stolen: each step an event, and confirmed."""

from typing import Any, Final, TypeVar
from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.cases import check_of, contract_of, events_of, note_read, photo_code, shown_in_ticket
from api.routes import route
from api.schemas import ownership, recoveries
from api.schemas.common import ID_EXAMPLE, Body
from api.sealing import identity, optional, sealed
from api.writes import Write, answer, asked
from domain.errors import NotFound
from domain.handling import Folded
from domain.identity.commands import IssuePhotoCode, RecordIdentityCheck
from domain.recovery import RECOVERY, commands
from domain.recovery.events import RecoveryReported
from domain.recovery.plans import ask
from domain.recovery.state import RecoveryState
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.ids import new_id
from projections.people import login_text

router = APIRouter(tags=["recoveries"])

_PATH: Final = "/v1/contracts/{number}/recoveries/{recovery}"

B = TypeVar("B", bound=Body)


async def _case(call: Call) -> tuple[Stream, Stream, Folded]:
    """Return the contract, the recovery of the path and where it stands, else raise NotFound."""
    contract = await call.contract(call.path_number())
    recovery = Stream(StreamKind.RECOVERY, call.path_id("recovery"))
    folded = await call.services.handler.states.load(RECOVERY, recovery, fresh=True)
    if folded.state.contract != call.path_number():
        raise NotFound("not there, or not yours")
    return contract, recovery, folded


async def _record(
    write: Write[Any], contract: Stream, recovery: Stream, command: commands.RecoveryCommand
) -> Response:
    accepted = await write.handle(ask(recovery.id, contract, command), recovery)
    return await answer(write.call, accepted, command)


@route(
    router,
    "POST",
    "/v1/contracts/{number}/recoveries",
    body=recoveries.ReportRecovery,
    status=201,
    example={"ticket": ID_EXAMPLE, "capacity": "in_person", "words": "My password was stolen."},
)
async def report_recovery(call: Call) -> Response:
    """Write down who says, by which ticket, that credentials were stolen."""
    contract, _ = await contract_of(call)
    write = await asked(call, recoveries.ReportRecovery)
    body = write.body
    reporter = body.reporter or new_id()
    recovery = Stream(StreamKind.RECOVERY, new_id())
    call.services.handler.states.keep(recovery, Folded(0, RECOVERY.initial))
    command = commands.ReportRecovery(
        **call.who_and_when,
        contract=call.path_number(),
        ticket=body.ticket,
        reporter=reporter,
        capacity=body.capacity,
        words=sealed(body.words, reporter, Purpose.CLAIM),
        name=identity(body.name, reporter) if body.name else None,
    )
    return await _record(write, contract, recovery, command)


@route(router, "GET", _PATH, answer=recoveries.RecoveryView)
async def read_recovery(call: Call) -> Response:
    """Read a recovery with its evidence; that you did is recorded."""
    _, recovery, folded = await _case(call)
    position = await note_read(call, recovery, folded.version, call.path_number())
    state: RecoveryState = folded.state
    view = {
        "id": recovery.id,
        "contract": state.contract,
        "ticket": state.ticket,
        "ordered": state.ordered,
        "confirmed": state.confirmed,
        "dropped": state.dropped,
        "over": state.over,
        "version": folded.version,
        "events": await events_of(call, recovery, folded.version),
    }
    return shown(view, {"ETag": f'"{folded.version}"', "Ledger-Position": str(position)})


@route(
    router,
    "POST",
    f"{_PATH}/codes",
    body=ownership.Nothing,
    answer=ownership.CodeWritten,
    status=201,
)
async def issue_recovery_code(call: Call) -> Response:
    """Give out a code for the person's own photo; the ticket shows it."""
    contract, recovery, folded = await _case(call)
    write = await asked(call, ownership.Nothing)
    state: RecoveryState = folded.state
    reader = await _reporter(call, recovery)
    text, fields = photo_code(call, reader)
    command = IssuePhotoCode(**fields)
    ticket = state.ticket or new_id()
    plan = shown_in_ticket(call, ask(recovery.id, contract, command), ticket, text, reader)
    return await answer(call, await write.handle(plan), command)


async def _reporter(call: Call, recovery: Stream) -> UUID:
    """Return whose words began the recovery."""
    async for recorded in call.services.log.read(recovery):
        if isinstance(recorded.event, RecoveryReported):
            return recorded.event.reporter
    raise NotFound("not there, or not yours")


@route(
    router,
    "POST",
    f"{_PATH}/checks",
    body=ownership.Check,
    status=201,
    example={"person": ID_EXAMPLE, "method": "office_visit", "finding": "passed"},
)
async def record_recovery_check(call: Call) -> Response:
    """Record one check; of several looks at the same thing the last one counts."""
    contract, recovery, _ = await _case(call)
    write = await asked(call, ownership.Check)
    check, found = check_of(write.body)
    command = RecordIdentityCheck(**call.who_and_when, check=check, found=found)
    plan = ask(recovery.id, contract, command)
    return await answer(call, await write.handle(plan), command)


@route(router, "POST", f"{_PATH}/suspend", body=ownership.Nothing, decided=True)
async def suspend_access(call: Call) -> Response:
    """Suspend everybody's rights under the contract, and order that on the provider's systems."""
    contract, recovery, _ = await _case(call)
    write = await asked(call, ownership.Nothing)
    command = commands.OrderSuspension(**call.who_and_when)
    return await _record(write, contract, recovery, command)


@route(
    router,
    "POST",
    f"{_PATH}/restore",
    body=recoveries.RestoreAccess,
    decided=True,
    example={"person": ID_EXAMPLE, "name": "Ada Example"},
)
async def restore_access(call: Call) -> Response:
    """Give access back to one person and to nobody else."""
    contract, recovery, _ = await _case(call)
    write = await asked(call, recoveries.RestoreAccess)
    body = write.body
    login = login_text(body.login.issuer, body.login.subject) if body.login else None
    command = commands.OrderRestoration(
        **call.who_and_when,
        person=body.person,
        name=optional(body.name, body.person, Purpose.IDENTITY),
        login=optional(login, body.person, Purpose.IDENTITY),
    )
    return await _record(write, contract, recovery, command)


@route(
    router,
    "POST",
    f"{_PATH}/drop",
    body=recoveries.DropRecovery,
    decided=True,
    example={"dropping": "not_proved", "explanation": "Nobody came to the office."},
)
async def drop_recovery(call: Call) -> Response:
    """Recover nothing: everybody's rights are what they were before."""
    contract, recovery, _ = await _case(call)
    write = await asked(call, recoveries.DropRecovery)
    reporter = await _reporter(call, recovery)
    command = commands.DropRecovery(
        **call.who_and_when,
        dropping=write.body.dropping,
        explanation=sealed(write.body.explanation, reporter, Purpose.CHECK),
    )
    return await _record(write, contract, recovery, command)


@route(
    router,
    "POST",
    f"{_PATH}/confirm",
    body=recoveries.ConfirmProvisioning,
    example={"act": "suspend_access"},
)
async def confirm_provisioning(call: Call) -> Response:
    """Say, as provisioning, that what was ordered is done."""
    contract, recovery, _ = await _case(call)
    write = await asked(call, recoveries.ConfirmProvisioning)
    command = commands.ConfirmProvisioning(**call.who_and_when, act=write.body.act)
    plan = ask(recovery.id, contract, command)
    return await answer(call, await write.handle(plan), command)
