"""Disputes: opened by a ticket, claims written down, checked and decided, the holder told of them.

Staff alone ask here: claimants are answered by people, who never say whether a contract exists.
"""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.cases import check_of, note_read, notice_ticket, photo_code, shown_in_ticket
from api.disputes import PATH, contract_state, dispute_of, item_of, record, view_of
from api.identity import document_of, of_purpose
from api.notices import claims_notice
from api.reads import moment_or_now, query
from api.routes import route
from api.schemas import common, ownership
from api.schemas import disputes as forms
from api.schemas.common import ID_EXAMPLE
from api.sealing import optional, sealed
from api.writes import asked
from domain.contract.documents import Contact
from domain.dispute import DISPUTE, commands, plans
from domain.dispute.plans import Case
from domain.dispute.state import Claim
from domain.errors import NotFound
from domain.handling import Folded
from domain.identity_change.events import Means
from domain.number import spoken
from domain.stream import Stream, StreamKind
from domain.ticket import TICKET
from domain.ticket.state import TicketState
from domain.values import Purpose
from infra.envelope import parse
from infra.ids import new_id
from projections.cursors import read_cursor, write_cursor
from projections.disputes import DisputeCursor, opened
from projections.telling import data_of

router = APIRouter(tags=["disputes"])


@route(
    router,
    "POST",
    "/v1/disputes",
    body=forms.OpenDispute,
    answer=forms.DisputeWritten,
    status=201,
    example={"ticket": ID_EXAMPLE, "kind": "unpaid_contractor", "language": "en"},
)
async def open_dispute(call: Call) -> Response:
    """Open a dispute, from a ticket under a contract or from a general enquiry."""
    write = await asked(call, forms.OpenDispute)
    body = write.body
    case = Case(new_id())
    call.services.handler.states.keep(case.stream, Folded(0, DISPUTE.initial))
    asker = (await _ticket(call, body.ticket)).requester or case.dispute
    command = commands.OpenDispute(
        **call.who_and_when,
        number=spoken(await call.services.log.next_ticket_number()),
        kind=body.kind,
        ticket=body.ticket,
        language=body.language,
        contract=body.contract,
        words=optional(body.words, asker, Purpose.CLAIM),
    )
    return await record(write, plans.open_dispute(case, command))


@route(router, "GET", "/v1/disputes", query=forms.Disputes, answer=forms.DisputeList)
async def list_disputes(call: Call) -> Response:
    """List every dispute, or the open or closed ones, in the order in which they were opened."""
    page = query(call, forms.Disputes)
    question = f"disputes/{page.only}"
    place = read_cursor(page.cursor, DisputeCursor, question) if page.cursor else None
    closed = None if page.only is None else page.only == "closed"
    services, after = call.services, place.after if place else 0
    async with services.reads.pool.connection() as connection:
        rows = await opened(connection, after, page.limit + 1, closed=closed)
    items = []
    for row in rows[: page.limit]:
        stream = Stream(StreamKind.DISPUTE, row.dispute)
        folded = await services.handler.states.load(DISPUTE, stream, fresh=True)
        parts = parse(row.envelope)
        items.append(item_of(row.dispute, folded, data_of(parts), parts.recorded_at))
    more = None
    if len(rows) > page.limit:
        more = write_cursor(DisputeCursor(question, rows[page.limit - 1].position))
    return shown({"items": items, "next": more})


async def _ticket(call: Call, ticket: UUID) -> TicketState:
    stream = Stream(StreamKind.TICKET, ticket)
    state: TicketState = (await call.services.handler.states.load(TICKET, stream)).state
    return state


@route(router, "GET", PATH, query=common.AsOf, answer=forms.DisputeView)
async def read_dispute(call: Call) -> Response:
    """Read a dispute with its evidence, as of any moment; that you did is recorded."""
    moment = await moment_or_now(call, query(call, common.AsOf))
    case, folded = await dispute_of(call, moment)
    position = await note_read(call, case.stream, folded.version, folded.state.contract)
    view = await view_of(call, case, folded, moment)
    return shown(view, {"ETag": f'"{folded.version}"', "Ledger-Position": str(position)})


