"""Risk signals, for a person to judge: nothing is decided or stopped because of one."""

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.permissions import Permit, table
from api.reads import moment_or_now, query, reach, wait
from api.routes import route
from api.schemas import common
from api.schemas import signals as forms
from domain.errors import NotFound
from domain.staff import STAFF
from domain.stream import Stream, StreamKind
from projections import addresses, signals
from projections.as_of import Moment
from projections.raised import raised_page

router = APIRouter(tags=["signals"])


@route(router, "GET", "/v1/signals", query=forms.Raising, answer=forms.RaisedSignals)
async def list_signals(call: Call) -> Response:
    """List the signals that there are, over all contracts, those raised last first.

    Who may read those about staff sees them, too. The consumer `signals` keeps the list; for an
    earlier moment ask for the signals of a contract or of a member of the staff.
    """
    asked = query(call, forms.Raising)
    of_staff = table()[staff_signals.__name__]
    page = await raised_page(
        call.services.reads,
        staff=any(of_staff[role] is Permit.YES for role in call.principal.roles),
        kind=asked.kind,
        contract=asked.contract,
        limit=asked.limit,
        cursor=asked.cursor,
    )
    return shown(page)


@route(
    router,
    "GET",
    "/v1/contracts/{number}/signals",
    query=common.AsOf,
    answer=forms.ContractSignals,
    positioned=True,
)
async def contract_signals(call: Call) -> Response:
    """Read what somebody should look at in a contract's history, and which events that rests on.

    Until the addresses are followed up to the moment there is no answer, rather than half of one.
    """
    number = call.path_number()
    await call.contract(number)
    moment = await moment_or_now(call, query(call, common.AsOf))
    thresholds = signals.thresholds_of(call.services.settings)
    await wait(call, addresses.NAME)
    await reach(call, addresses.NAME, moment.position)
    reads = call.services.reads
    found = await signals.contract_signals(reads, number, thresholds, moment=moment)
    return _shown({"number": number}, found, moment)


@route(
    router,
    "GET",
    "/v1/staff/{id}/signals",
    query=common.AsOf,
    answer=forms.StaffSignals,
)
async def staff_signals(call: Call) -> Response:
    """Read what somebody should look at in what a member of the staff opened."""
    staff = call.path_id()
    member = Stream(StreamKind.STAFF, staff)
    if not (await call.services.confirmed.load(STAFF, member)).version:
        raise NotFound("there is no such staff member")
    moment = await moment_or_now(call, query(call, common.AsOf))
    thresholds = signals.thresholds_of(call.services.settings)
    found = await signals.staff_signals(call.services.reads, staff, thresholds, moment=moment)
    return _shown({"staff": staff}, found, moment)


def _shown(of: dict[str, object], found: object, moment: Moment) -> Response:
    position = moment.position
    content = {**of, "as_of_position": position, "signals": found}
    return shown(content, {"Ledger-Position": str(position)})
