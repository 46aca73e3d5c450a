"""Contracts: registration, who may do what under them, their history and identity data."""

from uuid import UUID

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import shown
from api.calls import Call
from api.cases import note_reads
from api.identity import document_of, holder_of
from api.of_record import of_record
from api.permissions import Permit
from api.reads import moment_of, query
from api.routes import route
from api.schemas import common
from api.schemas import contracts as forms
from api.sealing import identity, optional
from api.writes import asked
from domain.access import NoteIdentityRead
from domain.contract import CONTRACT, commands
from domain.contract.documents import Contact
from domain.contract.events import Right
from domain.contract.state import ContractState
from domain.errors import Malformed, NotAllowed, NotFound
from domain.handling import Folded, Step
from domain.notification.events import NotificationKind
from domain.stream import Stream, StreamKind
from domain.values import Purpose
from infra.ids import new_id
from infra.mail.addresses import valid_address
from projections.contract_history import contract_history as history_of
from projections.people import login_text

router = APIRouter(tags=["contracts"])

_PASSPORT = {
    "country": "PT",
    "number": "X0000001",
    "name": "Ada Example",
    "birth_date": "1980-02-29",
    "issued_by": "Registry office",
    "issued_on": "2020-01-31",
    "expires_on": "2030-01-30",
}


@route(
    router,
    "POST",
    "/v1/contracts",
    body=forms.RegisterContract,
    status=201,
    example={
        "number": "C-1001",
        "category": "individual",
        "language": "en",
        "document": {"passport": _PASSPORT},
        "contacts": [{"kind": "mail", "value": "ada@example.net"}],
    },
)
async def register_contract(call: Call) -> Response:
    """Register a contract with the identity document that the holder gave."""
    write = await asked(call, forms.RegisterContract)
    body, holder = write.body, new_id()
    contract = Stream(StreamKind.CONTRACT, new_id())
    call.services.handler.states.keep(contract, Folded(0, CONTRACT.initial))
    command = commands.RegisterContract(
        **call.who_and_when,
        number=body.number,
        category=body.category,
        holder=holder,
        language=body.language,
        document=document_of(body.document, holder),
        contacts=tuple(Contact(one.kind, identity(one.value, holder)) for one in body.contacts),
        joint=tuple(holder_of(one) for one in body.joint),
        together=body.together,
        used_by=optional(body.used_by, holder, Purpose.IDENTITY),
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "GET",
    "/v1/contracts/{number}",
    answer=forms.ContractView,
    positioned=True,
)
async def read_contract(call: Call) -> Response:
    """Read a contract: its holder of record and who may do what, without identity data."""
    contract = await call.contract(call.path_number())
    folded = await call.services.handler.states.load(CONTRACT, contract, fresh=True)
    state: ContractState = folded.state
    view = {
        "id": contract.id,
        "number": state.number,
        "category": state.category,
        "holder": state.holder,
        "language": state.language,
        "identified": state.identified,
        "closed": not state.open,
        "ending": state.ending,
        "persons": [
            {"person": person, "rights": grant.rights, "expires_at": grant.expires_at}
            for person, grant in state.persons
        ],
        "version": folded.version,
    }
    return shown(view, {"ETag": f'"{folded.version}"'})


@route(
    router,
    "GET",
    "/v1/contracts/{number}/history",
    query=common.AsOf,
    answer=forms.History,
)
async def contract_history(call: Call) -> Response:
    """Read everything under a contract: tickets, addresses, staff, and whether work was done."""
    number = call.path_number()
    await call.contract(number)
    moment = await moment_of(call, query(call, common.AsOf))
    history = await history_of(call.services.reads, number, moment=moment)
    return shown(history, {"Ledger-Position": str(history.as_of_position)})


@route(
    router,
    "GET",
    "/v1/contracts/{number}/identity",
    answer=forms.IdentityView,
)
async def read_identity(call: Call) -> Response:
    """Read the identity of record in all its versions; that you did is recorded."""
    number = call.path_number()
    contract = await call.contract(number)
    position = await note_reads(call, NoteIdentityRead(**call.who_and_when, contract=number))
    view = await of_record(call.services, contract, number)
    return shown(view, {"Ledger-Position": str(position)})


