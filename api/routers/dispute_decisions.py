"""Deciding in disputes: freezes, holds, the service, the determination and departures, the end."""

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.disputes import PATH, concerned, dispute_of, record
from api.reads import require_recorded
from api.routes import route
from api.schemas import disputes as forms
from api.schemas import erasures, ownership
from api.schemas.common import ID_EXAMPLE, TIME_EXAMPLE
from api.sealing import sealed
from api.writes import asked
from domain.contract.commands import PlaceLegalHold
from domain.contract.ownership.commands import LiftFreeze, PlaceFreeze, RenewFreeze
from domain.dispute import commands, plans
from domain.identity.answer import HeldOfRecord, Unclear, Undetermined
from domain.identity.holder import holder_of_record
from domain.values import Purpose
from infra.ids import new_id

router = APIRouter(tags=["disputes"])


@route(
    router,
    "POST",
    f"{PATH}/freeze",
    body=forms.PlaceFreeze,
    answer=forms.FreezeWritten,
    status=201,
    decided=True,
    example={
        "ground": "several_claimants",
        "until": TIME_EXAMPLE,
        "reason": "Three people claim it.",
    },
)
async def place_freeze(call: Call) -> Response:
    """Let identity, persons and rights stay as they are for a time; service goes on."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.PlaceFreeze)
    body = write.body
    command = PlaceFreeze(
        **call.who_and_when,
        freeze=new_id(),
        dispute=case.dispute,
        ground=body.ground,
        until=body.until,
        reason=sealed(body.reason, await concerned(call, case), Purpose.CHECK),
        order=body.order,
    )
    return await record(write, plans.freeze(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/freeze/{{freeze}}/renew",
    body=forms.RenewFreeze,
    decided=True,
    example={"until": TIME_EXAMPLE, "reason": "The court has not decided."},
)
async def renew_freeze(call: Call) -> Response:
    """Let a freeze last longer, on the contract's version: it stands in the contract's stream."""
    case, _ = await dispute_of(call)
    freeze = call.path_id("freeze")
    write = await asked(call, forms.RenewFreeze)
    command = RenewFreeze(
        **call.who_and_when,
        freeze=freeze,
        until=write.body.until,
        reason=sealed(write.body.reason, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.renew(case, command), case.contract)


@route(
    router,
    "POST",
    f"{PATH}/freeze/{{freeze}}/lift",
    body=forms.Because,
    decided=True,
    example={"reason": "They agreed."},
)
async def lift_freeze(call: Call) -> Response:
    """End a freeze, as somebody else than who placed it, on the contract's version."""
    case, _ = await dispute_of(call)
    freeze = call.path_id("freeze")
    write = await asked(call, forms.Because)
    command = LiftFreeze(
        **call.who_and_when,
        freeze=freeze,
        reason=sealed(write.body.reason, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.lift(case, command), case.contract)


@route(
    router,
    "POST",
    f"{PATH}/hold",
    body=erasures.PlaceLegalHold,
    answer=erasures.HoldWritten,
    status=201,
    example={"authority": "court", "reference": "12 O 345/26", "review_at": TIME_EXAMPLE},
)
async def hold_disputed(call: Call) -> Response:
    """Let nothing under the dispute's contract be erased; two people release it there."""
    case, _ = await dispute_of(call)
    write = await asked(call, erasures.PlaceLegalHold)
    body = write.body
    command = PlaceLegalHold(
        **call.who_and_when,
        hold=new_id(),
        authority=body.authority,
        reference=sealed(body.reference, await concerned(call, case)),
        review_at=body.review_at,
    )
    return await record(write, plans.hold(case, command))


@route(
    router,
    "POST",
    f"{PATH}/suspension",
    body=forms.Because,
    answer=forms.SuspensionWritten,
    status=201,
    decided=True,
    example={"reason": "The court orders it."},
)
async def propose_suspension(call: Call) -> Response:
    """Ask that the service be suspended: it goes on until somebody else confirms."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.Because)
    command = commands.ProposeServiceSuspension(
        **call.who_and_when,
        suspension=new_id(),
        reason=sealed(write.body.reason, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/suspension/{{suspension}}/confirm",
    body=ownership.Nothing,
    decided=True,
)
async def confirm_suspension(call: Call) -> Response:
    """Suspend the service, as the second person."""
    case, _ = await dispute_of(call)
    suspension = call.path_id("suspension")
    write = await asked(call, ownership.Nothing)
    command = commands.ConfirmServiceSuspension(**call.who_and_when, suspension=suspension)
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/suspension/{{suspension}}/resume",
    body=forms.Because,
    decided=True,
    example={"reason": "The order was set aside."},
)
async def resume_service(call: Call) -> Response:
    """Let the service go on, or drop what was only asked for."""
    case, _ = await dispute_of(call)
    suspension = call.path_id("suspension")
    write = await asked(call, forms.Because)
    command = commands.ResumeService(
        **call.who_and_when,
        suspension=suspension,
        reason=sealed(write.body.reason, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/determination",
    body=forms.MakeDetermination,
    answer=forms.DeterminationWritten,
    status=201,
    decided=True,
)
async def make_determination(call: Call) -> Response:
    """Write down who holds the contract: computed from its history as of a position."""
    case, folded = await dispute_of(call)
    write = await asked(call, forms.MakeDetermination)
    as_of = write.body.as_of_position
    if as_of is None:
        as_of = (await call.services.log.head()).position
    await require_recorded(call, as_of, "as_of_position")
    command = commands.MakeDetermination(
        **call.who_and_when,
        determination=new_id(),
        as_of=as_of,
        answer=await _held(call, folded.state.contract, as_of),
    )
    return await record(write, plans.ask(case, command), case.stream)


async def _held(call: Call, number: str | None, as_of: int) -> HeldOfRecord | Undetermined:
    """Return what everything recorded under a contract says of who holds it."""
    if number is None:
        return Undetermined(Unclear.NOT_REGISTERED, (), ())
    log = call.services.log
    envelopes = log.reader.contract_envelopes(number, upto=as_of)
    return holder_of_record([log.codec.decode(one) async for one in envelopes], as_of)


@route(
    router,
    "POST",
    f"{PATH}/confirm",
    body=forms.ConfirmDetermination,
    decided=True,
    example={"determination": ID_EXAMPLE},
)
async def confirm_determination(call: Call) -> Response:
    """Agree, as a person who is signed in, with the last determination."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.ConfirmDetermination)
    command = commands.ConfirmDetermination(
        **call.who_and_when, determination=write.body.determination
    )
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/departure",
    body=forms.ProposeDeparture,
    answer=forms.DepartureWritten,
    status=201,
    decided=True,
    example={
        "determination": ID_EXAMPLE,
        "outcome": "holder",
        "holders": [ID_EXAMPLE],
        "reason": "Both sides signed before a notary.",
    },
)
async def propose_departure(call: Call) -> Response:
    """Ask to depart from the last determination: somebody else has to agree."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.ProposeDeparture)
    body = write.body
    command = commands.ProposeDeparture(
        **call.who_and_when,
        determination=body.determination,
        departure=new_id(),
        outcome=body.outcome,
        holders=body.holders,
        together=body.together,
        reason=sealed(body.reason, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/departure/{{departure}}/confirm",
    body=ownership.Nothing,
    decided=True,
)
async def confirm_departure(call: Call) -> Response:
    """Depart from a determination, as the second person, who checked nothing."""
    case, _ = await dispute_of(call)
    departure = call.path_id("departure")
    write = await asked(call, ownership.Nothing)
    command = commands.ConfirmDeparture(**call.who_and_when, departure=departure)
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/close",
    body=forms.CloseDispute,
    decided=True,
    example={"closing": "withdrawn", "explanation": "They asked no more."},
)
async def close_dispute(call: Call) -> Response:
    """End a dispute, and with it the freeze that it placed."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.CloseDispute)
    command = commands.CloseDispute(
        **call.who_and_when,
        closing=write.body.closing,
        explanation=sealed(write.body.explanation, await concerned(call, case), Purpose.CHECK),
    )
    return await record(write, plans.close(case, command), case.stream)