@route(
    router,
    "POST",
    f"{PATH}/attach",
    body=forms.AttachDispute,
    decided=True,
    example={"contract": "DEMO-1"},
)
async def attach_dispute(call: Call) -> Response:
    """Say which contract it is about: it counts under that from now on."""
    known, _ = await dispute_of(call)
    write = await asked(call, forms.AttachDispute)
    case = Case(known.dispute, await call.services.contract_stream(write.body.contract))
    command = commands.AttachDispute(**call.who_and_when, contract=write.body.contract)
    return await record(write, plans.attach(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/claims",
    body=forms.ReceiveClaim,
    answer=forms.ClaimWritten,
    status=201,
    example={
        "capacity": "in_person",
        "wish": "access",
        "channel": "phone",
        "name": "Ben Example",
        "words": "I built this site and was not paid.",
    },
)
async def receive_claim(call: Call) -> Response:
    """Write down a claim as it came; it changes nothing."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.ReceiveClaim)
    body, who = write.body, write.body.claimant or new_id()
    document = document_of(body.document, who) if body.document else None
    contact = body.contact
    command = commands.ReceiveClaim(
        **call.who_and_when,
        claim=new_id(),
        claimant=who,
        capacity=body.capacity,
        wish=body.wish,
        channel=body.channel,
        words=sealed(body.words, who, Purpose.CLAIM),
        ticket=body.ticket,
        order=body.order,
        attachments=body.attachments,
        recordings=body.recordings,
        name=optional(body.name, who, Purpose.CLAIM),
        document=of_purpose(document, Purpose.CLAIM),
        contact=Contact(contact.kind, sealed(contact.value, who, Purpose.CLAIM))
        if contact
        else None,
    )
    return await record(write, plans.ask(case, command))


def _claim(folded: Folded, claim: UUID) -> Claim:
    """Return a claim of the dispute, else raise NotFound."""
    known: Claim | None = folded.state.claims.get(claim)
    if known is None:
        raise NotFound("this dispute has no such claim")
    return known


@route(
    router,
    "POST",
    f"{PATH}/claims/{{claim}}/codes",
    body=ownership.Nothing,
    answer=ownership.CodeWritten,
    status=201,
)
async def issue_claim_code(call: Call) -> Response:
    """Give out a code for the claimant's own photo; the enquiry that the claim came by shows it.

    A ticket under a contract does not: others read it, and must not learn of the claimant.
    """
    case, folded = await dispute_of(call)
    claim = call.path_id("claim")
    known = _claim(folded, claim)
    write = await asked(call, ownership.Nothing)
    text, fields = photo_code(call, known.claimant)
    plan = plans.ask(case, commands.IssueClaimCode(**fields, claim=claim))
    if (await _ticket(call, known.ticket)).contract is None:
        plan = shown_in_ticket(call, plan, known.ticket, text, known.claimant)
    return await record(write, plan)


@route(
    router,
    "POST",
    f"{PATH}/checks",
    body=forms.CheckClaim,
    status=201,
    example={
        "claim": ID_EXAMPLE,
        "person": ID_EXAMPLE,
        "method": "office_visit",
        "finding": "passed",
    },
)
async def record_claim_check(call: Call) -> Response:
    """Record one check of a claim; of several looks at the same thing the last one counts."""
    case, _ = await dispute_of(call)
    write = await asked(call, forms.CheckClaim)
    check, found = check_of(write.body)
    command = commands.RecordClaimCheck(
        **call.who_and_when, claim=write.body.claim, check=check, found=found
    )
    return await record(write, plans.ask(case, command))


@route(
    router,
    "POST",
    f"{PATH}/claims/{{claim}}/refuse",
    body=forms.RefuseClaim,
    decided=True,
    example={
        "rule": "holder_is_who_gave_document",
        "explanation": "The holder is who gave the document when it was registered.",
    },
)
async def refuse_claim(call: Call) -> Response:
    """Refuse a claim by a rule: always possible."""
    case, folded = await dispute_of(call)
    claim = call.path_id("claim")
    known = _claim(folded, claim)
    write = await asked(call, forms.RefuseClaim)
    command = commands.RefuseClaim(
        **call.who_and_when,
        claim=claim,
        rule=write.body.rule,
        explanation=sealed(write.body.explanation, known.claimant, Purpose.CHECK),
    )
    return await record(write, plans.ask(case, command), case.stream)


@route(router, "POST", f"{PATH}/claims/{{claim}}/uphold", body=ownership.Nothing, decided=True)
async def uphold_claim(call: Call) -> Response:
    """Say that checks prove the claimant's authority; what they ask for takes its own way."""
    case, folded = await dispute_of(call)
    claim = call.path_id("claim")
    _claim(folded, claim)
    write = await asked(call, ownership.Nothing)
    command = commands.UpholdClaim(**call.who_and_when, claim=claim)
    return await record(write, plans.ask(case, command), case.stream)


@route(
    router,
    "POST",
    f"{PATH}/tell",
    body=forms.TellHolder,
    status=201,
    example={"means": "portal"},
)
async def tell_holder(call: Call) -> Response:
    """Tell the holder of attempts, never by whom; what a confidential order forbids is withheld.

    In the portal, by a ticket under the contract, in the contract's language.
    """
    case, _ = await dispute_of(call)
    write = await asked(call, forms.TellHolder)
    contract, notice, ticket = await contract_state(call, case), None, None
    if contract is not None and write.body.means is Means.PORTAL:
        ticket = new_id()
        stream = Stream(StreamKind.TICKET, ticket)
        call.services.handler.states.keep(stream, Folded(0, TICKET.initial))
        notice = await notice_ticket(call, contract, claims_notice(contract.language))
    command = commands.TellHolder(
        **call.who_and_when,
        means=write.body.means,
        contacts=write.body.contacts,
        ticket=ticket,
    )
    return await record(write, plans.tell(case, command, notice))