@route(
    router,
    "POST",
    "/v1/contracts/{number}/persons",
    body=forms.NamePerson,
    status=201,
    right=Right.MANAGE_PERSONS,
    example={
        "name": "Ben Example",
        "login": {"issuer": "https://login.example.net", "subject": "ben"},
        "rights": ["read", "write"],
    },
)
async def name_person(call: Call) -> Response:
    """Give a person rights under the contract."""
    contract = await call.contract(call.path_number())
    write = await asked(call, forms.NamePerson)
    body = write.body
    person = await _person_of(call, body.login)
    login = login_text(body.login.issuer, body.login.subject) if body.login else None
    command = commands.NamePerson(
        **call.who_and_when,
        person=person,
        name=identity(body.name, person),
        login=optional(login, person, Purpose.IDENTITY),
        rights=body.rights,
        expires_at=body.expires_at,
    )
    return await write.step(Step(CONTRACT, contract, command))


async def _person_of(call: Call, login: forms.Login | None) -> UUID:
    """Return the id under which the login is known already, so that a person is one subject."""
    if login is not None:
        digest = call.services.secrets.login(login.issuer, login.subject)
        for entry in await call.services.directory.find_login(digest):
            return entry.person
    return new_id()


def _person(call: Call) -> UUID:
    return call.path_id("person")


@route(
    router,
    "POST",
    "/v1/contracts/{number}/persons/{person}/rights",
    body=forms.GrantRights,
    right=Right.MANAGE_PERSONS,
    decided=True,
    example={"rights": ["read"]},
)
async def grant_rights(call: Call) -> Response:
    """Set exactly what a named person may do from now on."""
    contract = await call.contract(call.path_number())
    person = _person(call)
    write = await asked(call, forms.GrantRights)
    command = commands.GrantRights(
        **call.who_and_when,
        person=person,
        rights=write.body.rights,
        expires_at=write.body.expires_at,
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/persons/{person}/revoke",
    body=forms.RevokeRights,
    right=Right.MANAGE_PERSONS,
    decided=True,
)
async def revoke_rights(call: Call) -> Response:
    """Take all rights from a named person."""
    contract = await call.contract(call.path_number())
    person = _person(call)
    write = await asked(call, forms.RevokeRights)
    command = commands.RevokeRights(
        **call.who_and_when, person=person, reason=optional(write.body.reason, person)
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/persons/{person}/notifications",
    body=forms.StatePreferences,
    right=Right.READ,
    example={"language": "pt", "mail": "ben@example.net", "unwanted": ["acknowledgement"]},
)
async def state_preferences(call: Call) -> Response:
    """Say how a person wants to be told of their tickets from now on."""
    contract = await call.contract(call.path_number())
    person = _person(call)
    write = await asked(call, forms.StatePreferences)
    body = write.body
    if call.permit is Permit.OWN and person != call.asker():
        raise NotAllowed("preferences are stated by the person whose they are")
    if body.mail is not None and valid_address(body.mail) is None:
        raise Malformed("is no mail address", "mail")
    command = commands.StatePreferences(
        **call.who_and_when,
        person=person,
        language=body.language,
        mail=optional(body.mail, person),
        form=body.form,
        unwanted=tuple(map(NotificationKind, body.unwanted)),
    )
    return await write.step(Step(CONTRACT, contract, command))


@route(
    router,
    "POST",
    "/v1/contracts/{number}/close",
    body=forms.CloseContract,
    decided=True,
    example={"ending": "by_customer", "reason": "Moved away."},
)
async def close_contract(call: Call) -> Response:
    """End the contract: no ticket can be opened under it any more."""
    contract = await call.contract(call.path_number())
    write = await asked(call, forms.CloseContract)
    state: ContractState = (await call.services.handler.states.load(CONTRACT, contract)).state
    if state.holder is None:
        raise NotFound("not there, or not yours")
    command = commands.CloseContract(
        **call.who_and_when,
        ending=write.body.ending,
        reason=optional(write.body.reason, state.holder),
    )
    return await write.step(Step(CONTRACT, contract, command))
