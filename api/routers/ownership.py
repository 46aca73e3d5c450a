"""Who holds a contract: authority that ends, orders, doubts, warnings."""

from fastapi import APIRouter
from starlette.responses import Response

from api.calls import Call
from api.cases import contract_of
from api.routes import route
from api.schemas import ownership as forms
from api.schemas.common import ID_EXAMPLE
from api.sealing import identity, optional, sealed
from api.writes import asked
from domain.contract import CONTRACT
from domain.contract.ownership import commands
from domain.handling import Step
from domain.values import Purpose
from infra.ids import new_id

router = APIRouter(tags=["ownership"])

_AUTHORITY = {
    "person": ID_EXAMPLE,
    "holder": ID_EXAMPLE,
    "capacity": "representative",
    "ending": "left",
}


@route(
    router,
    "POST",
    "/v1/contracts/{number}/authorities/end",
    body=forms.EndAuthority,
    decided=True,
    example=_AUTHORITY,
)
async def end_authority(call: Call) -> Response:
    """End somebody's authority to act for a holder, who stays holder."""
    contract, _ = await contract_of(call)
    write = await asked(call, forms.EndAuthority)
    body = write.body
    command = commands.EndAuthority(
        **call.who_and_when,
        person=body.person,
        holder=body.holder,
        capacity=body.capacity,
        ending=body.ending,
        reason=optional(body.reason, body.person, Purpose.CHECK),
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/orders",
    body=forms.RecordOrder,
    answer=forms.OrderWritten,
    status=201,
    example={
        "source": "court",
        "effect": "hold",
        "standing": "in_force",
        "issuer": "District court",
        "number": "12 O 345/26",
        "says": "Nothing may be transferred.",
    },
)
async def record_order(call: Call) -> Response:
    """Record an order of a court or an authority, as it stands."""
    contract, state = await contract_of(call)
    write = await asked(call, forms.RecordOrder)
    body, holder = write.body, state.holder or new_id()
    command = commands.RecordOrder(
        **call.who_and_when,
        order=new_id(),
        source=body.source,
        effect=body.effect,
        standing=body.standing,
        issuer=identity(body.issuer, holder),
        number=identity(body.number, holder),
        says=identity(body.says, holder),
        confidential_until=body.confidential_until,
        ticket=body.ticket,
        copies=body.copies,
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/orders/{order}/standing",
    body=forms.ChangeOrderStanding,
    decided=True,
    example={"standing": "appealed"},
)
async def change_order_standing(call: Call) -> Response:
    """Say how an order stands now, and how long it is confidential."""
    contract, state = await contract_of(call)
    order = call.path_id("order")
    write = await asked(call, forms.ChangeOrderStanding)
    body = write.body
    command = commands.ChangeOrderStanding(
        **call.who_and_when,
        order=order,
        standing=body.standing,
        confidential_until=body.confidential_until,
        reason=optional(body.reason, state.holder or order, Purpose.CHECK),
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/doubts",
    body=forms.DoubtHolder,
    answer=forms.DoubtWritten,
    status=201,
    example={"holder": ID_EXAMPLE, "kind": "deceased", "basis": "Death certificate seen."},
)
async def doubt_holder(call: Call) -> Response:
    """Record why it is not determined any more who holds the contract."""
    contract, _ = await contract_of(call)
    write = await asked(call, forms.DoubtHolder)
    body = write.body
    command = commands.DoubtHolder(
        **call.who_and_when,
        doubt=new_id(),
        holder=body.holder,
        kind=body.kind,
        basis=sealed(body.basis, body.holder, Purpose.CHECK),
        case=body.case,
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/doubts/{doubt}/settle",
    body=forms.SettleDoubt,
    decided=True,
    example={"settlement": "mistaken", "reason": "They came to the office."},
)
async def settle_doubt(call: Call) -> Response:
    """End a doubt by agreement, by order, or because it was mistaken."""
    contract, state = await contract_of(call)
    doubt = call.path_id("doubt")
    write = await asked(call, forms.SettleDoubt)
    body = write.body
    command = commands.SettleDoubt(
        **call.who_and_when,
        doubt=doubt,
        settlement=body.settlement,
        reason=sealed(body.reason, state.holder or doubt, Purpose.CHECK),
        order=body.order,
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/warnings",
    body=forms.WarnHolder,
    status=201,
    example={"organisation": "Example Ltd", "words": "Told at the counter."},
)
async def warn_holder(call: Call) -> Response:
    """Note that the holder was warned: an organisation uses what a person registered."""
    contract, state = await contract_of(call)
    write = await asked(call, forms.WarnHolder)
    body, holder = write.body, state.holder or new_id()
    command = commands.WarnHolder(
        **call.who_and_when,
        warning=body.warning,
        organisation=optional(body.organisation, holder, Purpose.IDENTITY),
        words=optional(body.words, holder),
    )
    return await write.step(Step(CONTRACT, contract, command))
